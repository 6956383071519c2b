// WordLevel: a word is one token of the vocabulary, or the unknown one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/word_token.h"
#include "tokenizer.h"

namespace leanformers {

class WordLevelModel {
 public:
  WordLevelModel() = default;  // to be read from an archive
  explicit WordLevelModel(const WordLevel& settings);

  // Replaces `tokens` by the one of `word`, which is not empty.
  // Throws std::invalid_argument when the unknown token is needed but not in the vocabulary.
  void tokenize(std::string_view word, WordTokens& tokens) const;

  template <class Archive>
  void archive(Archive& a) {
    a(words_, unknown_token_, unknown_id_);
  }

 private:
  Vocabulary words_;
  std::string unknown_token_;
  std::optional<uint32_t> unknown_id_;
};

}  // namespace leanformers
