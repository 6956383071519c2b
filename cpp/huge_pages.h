// An allocator for large tables that are read all over: their memory comes in huge pages where the system has them, so
// that a look-up is not also one for the page.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace leanformers {

template <typename T>
struct HugePages {
  using value_type = T;
  HugePages() = default;
  template <typename U>
  HugePages(const HugePages<U>&) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    const size_t page = bytes < kPage ? kLine : kPage;
    const size_t rounded = (bytes + page - 1) / page * page;
    void* memory = std::aligned_alloc(page, rounded);
    if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
    if (page == kPage) madvise(memory, rounded, MADV_HUGEPAGE);  // a wish: without it the table works as well
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { std::free(memory); }

  bool operator==(const HugePages&) const = default;

 private:
  static constexpr size_t kPage = size_t{2} << 20, kLine = 64;
};

}  // namespace leanformers
