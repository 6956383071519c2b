// hash -> u32, for hashes that are known from the beginning, each of which has a slot to itself (perfect_slots.h): a
// look-up reads one slot and has no branch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/perfect_slots.h"
#include "shared_array.h"

namespace leanformers {

class PerfectTable {
 public:
  PerfectTable() = default;  // to be read from an archive

  // The value of a hash is its place in the list. Their highest bits have to be good. False when some hashes are too
  // alike to be kept apart.
  bool build(std::span<const uint64_t> hashes);

  // The value of this hash, if it is one of the list. Otherwise, most often, a number beyond all values.
  uint32_t guess(uint64_t hash) const { return guess(find(hash)); }

  // The same in two steps, for many hashes side by side: the first one asks for the memory that the second one reads.
  // Inlined always: of a function that changes nothing, compilers leave out what asks for memory.
  struct Asked {
    uint32_t slot, mark;
  };
  [[gnu::always_inline]] Asked ask(uint64_t hash) const {
    const Asked asked = find(hash);
    __builtin_prefetch(&slots_[asked.slot]);
    return asked;
  }
  uint32_t guess(Asked asked) const { return slots_[asked.slot] ^ asked.mark; }

  template <class Archive>
  void archive(Archive& a) {
    a(slots_, slot_of_, value_bits_);
  }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  // Above the bits of values, so that what another hash finds there is beyond them.
  uint32_t mark(uint64_t hash) const { return static_cast<uint32_t>(hash >> 20) << value_bits_; }
  Asked find(uint64_t hash) const { return {static_cast<uint32_t>(slot_of_(hash)), mark(hash)}; }

  SharedArray<uint32_t> slots_;  // value and mark
  PerfectSlots slot_of_;
  int value_bits_ = 0;
};

}  // namespace leanformers
