#include "model/perfect_table.h"

#include <bit>
#include <vector>

namespace leanformers {

bool PerfectTable::build(std::span<const uint64_t> hashes) {
  std::vector<uint32_t> slots;
  if (!slot_of_.build(hashes, slots)) return false;
  value_bits_ = static_cast<int>(std::bit_width(hashes.size()));
  slots_ = SharedArray<uint32_t>(slot_of_.size(), kFree);
  for (uint32_t i = 0; i < hashes.size(); ++i) slots_.writable()[slots[i]] = mark(hashes[i]) | i;
  return true;
}

}  // namespace leanformers
