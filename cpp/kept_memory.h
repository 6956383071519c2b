// Large blocks of memory that are kept for the next batch, which most often needs as much. New memory is filled with
// zeros by the system, page by page: that can take as long as all tokens do.
#pragma once

#include <cstddef>

namespace leanformers {

class KeptMemory {
 public:
  static constexpr size_t kLeast = size_t{1} << 20;  // of a block
  // Of all blocks that are kept: so much stays the process's own. What is beyond, the system has when it needs memory.
  static constexpr size_t kOwn = size_t{1} << 26, kMost = size_t{1} << 30;

  // Throws std::bad_alloc.
  static void* take(size_t bytes);
  // What was taken for so many bytes.
  static void give_back(void* memory, size_t bytes);
};

}  // namespace leanformers
