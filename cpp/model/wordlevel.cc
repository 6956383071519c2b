#include "model/wordlevel.h"

#include <stdexcept>

namespace leanformers {

WordLevelModel::WordLevelModel(const WordLevel& settings) : words_(settings.vocab), unknown_token_(settings.unk_token) {
  if (const uint32_t id = words_.find(unknown_token_); id != Vocabulary::kMissing) unknown_id_ = id;
}

void WordLevelModel::tokenize(std::string_view word, WordTokens& tokens) const {
  uint32_t id = words_.find(word);
  if (id == Vocabulary::kMissing) {
    if (!unknown_id_) {
      throw std::invalid_argument("the text has a word that is not in the vocabulary, and the unknown token \"" +
                                  unknown_token_ + "\" is not in the vocabulary");
    }
    id = *unknown_id_;
  }
  tokens.assign(1, {id, 0, static_cast<uint32_t>(word.size())});
}

}  // namespace leanformers
