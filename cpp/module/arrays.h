// numpy arrays over memory of the core, which is not copied.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace leanformers {

template <typename T>
using Array = nanobind::ndarray<nanobind::numpy, T>;

// An array that owns `values`.
template <typename T, typename Allocator>
Array<T> own(std::vector<T, Allocator> values, std::initializer_list<size_t> shape) {
  auto* kept = new std::vector<T, Allocator>(std::move(values));
  nanobind::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<decltype(kept)>(pointer); });
  return Array<T>(kept->data(), shape, owner);
}

}  // namespace leanformers
