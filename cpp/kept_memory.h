// Large blocks of memory that are kept for the next batch, which most often needs as much. New memory is filled with
// zeros by the system, page by page: that can take as long as all tokens do.
#pragma once

#include <cstddef>

namespace leanformers {

class KeptMemory {
 public:
  static constexpr size_t kLeast = size_t{1} << 20;  // of a block
  static constexpr size_t kMost = size_t{1} << 27;   // of all blocks that are kept

  // Throws std::bad_alloc.
  static void* take(size_t bytes);
  // What was taken for so many bytes.
  static void give_back(void* memory, size_t bytes);
};

}  // namespace leanformers
