// What each symbol of a BPE model is made of, for models whose merges leave no choice: then tokens can be looked for,
// without merging.
//
// Merges are proper when each one comes after those that make its parts. Merging then does them in the order of their
// ranks, each from left to right, because a symbol that has just been made waits for merges of higher ranks only. Two
// neighbouring tokens are compatible if merging their joint text gives these two. What follows from it:
//
// - As long as no merge joins two neighbours, each of them is merged as if it stood alone. So tokens are the result of
//   merging their joint text if each is the result of merging its own, and all neighbours are compatible. There is one
//   such sequence for each text, since merging has one result.
// - The first merge between two neighbours joins what the left one ends with at that time and what the right one begins
//   with: `compatible` undoes their merges, the last one first, and looks for it.
// - A merge happens in some text if and only if its parts, with the merges before it, are compatible. If they are not,
//   it never happens. So each symbol is made by one merge at most: its text is merged in one way.
//
// Real files have merges that never happen: those that were made from a list of tokens have all pairs that give a
// token. They are left out here. A merge that comes before those of its parts has to be one of them. Van Antwerpen and
// Neubeck, "So many tokens, so little time", 2024, for merges whose ranks are the ids of the results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/merge.h"
#include "model/perfect_table.h"
#include "shared_array.h"

namespace leanformers {

class MergeForest {
 public:
  MergeForest() = default;  // to be read from an archive

  struct Parts {
    uint32_t left, right;
  };

  // The symbols that come of `letters`, which are distinct ids of symbols before merging, with merges by rank, whose
  // results have the joint texts of their parts, which tell ids apart. None when some merge may happen out of order,
  // and when pairs are too alike for the table.
  static std::optional<MergeForest> grow(std::span<const Merge> merges, std::span<const uint32_t> letters);

  // Symbols are numbered: letters as they were given, then the others in the order of the merges that make them.
  uint32_t letters() const { return letters_; }
  uint32_t size() const { return size_; }
  uint32_t id(uint32_t symbol) const { return ids_[symbol]; }
  bool has(uint32_t id) const { return id < symbols_.size() && symbols_[id] != kNone; }
  // A letter is made of itself twice.
  Parts parts(uint32_t symbol) const { return parts_[symbol]; }

  // Whether two symbols are what merging their joint text gives. Time is the depth of their trees.
  bool compatible(uint32_t left, uint32_t right) const {
    return compatible(left, right, [this](uint32_t a, uint32_t b, uint32_t limit) {
      const uint32_t guess = guess_joined(a, b);
      return guess < limit && is(guess, a, b);
    });
  }
  // The same, for symbols of which nothing is known: without a branch for a few steps, since nobody could guess what
  // they find. Letters may be undone over and over: no merge comes before the limit that this gives.
  bool compatible_without_guesses(uint32_t left, uint32_t right) const {
    Seam seam{left, right, size_};
    do {
      uint32_t joined = kNone, joined_left = 0, joined_right = 0;
#pragma GCC unroll 4
      for (int step = 0; step < 4; ++step) {
        const uint32_t guess = guess_joined(seam.left, seam.right);
        const bool joins = guess < seam.limit;
        joined = joins ? guess : joined;
        joined_left = joins ? seam.left : joined_left;
        joined_right = joins ? seam.right : joined_right;
        seam.undo(parts_);
      }
      if (joined == kNone) continue;
      return !is(joined, joined_left, joined_right) && compatible(left, right);
    } while (seam.limit > letters_);
    return true;
  }

  // The symbol that two others give, or most often, if there is none, a number beyond all: what `is` says no to.
  uint32_t guess_joined(uint32_t left, uint32_t right) const { return joined_.guess(hash_of(left, right)); }
  bool is(uint32_t symbol, uint32_t left, uint32_t right) const {
    return symbol >= letters_ && parts_[symbol].left == left && parts_[symbol].right == right;
  }
  static constexpr uint32_t kNone = UINT32_MAX;  // no symbol

  template <class Archive>
  void archive(Archive& a) {
    a(letters_, size_, ids_, symbols_, parts_, joined_);
  }

 private:
  // Where two symbols meet, while their merges are undone, and the symbol that a merge between them has to come before.
  struct Seam {
    uint32_t left, right, limit;
    // A merge between them happens if it comes before the one that is being undone. Of equal merges, that is of the
    // same symbol over and over, the left one comes first: so the right symbol is undone first, and a merge equal to
    // its own comes before it.
    void undo(const SharedArray<Parts>& parts) {
      const uint32_t new_left = parts[left].right, new_right = parts[right].left;
      const bool left_first = left > right;
      limit = left_first ? left : right + 1;
      left = left_first ? new_left : left;
      right = left_first ? right : new_right;
    }
  };
  // With a function that says whether two symbols give one that comes before a limit. Undoes as Seam does.
  template <class Joined>
  bool compatible(uint32_t left, uint32_t right, const Joined& joined) const {
    for (uint32_t limit = size_;;) {
      if (joined(left, right, limit)) return false;
      if (left > right) {
        if (left < letters_) return true;
        limit = left;
        left = parts_[left].right;
      } else {
        if (right < letters_) return true;
        limit = right + 1;
        right = parts_[right].left;
      }
    }
  }

  MergeForest(std::span<const uint32_t> letters, size_t largest_id, size_t merges);
  void add(uint32_t left, uint32_t right, uint32_t id);
  bool add_merges(std::span<const Merge> merges);
  bool make_table();

  static uint64_t hash_of(uint32_t left, uint32_t right) {
    return left * 0x9E3779B97F4A7C15 + right * 0xC2B2AE3D27D4EB4F;
  }

  uint32_t letters_ = 0;
  uint32_t size_ = 0;
  SharedArray<uint32_t> ids_;      // with room for a symbol of each merge, as parts_ has
  SharedArray<uint32_t> symbols_;  // by id
  SharedArray<Parts> parts_;
  PerfectTable joined_;  // the symbol that two others give
};

}  // namespace leanformers
