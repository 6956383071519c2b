// An allocator for large tables that are read all over: their memory comes in huge pages where the system has them, so
// that a look-up is not also one for the page.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#if __has_include(<sys/mman.h>)
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
    const size_t bytes = count * sizeof(T), page = page_of(bytes);
    void* memory = std::aligned_alloc(page, whole(bytes, page));
    if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
    if (page == kPage)
      madvise(memory, whole(bytes, page), MADV_HUGEPAGE);  // a wish: without it the table works as well
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { std::free(memory); }

  // Lets the system have the pages, and what is in them, when it needs memory. Those that it has not taken when they
  // are written to again cost nothing. False: it has no such call, or there are no whole pages.
  bool offer([[maybe_unused]] T* memory, size_t count) {
    const size_t bytes = count * sizeof(T);
    if (page_of(bytes) != kPage) return false;
#ifdef MADV_FREE
    return madvise(memory, whole(bytes, kPage), MADV_FREE) == 0;
#else
    return false;
#endif
  }

  bool operator==(const HugePages&) const = default;

 private:
  static constexpr size_t kPage = size_t{2} << 20, kLine = 64;

  static size_t page_of(size_t bytes) { return bytes < kPage ? kLine : kPage; }
  static size_t whole(size_t bytes, size_t page) { return (bytes + page - 1) / page * page; }
};

}  // namespace leanformers
