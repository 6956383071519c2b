// Where a table that was made for its hashes has each of them (model/perfect_slots.h).
//
// Nothing here is compiled into code of its own: files that are compiled for more than the baseline include this.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leanformers {

struct SlotOfHash {
  const uint8_t* numbers;  // by group of hashes
  int group_shift, slot_shift;

  [[gnu::always_inline]] size_t group(uint64_t hash) const { return hash >> group_shift; }
  [[gnu::always_inline]] size_t with(uint64_t hash, uint64_t number) const {
    return (hash ^ hash >> 32 ^ number) * 0x9FB21C651E98DF25 >> slot_shift;
  }
  [[gnu::always_inline]] size_t operator()(uint64_t hash) const { return with(hash, numbers[group(hash)]); }
};

}  // namespace leanformers
