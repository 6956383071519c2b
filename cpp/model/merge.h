// How BPE merges the symbols of a word: always the pair of smallest rank, of equal ranks the leftmost, until no pair of
// neighbours has a rank.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/word_token.h"

namespace leanformers {

// (left id, right id) -> the rank of their merge, by open addressing; rank -> the id of the merged symbol. What makes a
// miss of the caches slow is memory, so the slots are three quarters full, and most pairs without a merge end in the
// filter.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = UINT32_MAX;

  explicit MergeTable(size_t merges)
      : slots_(merges * 4 / 3 + 2),
        filter_(std::bit_ceil(merges + 4) / 4),
        filter_shift_(58 - std::countr_zero(filter_.size())),
        results_(merges) {}

  // The last rank given to a pair wins.
  void insert(uint32_t left, uint32_t right, uint32_t rank, uint32_t result) {
    const uint64_t hash = hash_of(left, right);
    slots_[find(left, right, hash)] = {left, right, rank};
    filter_[filter_word(hash)] |= filter_bit(hash);
    results_[rank] = result;
  }

  uint32_t rank(uint32_t left, uint32_t right) const {
    const uint64_t hash = hash_of(left, right);
    if (!(filter_[filter_word(hash)] & filter_bit(hash))) return kNoRank;
    return slots_[find(left, right, hash)].rank;
  }
  uint32_t rank(const WordToken& left, const WordToken& right) const { return rank(left.id, right.id); }
  uint32_t result(uint32_t rank) const { return results_[rank]; }

 private:
  struct Slot {
    uint32_t left = 0, right = 0, rank = kNoRank;
  };

  static uint64_t hash_of(uint32_t left, uint32_t right) { return (uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15; }

  // Sixteen bits a merge or more.
  size_t filter_word(uint64_t hash) const { return hash >> filter_shift_ >> 6; }
  uint64_t filter_bit(uint64_t hash) const { return uint64_t{1} << (hash >> filter_shift_ & 63); }

  // Where the pair is, or where it would go.
  size_t find(uint32_t left, uint32_t right, uint64_t hash) const {
    for (size_t i = (hash >> 32) * slots_.size() >> 32;; i = i + 1 == slots_.size() ? 0 : i + 1) {
      const Slot& slot = slots_[i];
      if (slot.rank == kNoRank || (slot.left == left && slot.right == right)) return i;
    }
  }

  std::vector<Slot> slots_;
  std::vector<uint64_t> filter_;
  int filter_shift_;
  std::vector<uint32_t> results_;  // by rank
};

// Both leave the symbols that remain at the beginning of `symbols` and return their number.

// Looks at all ranks before each merge: the fastest for up to kScanned symbols, and quadratic.
inline constexpr size_t kScanned = 24;
size_t merge_by_scanning(const MergeTable& merges, std::span<WordToken> symbols);

// O(n log n). A merge whose turn has come is put off with probability `dropout` until another one has been done.
size_t merge_by_queue(const MergeTable& merges, float dropout, std::span<WordToken> symbols);

}  // namespace leanformers
