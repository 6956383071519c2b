// Merges a few letters step by step, with as few branches as can be: nobody can guess where the next merge is, so
// nothing may depend on a guess. The rank of a merge is the symbol that it makes (merge_forest.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/merge_forest.h"

namespace leanformers {

// `kRoom` is a power of two.
template <uint32_t kRoom>
class ShortMerge {
 public:
  static constexpr uint32_t kMost = kRoom - 1;                 // letters
  static constexpr uint32_t kMostSymbols = INT32_MAX / kRoom;  // of a forest

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
    previous_[0] = previous_[kRoom] = kRoom;
    symbols_[count_] = symbols_[kRoom] = kNowhere;
    keys_.fill(kNoKey);
    for (uint32_t i = 0; i + 1 < count_; ++i) {
      keys_[i] = key(forest, i, forest.guess_joined(symbols_[i], symbols_[i + 1]));
    }
    ask(forest, kRoom, kNowhere, kNowhere);
  }

  // A step is two, so that many texts' steps can be taken in turns and memory is there when it is read.
  // The first one chooses a merge, of the least symbol the leftmost one. False when there is none.
  bool choose(const MergeForest& forest) {
    const uint32_t previous = previous_[changed_];
    keys_[changed_] = key(forest, changed_, forest.guess_joined(with_next_));
    keys_[previous] = key(forest, previous, forest.guess_joined(with_previous_));
    least_ = kNoKey;
    for (uint32_t i = 0; i < kRoom; ++i) least_ = std::min(least_, keys_[i]);
    forest.prefetch_parts(static_cast<uint32_t>(least_) / kRoom);
    return least_ != kNoKey;
  }
  // The second one makes it.
  void merge(const MergeForest& forest) {
    const uint32_t key = static_cast<uint32_t>(least_), place = key % kRoom, symbol = key / kRoom, taken = next_[place];
    if (!forest.is(symbol, symbols_[place], symbols_[taken])) [[unlikely]] {
      keys_[place] = kNoKey;  // a wrong guess
      return ask(forest, kRoom, kNowhere, kNowhere);
    }
    const uint32_t previous = previous_[place], next = next_[taken];
    symbols_[place] = symbol;
    next_[place] = static_cast<uint8_t>(next);
    previous_[next] = static_cast<uint8_t>(place);
    keys_[taken] = kNoKey;
    ask(forest, place, symbols_[previous], symbols_[next]);
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
  static constexpr uint32_t kNowhere = MergeForest::kNone - 1;  // a symbol that nothing merges with
  static constexpr int32_t kNoKey = INT32_MAX;

  // The symbol at this place, between these, is new.
  void ask(const MergeForest& forest, uint32_t place, uint32_t previous, uint32_t next) {
    changed_ = place;
    with_previous_ = forest.ask_joined(previous, symbols_[place]);
    with_next_ = forest.ask_joined(symbols_[place], next);
  }
  // What orders a merge of two neighbours that give this symbol, the left one of which is at this place. With a sign,
  // as not all processors compare several numbers without one at once.
  static int32_t key(const MergeForest& forest, uint32_t place, uint32_t symbol) {
    return symbol < forest.size() ? static_cast<int32_t>(symbol * kRoom + place) : kNoKey;
  }

  int32_t least_;
  std::array<int32_t, kRoom + 1> keys_;  // the last one, of no place, is not looked at
  std::array<uint32_t, kRoom + 1> symbols_;
  std::array<uint8_t, kRoom + 1> next_, previous_;
  std::array<uint8_t, kMost> ends_;
  uint32_t count_;
  // The place whose symbol is new, or else kRoom, and what is asked of it and its neighbours.
  uint32_t changed_;
  PerfectTable::Asked with_previous_, with_next_;
};

}  // namespace leanformers
