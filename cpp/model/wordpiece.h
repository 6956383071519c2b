// WordPiece: a word becomes the longest pieces of the vocabulary, from left to right, or one unknown token.
// Schuster and Nakajima, "Japanese and Korean voice search", 2012; as the reference does it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/trie.h"
#include "model/word_token.h"
#include "shared_array.h"
#include "tokenizer.h"

namespace leanformers {

class WordPieceModel {
 public:
  WordPieceModel() = default;  // to be read from an archive
  explicit WordPieceModel(const WordPiece& spec);

  // Replaces `tokens` by those of `word`, which is not empty. Time is O(bytes of the word × longest piece).
  // Throws std::invalid_argument when the unknown token is needed but not in the vocabulary.
  void tokenize(std::string_view word, WordTokens& tokens) const;

  template <class Archive>
  void archive(Archive& a) {
    a(beginnings_, continuations_, unknown_id_, unknown_token_, max_characters_);
  }

 private:
  // Pieces by what they match in a word.
  class Pieces {
   public:
    struct Match {
      uint32_t id, bytes;
    };
    Pieces() = default;
    // In the order of the vocabulary: of equal ones the last counts.
    explicit Pieces(const std::vector<std::pair<std::string_view, uint32_t>>& pieces);
    // The longest piece that `text` begins with; bytes is 0 when there is none.
    Match longest(std::string_view text) const;

    template <class Archive>
    void archive(Archive& a) {
      a(trie_, ids_);
    }

   private:
    Trie trie_;  // its values are places in ids_
    SharedArray<uint32_t> ids_;
  };

  uint32_t unknown() const;

  Pieces beginnings_;     // of a word
  Pieces continuations_;  // without their prefix
  std::optional<uint32_t> unknown_id_;
  std::string unknown_token_;
  uint32_t max_characters_ = 0;
};

}  // namespace leanformers
