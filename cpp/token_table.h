// Tokens in the order of a file, each with its id or score, and which id a token has. Never changed: copies share it,
// so that reader, settings and plan have one.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "string_list.h"

namespace leanformers {

template <class Value>
class TokenTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  TokenTable() : TokenTable(StringList<Value>()) {}
  explicit TokenTable(StringList<Value> from)
      : tokens_(std::move(from)), slots_(std::bit_ceil(tokens_.size() * 2 + 2)) {
    Slot* slots = slots_.writable();
    // Slots are far apart in memory: those of a block are on their way while it is hashed.
    std::array<uint64_t, kBlock> hashes;
    for (size_t begin = 0; begin < tokens_.size(); begin += kBlock) {
      const size_t count = std::min(kBlock, tokens_.size() - begin);
      for (size_t i = 0; i < count; ++i) {
        hashes[i] = hash(tokens_.text(begin + i));
        __builtin_prefetch(&slots[first_slot(hashes[i])], 1);
      }
      for (size_t i = 0; i < count; ++i) {
        Slot& slot = slots[find_slot(tokens_.text(begin + i), hashes[i])];
        distinct_ += slot.place_after == 0 ? 1 : 0;
        slot = {static_cast<uint32_t>(hashes[i]), static_cast<uint32_t>(begin + i) + 1};
      }
    }
  }
  TokenTable(std::initializer_list<std::pair<std::string_view, Value>> tokens) : TokenTable(list_of(tokens)) {}
  template <class Text>
  TokenTable(const std::vector<std::pair<Text, Value>>& tokens) : TokenTable(list_of(tokens)) {}

  size_t size() const { return tokens_.size(); }
  bool empty() const { return size() == 0; }
  // How many of the tokens are not there again.
  size_t distinct() const { return distinct_; }

  std::pair<std::string_view, Value> operator[](size_t place) const { return tokens_[place]; }
  PlaceIterator<StringTable<Value>> begin() const { return {tokens_, 0}; }
  PlaceIterator<StringTable<Value>> end() const { return {tokens_, size()}; }

  // The id of a token, of one that is there twice the last: its value, or its place where values are scores.
  uint32_t find(std::string_view token) const { return find(token, hash(token)); }

  // Where a token stands, of one that is there twice the last; kMissing.
  uint32_t place(std::string_view token) const { return slots_[find_slot(token, hash(token))].place_after - 1; }
  // The ids of many tokens, whose slots and texts are on their way before they are looked at.
  void find_all(std::span<const std::string_view> tokens, uint32_t* ids) const {
    for (size_t begin = 0; begin < tokens.size(); begin += kBlock) {
      const std::span block = tokens.subspan(begin, std::min(kBlock, tokens.size() - begin));
      std::array<uint64_t, kBlock> hashes;
      std::array<uint32_t, kBlock> places;
      for (size_t i = 0; i < block.size(); ++i) {
        hashes[i] = hash(block[i]);
        __builtin_prefetch(&slots_[first_slot(hashes[i])]);
      }
      for (size_t i = 0; i < block.size(); ++i) {
        const Slot slot = slots_[first_slot(hashes[i])];
        places[i] = slot.place_after == 0 ? 0 : slot.place_after - 1;
        tokens_.prefetch(places[i]);
      }
      for (size_t i = 0; i < block.size(); ++i) tokens_.prefetch_text(places[i]);
      for (size_t i = 0; i < block.size(); ++i) ids[begin + i] = find(block[i], hashes[i]);
    }
  }

  template <class Archive>
  void archive(Archive& a) {
    a(tokens_, slots_, distinct_);
  }

 private:
  // An index of places by open addressing; at most half of the slots are taken.
  struct Slot {
    uint32_t tag = 0;          // other bits of the hash than those that the slot is found by
    uint32_t place_after = 0;  // 0: free
  };

  static constexpr size_t kBlock = 32;

  uint32_t find(std::string_view token, uint64_t hash) const {
    const uint32_t place = slots_[find_slot(token, hash)].place_after - 1;
    if constexpr (std::same_as<Value, uint32_t>) return place == kMissing ? kMissing : tokens_.value(place);
    return place;
  }

  size_t first_slot(uint64_t hash) const { return (hash >> 32) & (slots_.size() - 1); }

  // Where the token is, or where it would go.
  size_t find_slot(std::string_view token, uint64_t hash) const {
    for (size_t i = first_slot(hash);; i = (i + 1) & (slots_.size() - 1)) {
      const Slot slot = slots_[i];
      if (slot.place_after == 0) return i;
      if (slot.tag == static_cast<uint32_t>(hash) && tokens_.text(slot.place_after - 1) == token) return i;
    }
  }

  // Eight bytes a step.
  static uint64_t hash(std::string_view text) {
    constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
    uint64_t state = text.size() * kFactor, bytes = 0;
    const auto mix = [&] {
      state = (state ^ bytes) * kFactor;
      state ^= state >> 32;
    };
    size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
      std::memcpy(&bytes, text.data() + at, 8);
      mix();
    }
    bytes = 0;
    for (; at < text.size(); ++at) bytes = bytes << 8 | static_cast<unsigned char>(text[at]);
    mix();
    return state * kFactor ^ state;
  }

  template <class Pairs>
  static StringList<Value> list_of(const Pairs& pairs) {
    StringList<Value> list;
    for (const auto& [text, value] : pairs) list.add(text, value);
    return list;
  }

  StringTable<Value> tokens_;
  SharedArray<Slot> slots_;
  size_t distinct_ = 0;
};

using Vocabulary = TokenTable<uint32_t>;  // a token -> its id
using ScoredTokens = TokenTable<double>;  // of Unigram: an id is a place, a value the score

// The merges of BPE, the parts of each. Never changed: copies share it.
class MergeList {
 public:
  MergeList() = default;
  explicit MergeList(StringList<uint32_t> merges) : merges_(std::move(merges)) {}
  MergeList(std::initializer_list<std::pair<std::string_view, std::string_view>> merges) : MergeList(list_of(merges)) {}
  MergeList(const std::vector<std::pair<std::string, std::string>>& merges) : MergeList(list_of(merges)) {}

  size_t size() const { return merges_.size(); }
  std::pair<std::string_view, std::string_view> operator[](size_t rank) const {
    const auto [both, size] = merges_[rank];
    return {both.substr(0, size), both.substr(size)};
  }
  PlaceIterator<MergeList> begin() const { return {*this, 0}; }
  PlaceIterator<MergeList> end() const { return {*this, size()}; }

  template <class Archive>
  void archive(Archive& a) {
    a(merges_);
  }

 private:
  template <class Pairs>
  static StringList<uint32_t> list_of(const Pairs& pairs) {
    StringList<uint32_t> list;
    std::string both;
    for (const auto& [left, right] : pairs) {
      both.assign(left).append(right);
      list.add(both, static_cast<uint32_t>(left.size()));
    }
    return list;
  }

  // Both parts of each as one string, with the bytes of the left one.
  StringTable<uint32_t> merges_;
};

}  // namespace leanformers
