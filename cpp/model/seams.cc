#include "model/seams.h"

#include <algorithm>

namespace leanformers {

namespace {

// What a symbol begins and ends with, before merging.
struct Ends {
  static constexpr uint32_t kUnknown = UINT32_MAX;
  uint32_t first = kUnknown, last = kUnknown;
  bool operator==(const Ends&) const = default;
};

// By id. Empty when there is no telling: because an id has several ends, or ids are too far apart for a table.
std::vector<Ends> find_ends(const std::vector<Merge>& merges, const std::vector<uint32_t>& first_symbols) {
  uint32_t largest = 0;
  for (uint32_t id : first_symbols) largest = std::max(largest, id);
  for (const auto& merge : merges) largest = std::max({largest, merge.left, merge.right, merge.result});
  if (largest / 8 > merges.size() + first_symbols.size()) return {};

  std::vector<Ends> ends(largest + 1);
  for (uint32_t id : first_symbols) ends[id] = {id, id};
  // One pass does it when merges come after those that make their parts; what no pass reaches never happens.
  constexpr int kMostPasses = 16;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    bool changed = false;
    for (const auto& [left, right, result] : merges) {
      const Ends merged{ends[left].first, ends[right].last};
      if (merged.first == Ends::kUnknown || merged.last == Ends::kUnknown || ends[result] == merged) continue;
      if (ends[result] != Ends{}) return {};
      ends[result] = merged;
      changed = true;
    }
    if (!changed) return ends;
  }
  return {};
}

}  // namespace

Seams::Seams(const std::vector<Merge>& merges, const std::vector<uint32_t>& first_symbols)
    : crossed_(std::bit_ceil(merges.size() + 16) / 16) {
  const std::vector<Ends> ends = find_ends(merges, first_symbols);
  if (ends.empty()) crossed_ = SharedArray<uint64_t>(1, UINT64_MAX);
  for (const auto& [left, right, result] : merges) {
    if (ends.empty()) break;
    const uint32_t last = ends[left].last, first = ends[right].first;
    if (last == Ends::kUnknown || first == Ends::kUnknown) continue;
    const uint64_t bit = bit_of(last, first);
    crossed_.writable()[bit / 64] |= uint64_t{1} << bit % 64;
  }
}

}  // namespace leanformers
