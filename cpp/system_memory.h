// Allocators for large tables that are read all over: their memory comes from the system itself, in huge pages where it
// has them, so that a look-up is not also one for the page. What malloc does for a large block may take long: it first
// puts into order what others have freed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace leanformers {

class SystemMemory {
 public:
  // Of so many bytes or more; less comes from malloc.
  static constexpr size_t kLeast = size_t{1} << 16;

  // Zeros, which begin with a line of the processor's cache. Throws std::bad_alloc.
  static void* take(size_t bytes) {
#ifdef __linux__
    if (bytes >= kLeast) return map(bytes);
#endif
    void* const memory = std::aligned_alloc(kLine, rounded(bytes, kLine));
    if (memory == nullptr) throw std::bad_alloc();
    return std::memset(memory, 0, bytes);
  }
  // What was taken for so many bytes.
  static void give_back(void* memory, size_t bytes) {
#ifdef __linux__
    if (bytes >= kLeast) {
      munmap(memory, rounded(bytes, kPage));
      return;
    }
#endif
    std::free(memory);
  }

 private:
  static constexpr size_t kLine = 64, kPage = size_t{1} << 12, kHugePage = size_t{2} << 20;

  static size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

#ifdef __linux__
  static void* map(size_t bytes) {
    const size_t own = rounded(bytes, kPage);
    const size_t more = own < kHugePage ? 0 : kHugePage;  // to begin where a huge page can
    void* const mapped = mmap(nullptr, own + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    if (more == 0) return mapped;
    void* memory = mapped;
    size_t left = own + more;
    std::align(kHugePage, own, memory, left);
    const size_t before = own + more - left;
    if (before > 0) munmap(mapped, before);
    if (left > own) munmap(static_cast<char*>(memory) + own, left - own);
    madvise(memory, own, MADV_HUGEPAGE);  // a wish: without it the table works as well
    return memory;
  }
#endif
};

}  // namespace leanformers
