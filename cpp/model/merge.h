// How BPE merges the symbols of a word: always the pair of smallest rank, of equal ranks the leftmost, until no pair of
// neighbours has a rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/pair_table.h"
#include "model/word_token.h"

namespace leanformers {

// A pair of ids and the id of what they merge into.
struct Merge {
  uint32_t left, right, result;
};

// (left id, right id) -> the rank of their merge; rank -> the id of the merged symbol.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = PairTable::kMissing;

  // Merges by rank. The last rank given to a pair wins.
  explicit MergeTable(std::span<const Merge> merges) : ranks_(merges.size()), results_(merges.size()) {
    for (uint32_t rank = 0; rank < merges.size(); ++rank) {
      const auto& [left, right, result] = merges[rank];
      ranks_.insert(left, right, rank);
      results_.writable()[rank] = result;
    }
  }

  uint32_t rank(const WordToken& left, const WordToken& right) const { return ranks_.find(left.id, right.id); }
  uint32_t result(uint32_t rank) const { return results_[rank]; }

  template <class Archive>
  void archive(Archive& a) {
    a(ranks_, results_);
  }

 private:
  PairTable ranks_;
  SharedArray<uint32_t> results_;
};

// Both leave the symbols that remain at the beginning of `symbols` and return their number.

// Looks at all ranks before each merge: the fastest for up to kScanned symbols, and quadratic.
inline constexpr size_t kScanned = 24;
size_t merge_by_scanning(const MergeTable& merges, std::span<WordToken> symbols);

// O(n log n). A merge whose turn has come is put off with probability `dropout` until another one has been done.
size_t merge_by_queue(const MergeTable& merges, float dropout, std::span<WordToken> symbols);

}  // namespace leanformers
