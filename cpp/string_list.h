// Many strings with a value each, one after another in one buffer: a vocabulary of 250,000 tokens takes a few
// allocations. A StringList grows; a StringTable is what it has become, and never changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared_array.h"

namespace leanformers {

// Goes through anything that has operator[].
template <class List>
class PlaceIterator {
 public:
  PlaceIterator(const List& list, size_t place) : list_(&list), place_(place) {}
  auto operator*() const { return (*list_)[place_]; }
  PlaceIterator& operator++() {
    ++place_;
    return *this;
  }
  bool operator==(const PlaceIterator&) const = default;

 private:
  const List* list_;
  size_t place_;
};

template <class Value>
struct StringEntry {
  uint32_t end;  // in the bytes of all; the string begins where the one before it ends
  Value value;
};

template <class Value>
class StringList {
 public:
  // Throws std::length_error when all strings together reach 4 GiB.
  void add(std::string_view text, Value value) {
    if (text.size() >= UINT32_MAX - bytes_.size()) throw std::length_error("all strings together are too long");
    bytes_ += text;
    entries_.push_back({static_cast<uint32_t>(bytes_.size()), value});
  }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  template <class>
  friend class StringTable;
  std::string bytes_;
  std::vector<StringEntry<Value>> entries_;
};

template <class Value>
class StringTable {
 public:
  StringTable() = default;
  explicit StringTable(StringList<Value> list) : bytes_(std::move(list.bytes_)), entries_(std::move(list.entries_)) {}

  size_t size() const { return entries_.size(); }
  std::pair<std::string_view, Value> operator[](size_t place) const { return {text(place), entries_[place].value}; }
  std::string_view text(size_t place) const {
    const uint32_t begin = place == 0 ? 0 : entries_[place - 1].end;
    return {bytes_.data() + begin, entries_[place].end - begin};
  }
  Value value(size_t place) const { return entries_[place].value; }
  // For `text`, in this order. Of an empty table there is nothing to ask for.
  void prefetch(size_t place) const {
    if (place < size()) __builtin_prefetch(&entries_[place]);
  }
  void prefetch_text(size_t place) const {
    if (place < size()) __builtin_prefetch(text(place).data());
  }

  template <class Archive>
  void archive(Archive& a) {
    a(bytes_, entries_);
  }

 private:
  SharedArray<char> bytes_;
  SharedArray<StringEntry<Value>> entries_;
};

}  // namespace leanformers
