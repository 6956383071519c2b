#include "model/merge_forest.h"

#include <algorithm>
#include <vector>

#include "model/pair_table.h"

namespace leanformers {

MergeForest::MergeForest(std::span<const uint32_t> letters, size_t largest_id, size_t merges)
    : letters_(static_cast<uint32_t>(letters.size())),
      size_(letters_),
      ids_(letters.size() + merges),
      symbols_(largest_id + 1, kNone),
      parts_(letters.size() + merges) {
  std::copy(letters.begin(), letters.end(), ids_.writable());
  for (uint32_t i = 0; i < letters.size(); ++i) {
    symbols_.writable()[letters[i]] = i;
    parts_.writable()[i] = {i, i};
  }
}

void MergeForest::add(uint32_t left, uint32_t right, uint32_t id) {
  symbols_.writable()[id] = size_;
  ids_.writable()[size_] = id;
  parts_.writable()[size_++] = {left, right};
}

std::optional<MergeForest> MergeForest::grow(std::span<const Merge> merges, std::span<const uint32_t> letters) {
  if (letters.empty()) return std::nullopt;
  uint32_t largest = 0;
  for (uint32_t id : letters) largest = std::max(largest, id);
  for (const Merge& merge : merges) largest = std::max({largest, merge.left, merge.right, merge.result});
  if (largest / 8 > merges.size() + letters.size()) return std::nullopt;  // too far apart for a table

  std::vector<bool> seen(size_t{largest} + 1);
  size_t results = 0;
  for (const Merge& merge : merges) {
    results += !seen[merge.result];
    seen[merge.result] = true;
  }

  MergeForest forest(letters, largest, results);
  if (!forest.add_merges(merges) || !forest.make_table()) return std::nullopt;
  forest.shorten_ids();
  return forest;
}

// False when some merge may happen out of order.
bool MergeForest::add_merges(std::span<const Merge> merges) {
  PairTable joined(ids_.size() - letters_);
  const auto fit = [&](uint32_t left, uint32_t right) {
    return compatible(left, right,
                      [&joined](uint32_t a, uint32_t b, uint32_t limit) { return joined.find(a, b) < limit; });
  };
  std::vector<Merge> early;  // before their parts
  for (size_t i = 0; i < merges.size(); ++i) {
    constexpr size_t kAhead = 16;
    if (i + kAhead < merges.size()) {
      const Merge& coming = merges[i + kAhead];
      joined.prefetch(symbols_[coming.left], symbols_[coming.right]);
    }
    const Merge& merge = merges[i];
    const uint32_t left = symbols_[merge.left], right = symbols_[merge.right], result = symbols_[merge.result];
    if (result != kNone) {
      if (result < letters_) return false;
      // A pair that has a merge twice has the later one's rank.
      const Parts& parts = parts_[result];
      if (parts.left == left && parts.right == right) return false;
    } else if (left == kNone || right == kNone) {
      early.push_back(merge);
    } else if (fit(left, right)) {
      joined.insert(left, right, size_);
      add(left, right, merge.result);
    }
  }
  return std::none_of(early.begin(), early.end(), [&](const Merge& merge) {
    const uint32_t left = symbols_[merge.left], right = symbols_[merge.right];
    return left != kNone && right != kNone && fit(left, right);
  });
}

void MergeForest::shorten_ids() {
  if (size_ == letters_) return;
  id_of_0_ = ids_[letters_] - letters_;
  for (uint32_t symbol = letters_; symbol < size_; ++symbol) {
    if (ids_[symbol] != symbol + id_of_0_) return;
  }
  ids_ = SharedArray<uint32_t>(std::vector<uint32_t>(ids_.begin(), ids_.begin() + letters_));
}

// False when there are too many, or pairs are too alike.
bool MergeForest::make_table() {
  std::vector<JoinTable::Join> joins;
  joins.reserve(size_ - letters_);
  for (uint32_t symbol = letters_; symbol < size_; ++symbol) {
    joins.push_back({parts_[symbol].left, parts_[symbol].right, symbol});
  }
  return joined_.build(joins);
}

}  // namespace leanformers
