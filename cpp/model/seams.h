// Between which symbols of a word can no merge ever happen? There a long word falls into parts that are merged one by
// one, and mostly by scanning: a text that is not split into words before (Llama, Gemma) has such seams before its
// spaces.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/merge.h"

namespace leanformers {

class Seams {
 public:
  // `first_symbols`: the ids that words have before merging.
  Seams() = default;  // to be read from an archive
  Seams(const std::vector<Merge>& merges, const std::vector<uint32_t>& first_symbols);

  // Of neighbours before merging. May miss a seam, which costs only time.
  bool between(uint32_t left, uint32_t right) const {
    const uint64_t bit = bit_of(left, right);
    return !(crossed_[bit / 64] >> bit % 64 & 1);
  }

  template <class Archive>
  void archive(Archive& a) {
    a(crossed_);
  }

 private:
  uint64_t bit_of(uint32_t left, uint32_t right) const {
    return ((uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15) >> (58 - std::countr_zero(crossed_.size()));
  }

  SharedArray<uint64_t> crossed_;  // one bit of a pair's hash: some merge may join what ends and begins like this
};

}  // namespace leanformers
