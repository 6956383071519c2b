// Merging the letters of short words, many words at a time: the merge of the lowest rank first, of equal ones the left
// one. The rank of a merge is the symbol that it makes (model/merge_forest.h).
//
// Nothing here is compiled into code of its own: files that are compiled for more than the baseline include this.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/slot_of_hash.h"

namespace leanformers {

// The symbols that two others give (model/join_table.h), to be looked up. A look-up is two steps, for many of them side
// by side: the first one asks for the memory that the second one reads.
struct JoinedSymbols {
  static constexpr int kBits = 21;                               // of a symbol
  static constexpr uint32_t kNone = UINT32_MAX;                  // no symbol
  static constexpr uint32_t kNowhere = UINT32_MAX - 1;           // one that gives none with any other
  static constexpr uint32_t kMost = (uint32_t{1} << kBits) - 2;  // symbols: the pairs of these two are of no others

  const uint64_t* slots;  // the left symbol, the right one and, lowest, what they give
  SlotOfHash slot_of;
  // The same for all pairs of the first symbols, which are letters: the common ones stand together. kNone: nothing.
  static constexpr uint32_t kFirst = 128;
  const uint32_t* first_pairs;

  struct Asked {
    uint64_t pair;
    uint32_t slot;
  };
  [[gnu::always_inline]] static uint64_t hash_of(uint32_t left, uint32_t right) {
    return left * 0x9E3779B97F4A7C15 + right * 0xC2B2AE3D27D4EB4F;
  }
  [[gnu::always_inline]] static uint64_t pair_of(uint32_t left, uint32_t right) {
    return uint64_t{left} << kBits | right;
  }
  [[gnu::always_inline]] Asked ask(uint32_t left, uint32_t right) const {
    const Asked asked{pair_of(left, right), static_cast<uint32_t>(slot_of(hash_of(left, right)))};
    __builtin_prefetch(&slots[asked.slot]);
    return asked;
  }
  // kNone if there is none. Without a branch: nobody could guess it.
  [[gnu::always_inline]] uint32_t operator()(const Asked& asked) const {
    const uint64_t slot = slots[asked.slot];
    const auto symbol = static_cast<uint32_t>(slot) & ((uint32_t{1} << kBits) - 1);
    return symbol | (0 - uint32_t{slot >> kBits != asked.pair});
  }
  // Whether they give one that comes before a limit: for those who know that most often, they do not.
  [[gnu::always_inline]] bool join(uint32_t left, uint32_t right, uint32_t limit) const {
    const uint64_t slot = slots[slot_of(hash_of(left, right))];
    return slot >> kBits == pair_of(left, right) && (slot & ((uint64_t{1} << kBits) - 1)) < limit;
  }
  // At once. Of letters, which are the first symbols most often.
  [[gnu::always_inline]] uint32_t of_letters(uint32_t left, uint32_t right) const {
    return (left | right) < kFirst ? first_pairs[left * kFirst + right] : (*this)(ask(left, right));
  }
};

// A word's letters, or what they have become.
struct MergedWord {
  static constexpr uint32_t kMost = 15;  // letters

  uint32_t symbols[kMost + 1];
  uint8_t ends[kMost + 1];  // in the word
  uint32_t count;           // of symbols
};

// Merges the letters of so many words, of at most kRoom.
struct MergeFunction {
  static constexpr size_t kRoom = 128;

  void (*merge)(const JoinedSymbols& joined, MergedWord* words, size_t count);
};
extern const MergeFunction merge_function, merge_function_avx512;

}  // namespace leanformers
