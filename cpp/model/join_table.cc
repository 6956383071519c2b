#include "model/join_table.h"

#include <algorithm>
#include <vector>

namespace leanformers {

bool JoinTable::build(std::span<const Join> joins) {
  std::vector<uint64_t> hashes(joins.size());
  for (size_t i = 0; i < joins.size(); ++i) {
    const auto& [left, right, symbol] = joins[i];
    if (std::max({left, right, symbol}) >= JoinedSymbols::kMost) return false;
    hashes[i] = JoinedSymbols::hash_of(left, right);
  }
  std::vector<uint32_t> slots;
  if (!slot_of_.build(hashes, slots)) return false;
  slots_ = SharedArray<uint64_t>(slot_of_.size(), UINT64_MAX);
  constexpr uint32_t kFirst = JoinedSymbols::kFirst;
  first_pairs_ = SharedArray<uint32_t>(kFirst * kFirst, JoinedSymbols::kNone);
  for (size_t i = 0; i < joins.size(); ++i) {
    const auto& [left, right, symbol] = joins[i];
    slots_.writable()[slots[i]] = JoinedSymbols::pair_of(left, right) << JoinedSymbols::kBits | symbol;
    if ((left | right) < kFirst) first_pairs_.writable()[left * kFirst + right] = symbol;
  }
  return true;
}

}  // namespace leanformers
