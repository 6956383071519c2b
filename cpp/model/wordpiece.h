// WordPiece: a word becomes the longest pieces of the vocabulary, from left to right, or one unknown token.
// Schuster and Nakajima, "Japanese and Korean voice search", 2012; as the reference does it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/word_token.h"
#include "string_table.h"
#include "tokenizer.h"

namespace leanformers {

class WordPieceModel {
 public:
  explicit WordPieceModel(const WordPiece& spec);

  // Replaces `tokens` by those of `word`, which is not empty. Time is O(bytes of the word × longest piece).
  // Throws std::invalid_argument when the unknown token is needed but not in the vocabulary.
  void tokenize(std::string_view word, WordTokens& tokens) const;

 private:
  struct Piece {
    uint32_t id, bytes;
  };
  // The longest piece that `text` begins with; bytes is 0 when there is none.
  static Piece longest_piece(const StringTable& pieces, std::string_view text);

  uint32_t unknown() const;

  StringTable beginnings_;     // by what they match at the beginning of a word
  StringTable continuations_;  // by what they match inside a word: without their prefix
  std::optional<uint32_t> unknown_id_;
  std::string unknown_token_;
  uint32_t max_characters_;
};

}  // namespace leanformers
