// (id, id) -> u32 by open addressing, made once and never changed. What makes a look-up slow is memory, so the slots
// are three quarters full, and most pairs that are not there end in a filter.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "shared_array.h"

namespace leanformers {

class PairTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  // For at most so many pairs.
  explicit PairTable(size_t pairs = 0)
      : slots_(pairs * 4 / 3 + 2),
        filter_(std::bit_ceil(pairs + 4) / 4),
        filter_shift_(58 - std::countr_zero(filter_.size())) {}

  // The last value given to a pair wins. Before the table has copies.
  void insert(uint32_t left, uint32_t right, uint32_t value) {
    const uint64_t hash = hash_of(left, right);
    slots_.writable()[find_slot(left, right, hash)] = {left, right, value};
    filter_.writable()[filter_word(hash)] |= filter_bit(hash);
  }

  uint32_t find(uint32_t left, uint32_t right) const {
    const uint64_t hash = hash_of(left, right);
    if (!(filter_[filter_word(hash)] & filter_bit(hash))) return kMissing;
    return slots_[find_slot(left, right, hash)].value;
  }

  // For an `insert` or `find` that comes soon.
  void prefetch(uint32_t left, uint32_t right) const {
    const uint64_t hash = hash_of(left, right);
    __builtin_prefetch(&filter_[filter_word(hash)]);
    __builtin_prefetch(&slots_[first_slot(hash)]);
  }

  template <class Archive>
  void archive(Archive& a) {
    a(slots_, filter_, filter_shift_);
  }

 private:
  struct Slot {
    uint32_t left = 0, right = 0, value = kMissing;
  };

  static uint64_t hash_of(uint32_t left, uint32_t right) { return (uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15; }

  // Sixteen bits a pair or more.
  size_t filter_word(uint64_t hash) const { return hash >> filter_shift_ >> 6; }
  uint64_t filter_bit(uint64_t hash) const { return uint64_t{1} << (hash >> filter_shift_ & 63); }

  size_t first_slot(uint64_t hash) const { return (hash >> 32) * slots_.size() >> 32; }

  // Where the pair is, or where it would go.
  size_t find_slot(uint32_t left, uint32_t right, uint64_t hash) const {
    for (size_t i = first_slot(hash);; i = i + 1 == slots_.size() ? 0 : i + 1) {
      const Slot& slot = slots_[i];
      if (slot.value == kMissing || (slot.left == left && slot.right == right)) return i;
    }
  }

  SharedArray<Slot> slots_;
  SharedArray<uint64_t> filter_;
  int filter_shift_;
};

}  // namespace leanformers
