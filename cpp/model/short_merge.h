// Merges a few letters step by step, with as few branches as can be: nobody can guess where the next merge is, so
// nothing may depend on a guess. The rank of a merge is the symbol that it makes (merge_forest.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/merge_forest.h"

namespace leanformers {

class ShortMerge {
 public:
  static constexpr uint32_t kMost = 15;  // letters

  void begin() { count_ = 0; }
  // Which one comes next, and where it ends.
  void add(uint32_t letter, uint32_t end) {
    symbols_[count_] = letter;
    ends_[count_++] = static_cast<uint8_t>(end);
  }
  // All letters are there: looks which of them merge.
  void find_pairs(const MergeForest& forest) {
    for (uint32_t i = 0; i < kRoom; ++i) {
      next_[i] = static_cast<uint8_t>(i + 1);
      previous_[i] = static_cast<uint8_t>(i - 1);
    }
    previous_[0] = kRoom;
    symbols_[count_] = symbols_[kRoom] = kNowhere;
    keys_.fill(kNoKey);
    for (uint32_t i = 0; i + 1 < count_; ++i) keys_[i] = key(forest, i, symbols_[i], symbols_[i + 1]);
  }

  // Makes the next merge, of the least symbol the leftmost one. False when there is none.
  bool step(const MergeForest& forest) {
    uint64_t least = kNoKey;
    for (uint32_t i = 0; i < kRoom; ++i) least = std::min(least, keys_[i]);
    if (least == kNoKey) return false;
    merge_at(forest, static_cast<uint32_t>(least % kRoom), static_cast<uint32_t>(least / kRoom));
    return true;
  }

  // Calls `visit(symbol, begin, end)` for what is left.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    uint32_t begin = 0;
    for (uint32_t i = 0; i < count_; i = next_[i]) {
      const uint32_t end = ends_[next_[i] - 1];
      visit(symbols_[i], begin, end);
      begin = end;
    }
  }

 private:
  static constexpr uint32_t kRoom = kMost + 1;
  static constexpr uint32_t kNowhere = MergeForest::kNone - 1;  // a symbol that nothing merges with
  static constexpr uint64_t kNoKey = UINT64_MAX;

  void merge_at(const MergeForest& forest, uint32_t place, uint32_t symbol) {
    const uint32_t taken = next_[place];
    if (!forest.is(symbol, symbols_[place], symbols_[taken])) [[unlikely]] {
      keys_[place] = kNoKey;  // a wrong guess
      return;
    }
    const uint32_t previous = previous_[place], next = next_[taken];
    symbols_[place] = symbol;
    next_[place] = static_cast<uint8_t>(next);
    previous_[next] = static_cast<uint8_t>(place);
    keys_[taken] = kNoKey;
    keys_[place] = key(forest, place, symbol, symbols_[next]);
    keys_[previous] = key(forest, previous, symbols_[previous], symbol);
  }

  // What orders a merge of two neighbours, the left of which is at this place.
  static uint64_t key(const MergeForest& forest, uint32_t place, uint32_t left, uint32_t right) {
    const uint32_t symbol = forest.guess_joined(left, right);
    return (uint64_t{symbol} * kRoom + place) | (uint64_t{symbol < forest.size()} - 1);
  }

  std::array<uint64_t, kRoom + 1> keys_;  // the last one, of no place, is not looked at
  std::array<uint32_t, kRoom + 1> symbols_;
  std::array<uint8_t, kRoom + 1> next_, previous_;
  std::array<uint8_t, kMost> ends_;
  uint32_t count_;
};

}  // namespace leanformers
