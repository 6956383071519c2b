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

#include <algorithm>
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
  uint32_t id(uint32_t symbol) const { return symbol < listed_ ? ids_[symbol] : symbol + id_of_0_; }
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
  // The same in steps without a branch, for symbols of which nothing is known: nobody could guess what they find. Each
  // step asks for the memory that the next one reads, so that many seams are best looked at in turns.
  //
  // Where two symbols meet, while their merges are undone.
  struct Seam {
    uint32_t left, right;
    uint32_t limit;           // what a merge between them has to come before
    uint32_t joined = kNone;  // most often, what such a merge gives
    PerfectTable::Asked asked;
  };
  // Of two symbols whose joint text is none.
  [[gnu::always_inline]] Seam begin_seam(uint32_t left, uint32_t right) const {
    Seam seam{left, right, size_, kNone, {}};
    undo(seam);
    return seam;
  }
  // Looks whether a merge joins them, and if none does, undoes one more. False when there is nothing more to be seen.
  [[gnu::always_inline]] bool look(Seam& seam) const {
    const uint32_t guess = joined_.guess(seam.asked);
    const bool joins = guess < seam.limit;
    // Letters may be undone over and over: no merge comes before the limit that this gives.
    const bool goes_on = !joins & (seam.limit > letters_);
    Seam next = seam;
    undo(next);
    next.left = joins ? seam.left : next.left;
    next.right = joins ? seam.right : next.right;
    next.joined = joins ? guess : kNone;
    seam = next;
    return goes_on;
  }
  // After the last look, whether the two symbols that it began with are compatible.
  bool compatible(const Seam& seam, uint32_t left, uint32_t right) const {
    if (seam.joined == kNone) return true;
    return !is(seam.joined, seam.left, seam.right) && compatible(left, right);
  }
  // For looks at a symbol, or a number beyond all, that come soon.
  [[gnu::always_inline]] void prefetch_parts(uint32_t symbol) const {
    __builtin_prefetch(&parts_[symbol < size_ ? symbol : 0]);
  }
  [[gnu::always_inline]] void prefetch_id(uint32_t symbol) const {
    if (symbol < listed_) __builtin_prefetch(&ids_[symbol]);
  }

  // The symbol that two others give, or most often, if there is none, a number beyond all: what `is` says no to.
  uint32_t guess_joined(uint32_t left, uint32_t right) const { return joined_.guess(hash_of(left, right)); }
  // In two steps, as PerfectTable has them.
  [[gnu::always_inline]] PerfectTable::Asked ask_joined(uint32_t left, uint32_t right) const {
    return joined_.ask(hash_of(left, right));
  }
  uint32_t guess_joined(PerfectTable::Asked asked) const { return joined_.guess(asked); }
  bool is(uint32_t symbol, uint32_t left, uint32_t right) const {
    return symbol >= letters_ && parts_[symbol].left == left && parts_[symbol].right == right;
  }
  static constexpr uint32_t kNone = UINT32_MAX;  // no symbol

  template <class Archive>
  void archive(Archive& a) {
    a(letters_, size_, listed_, id_of_0_, ids_, symbols_, parts_, joined_);
  }

 private:
  // Undoes the merge of the later one. A merge between them happens if it comes before this one. Of equal merges, that
  // is of the same symbol over and over, the left one comes first: so the right symbol is undone first, and a merge
  // equal to its own comes before it.
  [[gnu::always_inline]] void undo(Seam& seam) const {
    const bool left_first = seam.left > seam.right;
    const Parts& parts = parts_[left_first ? seam.left : seam.right];
    seam.limit = left_first ? seam.left : seam.right + 1;
    seam.left = left_first ? parts.right : seam.left;
    seam.right = left_first ? seam.right : parts.left;
    seam.asked = ask_joined(seam.left, seam.right);
    __builtin_prefetch(&parts_[std::max(seam.left, seam.right)]);
  }
  // With a function that says whether two symbols give one that comes before a limit. Undoes as `undo` does.
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
  void shorten_ids();
  bool make_table();

  static uint64_t hash_of(uint32_t left, uint32_t right) {
    return left * 0x9E3779B97F4A7C15 + right * 0xC2B2AE3D27D4EB4F;
  }

  uint32_t letters_ = 0;
  uint32_t size_ = 0;
  // The ids of the first symbols. Those of the others follow each other, as if they began with that of symbol 0: most
  // files number tokens in the order of their merges.
  uint32_t listed_ = 0, id_of_0_ = 0;
  SharedArray<uint32_t> ids_;      // with room for a symbol of each merge, as parts_ has, while they are added
  SharedArray<uint32_t> symbols_;  // by id
  SharedArray<Parts> parts_;
  PerfectTable joined_;  // the symbol that two others give
};

}  // namespace leanformers
