// Merges a few letters step by step, with as few branches as can be: nobody can guess where the next merge is, so
// nothing may depend on a guess. The rank of a merge is the symbol that it makes (merge_forest.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "simd/merges.h"

namespace leanformers {

// `kRoom` is a power of two.
template <uint32_t kRoom>
class ShortMerge {
 public:
  static constexpr uint32_t kMost = kRoom - 1;  // letters

  void begin() { count_ = 0; }
  // Which one comes next, and where it ends.
  void add(uint32_t letter, uint32_t end) {
    symbols_[count_] = letter;
    ends_[count_++] = static_cast<uint8_t>(end);
  }
  // All letters are there: looks which of them merge.
  void find_pairs(const JoinedSymbols& joined) {
    for (uint32_t i = 0; i < kRoom; ++i) {
      next_[i] = static_cast<uint8_t>(i + 1);
      previous_[i] = static_cast<uint8_t>(i - 1);
    }
    previous_[0] = previous_[kRoom] = kRoom;
    symbols_[count_] = symbols_[kRoom] = JoinedSymbols::kNowhere;
    keys_.fill(kNoKey);
    for (uint32_t i = 0; i + 1 < count_; ++i) keys_[i] = key(i, joined.of_letters(symbols_[i], symbols_[i + 1]));
    ask(joined, kRoom, JoinedSymbols::kNowhere, JoinedSymbols::kNowhere);
  }

  // A step is two, for many texts in turns: then memory is there when it is read. The first one looks what the last
  // symbol that was made gives with its neighbours.
  void look(const JoinedSymbols& joined) {
    keys_[changed_] = key(changed_, joined(with_next_));
    const uint32_t before = previous_[changed_];
    keys_[before] = key(before, joined(with_previous_));
  }
  // The second one makes a merge, of the least symbol the leftmost one. False when there is none.
  bool merge(const JoinedSymbols& joined) {
    const auto least = static_cast<uint32_t>(least_key());
    if (least >= kNoKey) return false;
    const uint32_t place = least % kRoom, taken = next_[place];
    const uint32_t previous = previous_[place], next = next_[taken];
    symbols_[place] = least / kRoom;
    next_[place] = static_cast<uint8_t>(next);
    previous_[next] = static_cast<uint8_t>(place);
    keys_[taken] = kNoKey;
    ask(joined, place, symbols_[previous], symbols_[next]);
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
  static constexpr int32_t kNoKey = INT32_MAX / kRoom * kRoom;  // and what is more
  static_assert(JoinedSymbols::kMost < INT32_MAX / kRoom);

  // The symbol at this place, between these, is new.
  void ask(const JoinedSymbols& joined, uint32_t place, uint32_t previous, uint32_t next) {
    changed_ = place;
    with_previous_ = joined.ask(previous, symbols_[place]);
    with_next_ = joined.ask(symbols_[place], next);
  }
  // What orders a merge of two neighbours that give this symbol, the left one of which is at this place. With a sign,
  // as not all processors compare several numbers without one at once.
  static int32_t key(uint32_t place, uint32_t symbol) {
    static_assert(JoinedSymbols::kNone == UINT32_MAX);
    return static_cast<int32_t>((symbol & INT32_MAX / kRoom) * kRoom + place);
  }

  // Four at a time. Compilers do not find that by themselves where a processor has no instruction for the lesser of two
  // numbers.
  int32_t least_key() const {
    using Four = int32_t __attribute__((vector_size(16)));
    const auto load = [this](uint32_t place) {
      Four keys;
      std::memcpy(&keys, &keys_[place], sizeof keys);
      return keys;
    };
    Four least = load(0);
    for (uint32_t i = 4; i < kRoom; i += 4) {
      const Four keys = load(i);
      least = keys < least ? keys : least;
    }
    // Compilers make a branch of std::min here.
    const auto lesser = [](int32_t a, int32_t b) { return b ^ ((a ^ b) & -int32_t{a < b}); };
    return lesser(lesser(least[0], least[1]), lesser(least[2], least[3]));
  }

  std::array<int32_t, kRoom + 1> keys_;  // the last one, of no place, is not looked at
  std::array<uint32_t, kRoom + 1> symbols_;
  std::array<uint8_t, kRoom + 1> next_, previous_;
  std::array<uint8_t, kMost> ends_;
  uint32_t count_;
  // The place whose symbol is new, or else kRoom, and what is asked of it and its neighbours.
  uint32_t changed_;
  JoinedSymbols::Asked with_previous_, with_next_;
};

}  // namespace leanformers
