// hash -> a slot that it has to itself, for hashes that are known from the beginning. They fall into small groups, and
// each group has a number that sends its hashes to slots that are free. Belazzougui, Botelho and Dietzfelbinger, "Hash,
// displace, and compress", 2009.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared_array.h"
#include "simd/slot_of_hash.h"

namespace leanformers {

class PerfectSlots {
 public:
  PerfectSlots() = default;  // to be read from an archive

  // `slots` becomes those of the hashes, whose highest bits have to be good. False when some are too alike to be kept
  // apart.
  bool build(std::span<const uint64_t> hashes, std::vector<uint32_t>& slots);

  size_t size() const { return size_t{1} << (64 - slot_shift_); }
  // Other hashes have slots of these too.
  size_t operator()(uint64_t hash) const { return view()(hash); }
  // To be kept at hand.
  SlotOfHash view() const { return {numbers_.data(), group_shift_, slot_shift_}; }

  template <class Archive>
  void archive(Archive& a) {
    a(numbers_, group_shift_, slot_shift_);
  }

 private:
  SharedArray<uint8_t> numbers_;
  int group_shift_ = 0, slot_shift_ = 0;
};

}  // namespace leanformers
