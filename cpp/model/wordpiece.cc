#include "model/wordpiece.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {

WordPieceModel::WordPieceModel(const WordPiece& spec)
    : beginnings_(spec.vocab.size()),
      continuations_(spec.vocab.size() / 4),
      unknown_token_(spec.unk_token),
      max_characters_(spec.max_input_chars_per_word) {
  const std::string_view prefix = spec.continuing_subword_prefix;
  for (const auto& [token, id] : spec.vocab) {
    if (token == spec.unk_token) unknown_id_ = id;
    if (token.empty()) continue;
    beginnings_.insert(token, id);
    if (token.size() > prefix.size() && token.starts_with(prefix)) {
      continuations_.insert(std::string_view(token).substr(prefix.size()), id);
    }
  }
}

uint32_t WordPieceModel::unknown() const {
  if (unknown_id_) return *unknown_id_;
  throw std::invalid_argument("the text has a word that the vocabulary cannot build, and the unknown token \"" +
                              unknown_token_ + "\" is not in the vocabulary");
}

void WordPieceModel::tokenize(std::string_view word, WordTokens& tokens) const {
  tokens.clear();
  const auto whole_word_unknown = [&] { tokens.assign(1, {unknown(), 0, static_cast<uint32_t>(word.size())}); };
  if (word.size() > max_characters_ && unicode::count_characters(word) > max_characters_) return whole_word_unknown();
  for (uint32_t at = 0; at < word.size(); at = tokens.back().end) {
    const Piece piece = longest_piece(at == 0 ? beginnings_ : continuations_, word.substr(at));
    if (piece.bytes == 0) return whole_word_unknown();
    tokens.push_back({piece.id, at, at + piece.bytes});
  }
}

WordPieceModel::Piece WordPieceModel::longest_piece(const StringTable& pieces, std::string_view text) {
  // All beginnings are hashed in one pass and then tried from the longest; beyond `kBlock` bytes, block by block.
  constexpr size_t kBlock = 64;
  const size_t longest = std::min(text.size(), pieces.longest());
  std::array<uint64_t, kBlock + 1> states;
  Piece best{0, 0};
  uint64_t state = StringTable::kSeed;
  for (size_t begin = 0; begin < longest; begin += kBlock) {
    const size_t size = std::min(kBlock, longest - begin);
    for (size_t i = 0; i < size; ++i) states[i] = state = StringTable::step(state, text[begin + i]);
    for (size_t i = size; i-- > 0;) {
      const size_t bytes = begin + i + 1;
      if (bytes < text.size() && unicode::is_continuation(text[bytes])) continue;
      const uint32_t id = pieces.find(text.substr(0, bytes), StringTable::finish(states[i]));
      if (id == StringTable::kMissing) continue;
      best = {id, static_cast<uint32_t>(bytes)};
      break;
    }
  }
  return best;
}

}  // namespace leanformers
