// The tokens that BPE gives for a text: those of a long one are found from left to right among the tokens that it has
// at each place, those of a short one by merging (side_by_side.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/merge_forest.h"
#include "model/short_merge.h"
#include "model/symbol_table.h"
#include "model/trie.h"
#include "model/word_token.h"

namespace leanformers {

class TokenSearch {
 public:
  TokenSearch() = default;  // to be read from an archive
  // `letters`: the texts of the forest's letters. None when texts are too alike for the table, or too many.
  static std::optional<TokenSearch> make(MergeForest forest, const std::vector<std::string>& letters);

  // Whether a text that is made of letters and has the token of this id is this token.
  bool finds(uint32_t id) const { return forest_.has(id); }

  // Appends the tokens of a text that is made of letters, which stands at `offset` of its word. Time is linear in the
  // text, since a place is left for good when no tokens go on from it: those before it are the only ones that end
  // there.
  void encode(std::string_view text, uint32_t offset, WordTokens& tokens) const;

  template <class Archive>
  void archive(Archive& a) {
    a(forest_, symbols_, bytes_, bytes_are_letters_, short_, longer_, goes_on_);
  }

 private:
  static constexpr uint32_t kShort = 8;  // bytes

  using MediumMerge = ShortMerge<32>;
  class Run;
  friend class SideBySide;

  void merge(std::string_view text, uint32_t offset, WordTokens& tokens) const;

  struct Match {
    uint32_t symbol, size;
  };
  // The longest symbol of at most kShort bytes that a text begins with; its size is 0 if there is none.
  Match longest_short(std::string_view text) const {
    Match found{0, 0};
    short_.visit_beginnings(text.substr(0, kShort), [&](uint32_t size, uint32_t symbol) { found = {symbol, size}; });
    return found;
  }
  // Whether longer texts begin with what this is the longest symbol of.
  bool goes_on(uint32_t symbol) const { return goes_on_[symbol / 64] >> symbol % 64 & 1; }

  MergeForest forest_;
  SymbolTable symbols_;
  std::array<uint32_t, 256> bytes_{};  // letters of one byte
  bool bytes_are_letters_ = false;     // each one is the letter of its number
  Trie short_;                         // texts of at most kShort bytes
  Trie longer_;                        // texts of more than Window::kBytes
  SharedArray<uint64_t> goes_on_;      // bits, by symbol
};

}  // namespace leanformers
