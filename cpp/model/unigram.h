// Unigram: a word becomes the pieces of the greatest sum of scores.
// Kudo, "Subword regularization", 2018; as the reference does it, which differs from SentencePiece.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/trie.h"
#include "model/word_token.h"
#include "shared_array.h"
#include "tokenizer.h"

namespace leanformers {

class UnigramModel {
 public:
  UnigramModel() = default;  // to be read from an archive
  // Throws std::invalid_argument when unk_id is not one of the pieces'.
  explicit UnigramModel(const Unigram& settings);

  // Replaces `tokens` by those of `word`, which is not empty. Time is O(bytes of the word × longest piece).
  // Byte tokens all stand for the whole unknown text. Throws std::invalid_argument when the unknown token is needed but
  // there is none.
  void tokenize(std::string_view word, WordTokens& tokens) const;

  template <class Archive>
  void archive(Archive& a) {
    a(trie_, scores_, unknown_score_, unknown_id_, bytes_);
  }

 private:
  // The best ways to what ends at each byte of a word: their scores, and their last pieces as `begin << 32 | id`.
  struct Ways {
    double* scores;
    uint64_t* last;
  };

  void find_best(std::string_view word, Ways ways) const;
  void try_unknown(uint32_t begin, uint32_t end, Ways ways) const;
  void add_unknown(std::string_view word, uint32_t begin, uint32_t end, WordTokens& reversed) const;

  Trie trie_;
  SharedArray<double> scores_;  // by id
  double unknown_score_ = 0;
  uint32_t unknown_id_ = Trie::kMissing;  // Trie::kMissing: there is none
  std::vector<uint32_t> bytes_;           // ids of the 256 byte tokens; empty: no byte_fallback
};

}  // namespace leanformers
