#include "model/merge_forest.h"

#include <algorithm>
#include <vector>

namespace leanformers {

MergeForest::MergeForest(std::span<const uint32_t> letters, size_t largest_id, size_t merges)
    : letters_(static_cast<uint32_t>(letters.size())),
      size_(letters_),
      ids_(letters.size() + merges),
      symbols_(largest_id + 1, kNone),
      parts_(letters.size() + merges),
      joined_(merges) {
  std::copy(letters.begin(), letters.end(), ids_.writable());
  for (uint32_t i = 0; i < letters.size(); ++i) symbols_.writable()[letters[i]] = i;
}

void MergeForest::add(uint32_t left, uint32_t right, uint32_t id) {
  joined_.insert(left, right, size_);
  symbols_.writable()[id] = size_;
  ids_.writable()[size_] = id;
  parts_.writable()[size_++] = {left, right};
}

std::optional<MergeForest> MergeForest::grow(std::span<const Merge> merges, std::span<const uint32_t> letters) {
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
  std::vector<Merge> early;  // before their parts
  for (const Merge& merge : merges) {
    const uint32_t left = forest.symbols_[merge.left], right = forest.symbols_[merge.right];
    const uint32_t result = forest.symbols_[merge.result];
    if (result != kNone) {
      if (result < forest.letters_) return std::nullopt;
      // A pair that has a merge twice has the later one's rank.
      const auto [made_of_left, made_of_right] = forest.parts(result);
      if (made_of_left == left && made_of_right == right) return std::nullopt;
    } else if (left == kNone || right == kNone) {
      early.push_back(merge);
    } else if (forest.compatible(left, right)) {
      forest.add(left, right, merge.result);
    }
  }
  for (const Merge& merge : early) {
    const uint32_t left = forest.symbols_[merge.left], right = forest.symbols_[merge.right];
    if (left != kNone && right != kNone && forest.compatible(left, right)) return std::nullopt;
  }
  return forest;
}

}  // namespace leanformers
