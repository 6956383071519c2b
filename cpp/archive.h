// Tables as bytes and back: a table names its parts in one function, `archive(a)`, which serves both ways, so that what
// is written and what is read cannot differ.
//
// Parts follow each other at multiples of 8 bytes. An array is where it begins, how many elements it has, and, where no
// array before it was the same memory, the elements, at a multiple of 64 bytes. Integers and structs are the memory's
// own: only the build that wrote them may read them, which is for the caller to know (stored_plan.h).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared_array.h"

namespace leanformers {

// The bytes end too early, or an array lies outside of them.
struct DamagedArchive : std::runtime_error {
  DamagedArchive() : std::runtime_error("the archive is damaged") {}
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsArray = false;
template <class T, size_t kSize>
inline constexpr bool kIsArray<std::array<T, kSize>> = true;

// What both ways have in common: which parts a part has. `Way` has plain(memory, bytes) and array(shared or own).
template <class Way>
class Archive : public Way {
 public:
  using Way::Way;

  template <class... Parts>
  void operator()(Parts&... parts) {
    (visit(parts), ...);
  }

 private:
  template <class Part>
  void visit(Part& part) {
    if constexpr (requires { part.archive(*this); }) {
      part.archive(*this);
    } else if constexpr (kIsOptional<Part>) {
      bool there = part.has_value();
      visit(there);
      if (!there) return part.reset();
      if (!part) part.emplace();
      visit(*part);
    } else if constexpr (std::is_trivially_copyable_v<Part>) {
      Way::plain(&part, sizeof part);
    } else if constexpr (kIsArray<Part>) {
      for (auto& element : part) visit(element);
    } else {
      Way::array(part);
    }
  }
};

inline constexpr size_t kPartAlignment = 8, kArrayAlignment = 64;

class Writing {
 public:
  // The bytes so far, which the first part follows.
  explicit Writing(std::string begin) : bytes_(std::move(begin)) {}
  std::string take() { return std::move(bytes_); }

 protected:
  void plain(const void* memory, size_t size) {
    align(kPartAlignment);
    bytes_.append(static_cast<const char*>(memory), size);
  }

  // Of a SharedArray, vector or string.
  template <class Array>
  void array(const Array& elements) {
    const uint64_t size = elements.size();
    const size_t bytes = elements.size() * sizeof elements[0];
    align(kPartAlignment);
    const uint64_t here = (bytes_.size() + 2 * sizeof size + kArrayAlignment - 1) / kArrayAlignment * kArrayAlignment;
    const auto [found, is_new] = places_.try_emplace(elements.data(), here, bytes);
    const bool again = !is_new && found->second.second == bytes;
    const uint64_t place = again ? found->second.first : here;
    plain(&place, sizeof place);
    plain(&size, sizeof size);
    if (again || bytes == 0) return;
    align(kArrayAlignment);
    bytes_.append(reinterpret_cast<const char*>(elements.data()), bytes);
  }

 private:
  void align(size_t multiple) { bytes_.resize((bytes_.size() + multiple - 1) / multiple * multiple); }

  std::string bytes_;
  std::unordered_map<const void*, std::pair<uint64_t, size_t>> places_;  // of arrays that were written, and their bytes
};

class Reading {
 public:
  // From place `at` of `bytes`, which `owner` keeps alive and which begin at a multiple of kArrayAlignment.
  Reading(std::span<const char> bytes, size_t at, std::shared_ptr<const void> owner)
      : bytes_(bytes), at_(at), owner_(std::move(owner)) {}
  bool at_end() const { return at_ == bytes_.size(); }

 protected:
  void plain(void* memory, size_t size) {
    align(kPartAlignment);
    if (size > bytes_.size() - at_) throw DamagedArchive();
    std::memcpy(memory, bytes_.data() + at_, size);
    at_ += size;
  }

  template <class T>
  void array(SharedArray<T>& elements) {
    const std::span<const T> found = find<T>();
    elements = found.empty() ? SharedArray<T>() : SharedArray<T>(found.data(), found.size(), owner_);
  }
  // What is no SharedArray is small, and copied.
  template <class Array>
  void array(Array& elements) {
    const auto found = find<typename Array::value_type>();
    elements.assign(found.begin(), found.end());
  }

 private:
  void align(size_t multiple) {
    at_ = (at_ + multiple - 1) / multiple * multiple;
    if (at_ > bytes_.size()) throw DamagedArchive();
  }

  template <class T>
  std::span<const T> find() {
    uint64_t place = 0, size = 0;
    plain(&place, sizeof place);
    plain(&size, sizeof size);
    if (size == 0) return {};
    const size_t here = (at_ + kArrayAlignment - 1) / kArrayAlignment * kArrayAlignment;
    if (place > bytes_.size() || place % kArrayAlignment != 0 || size > (bytes_.size() - place) / sizeof(T)) {
      throw DamagedArchive();
    }
    if (place == here) at_ = place + size * sizeof(T);
    return {reinterpret_cast<const T*>(bytes_.data() + place), static_cast<size_t>(size)};
  }

  std::span<const char> bytes_;
  size_t at_;
  std::shared_ptr<const void> owner_;
};

using ArchiveWriter = Archive<Writing>;
using ArchiveReader = Archive<Reading>;

}  // namespace leanformers
