// A vector whose new elements are not set to zero: for what is written at once. Its memory is kept for others when it
// is large.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "kept_memory.h"

namespace leanformers {

template <typename T>
struct Uninitialized : std::allocator<T> {
  static_assert(std::is_trivially_destructible_v<T>);
  template <typename U>
  struct rebind {
    using other = Uninitialized<U>;
  };
  T* allocate(size_t count) {
    if (count < KeptMemory::kLeast / sizeof(T)) return std::allocator<T>::allocate(count);
    return static_cast<T*>(KeptMemory::take(count * sizeof(T)));
  }
  void deallocate(T* memory, size_t count) {
    if (count < KeptMemory::kLeast / sizeof(T)) return std::allocator<T>::deallocate(memory, count);
    KeptMemory::give_back(memory, count * sizeof(T));
  }
  void construct(T*) const noexcept {}
  template <typename... From>
  void construct(T* at, From&&... from) const {
    ::new (static_cast<void*>(at)) T(std::forward<From>(from)...);
  }
};

template <typename T>
using Buffer = std::vector<T, Uninitialized<T>>;

}  // namespace leanformers
