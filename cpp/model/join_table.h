// (symbol, symbol) -> the symbol that they give. A look-up reads one slot, which says all that there is to know, and
// has no branch (simd/merges.h).
#pragma once

#include <cstdint>
#include <span>

#include "model/perfect_slots.h"
#include "shared_array.h"
#include "simd/merges.h"

namespace leanformers {

class JoinTable {
 public:
  JoinTable() = default;  // to be read from an archive

  struct Join {
    uint32_t left, right, symbol;
  };
  // Of distinct pairs. False when there are symbols from JoinedSymbols::kMost on, or some pairs are too alike.
  bool build(std::span<const Join> joins);

  // To be kept at hand.
  JoinedSymbols view() const { return {slots_.data(), slot_of_.view(), first_pairs_.data()}; }

  template <class Archive>
  void archive(Archive& a) {
    a(slots_, slot_of_, first_pairs_);
  }

 private:
  SharedArray<uint64_t> slots_;
  PerfectSlots slot_of_;
  SharedArray<uint32_t> first_pairs_;
};

}  // namespace leanformers
