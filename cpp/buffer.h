// A vector whose new elements are not set to zero: for what is written at once.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace leanformers {

template <typename T>
struct Uninitialized : std::allocator<T> {
  static_assert(std::is_trivially_destructible_v<T>);
  template <typename U>
  struct rebind {
    using other = Uninitialized<U>;
  };
  void construct(T*) const noexcept {}
  template <typename... From>
  void construct(T* at, From&&... from) const {
    ::new (static_cast<void*>(at)) T(std::forward<From>(from)...);
  }
};

template <typename T>
using Buffer = std::vector<T, Uninitialized<T>>;

}  // namespace leanformers
