#include "model/wordpiece.h"

#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {

namespace {

// Those that begin with `prefix`, without it.
std::vector<std::pair<std::string_view, uint32_t>> pieces_after(std::string_view prefix, const WordPiece& spec) {
  std::vector<std::pair<std::string_view, uint32_t>> pieces;
  for (const auto& [token, id] : spec.vocab) {
    if (token.starts_with(prefix)) pieces.emplace_back(std::string_view(token).substr(prefix.size()), id);
  }
  return pieces;
}

template <typename Part, typename Pairs>
std::vector<Part> parts(const Pairs& pairs) {
  std::vector<Part> parts;
  for (const auto& pair : pairs) parts.push_back(std::get<Part>(pair));
  return parts;
}

}  // namespace

WordPieceModel::Pieces::Pieces(const std::vector<std::pair<std::string_view, uint32_t>>& pieces)
    : trie_(parts<std::string_view>(pieces)), ids_(parts<uint32_t>(pieces)) {}

WordPieceModel::Pieces::Match WordPieceModel::Pieces::longest(std::string_view text) const {
  uint32_t found = 0, bytes = 0;
  trie_.visit_beginnings(text, [&](uint32_t length, uint32_t place) {
    found = place;
    bytes = length;
  });
  return {bytes == 0 ? 0 : ids_[found], bytes};
}

WordPieceModel::WordPieceModel(const WordPiece& spec)
    : beginnings_(pieces_after("", spec)),
      continuations_(pieces_after(spec.continuing_subword_prefix, spec)),
      unknown_token_(spec.unk_token),
      max_characters_(spec.max_input_chars_per_word) {
  for (const auto& [token, id] : spec.vocab) {
    if (token == spec.unk_token) unknown_id_ = id;
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
    const auto [id, bytes] = (at == 0 ? beginnings_ : continuations_).longest(word.substr(at));
    if (bytes == 0) return whole_word_unknown();
    tokens.push_back({id, at, at + bytes});
  }
}

}  // namespace leanformers
