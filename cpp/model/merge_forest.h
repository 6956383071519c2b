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

#include "model/join_table.h"
#include "model/merge.h"
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
  // when pairs are too alike for the table, and without letters.
  static std::optional<MergeForest> grow(std::span<const Merge> merges, std::span<const uint32_t> letters);

  // Symbols are numbered: letters as they were given, then the others in the order of the merges that make them.
  uint32_t letters() const { return letters_; }
  uint32_t size() const { return size_; }
  // Without a branch: whether a token is a letter is anybody's guess. Of a number that is no symbol, any id.
  uint32_t id(uint32_t symbol) const {
    const bool is_listed = symbol < ids_.size();
    const uint32_t listed = ids_[is_listed ? symbol : 0];
    return is_listed ? listed : symbol + id_of_0_;
  }
  bool has(uint32_t id) const { return id < symbols_.size() && symbols_[id] != kNone; }
  // A letter is made of itself twice.
  Parts parts(uint32_t symbol) const { return parts_[symbol]; }

  // The symbols that two others give, to be kept at hand.
  JoinedSymbols joined() const { return joined_.view(); }

  // Whether two symbols are what merging their joint text gives. Time is the depth of their trees.
  bool compatible(uint32_t left, uint32_t right) const {
    const JoinedSymbols joined = joined_.view();
    return compatible(left, right,
                      [&joined](uint32_t a, uint32_t b, uint32_t limit) { return joined.join(a, b, limit); });
  }
  // For a look at the id of a symbol, or a number beyond all, that comes soon.
  [[gnu::always_inline]] void prefetch_id(uint32_t symbol) const {
    __builtin_prefetch(&ids_[symbol < ids_.size() ? symbol : 0]);
  }
  static constexpr uint32_t kNone = JoinedSymbols::kNone;

  template <class Archive>
  void archive(Archive& a) {
    a(letters_, size_, id_of_0_, ids_, symbols_, parts_, joined_);
  }

 private:
  // With a function that says whether two symbols give one that comes before a limit. Undoes the merge of the later
  // one: a merge between them happens if it comes before this one. Of equal merges, that is of the same symbol over and
  // over, the left one comes first: so the right symbol is undone first, and a merge equal to its own comes before it.
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

  uint32_t letters_ = 0;
  uint32_t size_ = 0;
  // The ids of the first symbols. Those of the others follow each other, as if they began with that of symbol 0: most
  // files number tokens in the order of their merges.
  uint32_t id_of_0_ = 0;
  SharedArray<uint32_t> ids_;      // with room for a symbol of each merge, as parts_ has, while they are added
  SharedArray<uint32_t> symbols_;  // by id
  SharedArray<Parts> parts_;
  JoinTable joined_;
};

}  // namespace leanformers
