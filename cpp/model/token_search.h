// The tokens that BPE gives for a text, found from left to right among those that the text has at each place, instead
// of by merging.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/merge_forest.h"
#include "model/trie.h"
#include "model/word_token.h"

namespace leanformers {

class TokenSearch {
 public:
  TokenSearch() = default;  // to be read from an archive
  // `letters`: the texts of the forest's letters.
  TokenSearch(MergeForest forest, const std::vector<std::string>& letters);

  // Whether a text that is made of letters and has the token of this id is this token.
  bool finds(uint32_t id) const { return forest_.has(id); }

  // Appends the tokens of a text that is made of letters, which stands at `offset` of its word. Time is linear in the
  // text, since a place is left for good when no tokens go on from it: those before it are the only ones that end
  // there.
  void encode(std::string_view text, uint32_t offset, WordTokens& tokens) const;

  template <class Archive>
  void archive(Archive& a) {
    a(forest_, trie_);
  }

 private:
  struct Match {
    uint32_t symbol, size;
  };
  // The longest symbol that the text begins with, of fewer bytes than `limit`; its size is 0 if there is none.
  Match longest(std::string_view text, size_t limit) const {
    Match found{0, 0};
    trie_.visit_beginnings(text.substr(0, limit), [&](uint32_t size, uint32_t symbol) { found = {symbol, size}; });
    return found;
  }

  MergeForest forest_;
  Trie trie_;  // of the symbols' texts
};

}  // namespace leanformers
