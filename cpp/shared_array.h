// An array that never changes once it is made, in memory of its own or in a file that somebody has mapped: copies share
// it, and it is read through a plain pointer.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace leanformers {

template <class T>
class SharedArray {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  SharedArray() = default;
  explicit SharedArray(size_t size, T value = T()) : SharedArray(std::vector<T>(size, value)) {}
  // Keeps a vector or string, which is moved here.
  template <class Memory>
    requires(!std::integral<Memory>)
  explicit SharedArray(Memory made) {
    const auto kept = std::make_shared<const Memory>(std::move(made));
    data_ = kept->data();
    size_ = kept->size();
    owner_ = kept;
  }
  // A part of what `owner` keeps alive.
  SharedArray(const T* data, size_t size, std::shared_ptr<const void> owner)
      : data_(data), size_(size), owner_(std::move(owner)) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](size_t place) const { return data_[place]; }

  // For whoever has just made an array of a size, until others have it: that memory is the array's own.
  T* writable() { return const_cast<T*>(data_); }

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
  std::shared_ptr<const void> owner_;
};

}  // namespace leanformers
