// How often each pair of symbols stands side by side. Pairs are never forgotten, so that a place stays valid.
#pragma once

#include <cstdint>
#include <vector>

namespace leanformers {

using PairKey = uint64_t;  // ordered as the pair is: first symbol, then second
inline PairKey pair_key(uint32_t first, uint32_t second) { return PairKey{first} << 32 | second; }

class PairCounts {
 public:
  PairCounts() : slots_(1 << 12) {}

  // The place of a pair, made with a count of 0 if it is new.
  uint32_t find_or_add(PairKey key) {
    size_t at = slot_of(key);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (pairs_[slots_[at] - 1].key == key) return slots_[at] - 1;
    }
    pairs_.push_back({key, 0});
    slots_[at] = static_cast<uint32_t>(pairs_.size());
    if (pairs_.size() * 2 > slots_.size()) grow();
    return static_cast<uint32_t>(pairs_.size()) - 1;
  }

  int64_t& count(uint32_t place) { return pairs_[place].count; }
  PairKey key(uint32_t place) const { return pairs_[place].key; }
  uint32_t size() const { return static_cast<uint32_t>(pairs_.size()); }

 private:
  struct Pair {
    PairKey key;
    int64_t count;
  };

  size_t slot_of(PairKey key) const { return (key * 0x9E3779B97F4A7C15 >> 32) & (slots_.size() - 1); }

  void grow() {
    slots_.assign(slots_.size() * 2, 0);
    for (uint32_t i = 0; i < pairs_.size(); ++i) {
      size_t at = slot_of(pairs_[i].key);
      while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = i + 1;
    }
  }

  std::vector<uint32_t> slots_;  // places counted from 1; 0: free
  std::vector<Pair> pairs_;
};

}  // namespace leanformers
