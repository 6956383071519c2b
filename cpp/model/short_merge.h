// Merges a few letters, with as few branches as can be: nobody can guess where the next merge is, so nothing may depend
// on a guess. The rank of a merge is the symbol that it makes (merge_forest.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/merge_forest.h"
#include "model/word_token.h"

namespace leanformers {

template <uint32_t kRoom>
class ShortMerge {
 public:
  explicit ShortMerge(const MergeForest& forest) : forest_(forest) {}

  // Of `count` letters, which are the first symbols of `tokens` from `first` on, leaves the ids of what they become.
  void merge(WordTokens& tokens, size_t first) {
    const auto count = static_cast<uint32_t>(tokens.size() - first);
    for (uint32_t i = 0; i < kRoom; ++i) {
      next_[i] = static_cast<uint8_t>(i + 1);
      previous_[i] = static_cast<uint8_t>(i - 1);
    }
    previous_[0] = kRoom;
    for (uint32_t i = 0; i < count; ++i) symbols_[i] = tokens[first + i].id;
    symbols_[count] = symbols_[kRoom] = kNowhere;
    keys_.fill(kNoKey);
    for (uint32_t i = 0; i + 1 < count; ++i) keys_[i] = key(i, symbols_[i], symbols_[i + 1]);
    while (true) {
      // Of the least symbol the leftmost place.
      int32_t least = kNoKey;
      for (uint32_t i = 0; i < kRoom; ++i) least = std::min(least, keys_[i]);
      if (least == kNoKey) break;
      merge_at(static_cast<uint32_t>(least) % kRoom, static_cast<uint32_t>(least) / kRoom);
    }
    size_t to = first;
    for (uint32_t i = 0; i < count; i = next_[i]) {
      tokens[to++] = {forest_.id(symbols_[i]), tokens[first + i].begin, tokens[first + next_[i] - 1].end};
    }
    tokens.resize(to);
  }

 private:
  static constexpr uint32_t kNowhere = MergeForest::kNone - 1;  // a symbol that nothing merges with
  static constexpr int32_t kNoKey = INT32_MAX;

  void merge_at(uint32_t place, uint32_t symbol) {
    const uint32_t taken = next_[place];
    if (!forest_.is(symbol, symbols_[place], symbols_[taken])) [[unlikely]] {
      keys_[place] = kNoKey;  // a wrong guess
      return;
    }
    const uint32_t previous = previous_[place], next = next_[taken];
    symbols_[place] = symbol;
    next_[place] = static_cast<uint8_t>(next);
    previous_[next] = static_cast<uint8_t>(place);
    keys_[taken] = kNoKey;
    keys_[place] = key(place, symbol, symbols_[next]);
    keys_[previous] = key(previous, symbols_[previous], symbol);
  }

  // What orders a merge of two neighbours, the left of which is at this place.
  int32_t key(uint32_t place, uint32_t left, uint32_t right) const {
    const uint32_t symbol = forest_.guess_joined(left, right);
    return symbol < forest_.size() ? static_cast<int32_t>(symbol * kRoom + place) : kNoKey;
  }

  const MergeForest& forest_;
  alignas(16) std::array<int32_t, kRoom + 1> keys_;  // the last one, of no place, is not looked at
  std::array<uint32_t, kRoom + 1> symbols_;
  std::array<uint8_t, kRoom + 1> next_, previous_;
};

}  // namespace leanformers
