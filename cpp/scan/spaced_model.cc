#include "scan/spaced_model.h"

#include <array>
#include <set>
#include <string>
#include <vector>

namespace leanformers {
namespace {

// <0x00> to <0xFF>, as byte_fallback has them.
bool is_byte_token(std::string_view token) {
  const auto is_digit = [](char c) { return ('0' <= c && c <= '9') || ('A' <= c && c <= 'F'); };
  return token.size() == 6 && token.starts_with("<0x") && token.ends_with('>') && is_digit(token[3]) &&
         is_digit(token[4]);
}

bool spells_itself(const Bpe& model, std::string_view token) {
  return token != model.unk_token && !(model.byte_fallback && is_byte_token(token));
}

}  // namespace

const char* why_not_for_words(const Model& model) {
  const auto* bpe = std::get_if<Bpe>(&model);
  if (bpe != nullptr && bpe->dropout.value_or(0) != 0) return "its merges are random";
  if (std::holds_alternative<WordPiece>(model)) return "its words are for WordPiece";
  return nullptr;
}

const char* why_not_across_marks(const Model& model, std::string_view mark) {
  const auto* bpe = std::get_if<Bpe>(&model);
  if (bpe == nullptr) return "its model sees texts as one word";
  if (const char* obstacle = why_not_for_words(model)) return obstacle;
  if (!bpe->continuing_subword_prefix.value_or("").empty() || !bpe->end_of_word_suffix.value_or("").empty() ||
      bpe->ignore_merges) {
    return "its model looks at the ends of a text";
  }
  std::vector<bool> taken;
  std::set<std::string_view> byte_tokens;
  bool has_mark = false;
  for (const auto& [token, id] : bpe->vocab) {
    if (id >= taken.size()) taken.resize(size_t{id} + 1);
    if (taken[id]) return "tokens share an id";
    taken[id] = true;
    has_mark = has_mark || token == mark;
    if (is_byte_token(token)) byte_tokens.insert(token);
  }
  if (!has_mark) return "its model does not know the mark for spaces";
  const std::string unknown = bpe->unk_token.value_or("");
  if (unknown.empty() && !(bpe->byte_fallback && byte_tokens.size() == 256)) return "unknown characters vanish";
  if (unknown.starts_with(mark) || unknown.ends_with(mark)) return "its unknown token has a mark";
  for (const auto& [left, right] : bpe->merges) {
    if (right.starts_with(mark) && !left.ends_with(mark)) return "its merges go across spaces";
  }
  return nullptr;
}

AsciiPairs never_joined(const Bpe& model) {
  // What is not known waits for more of its kind, and ends beside what is.
  std::array<bool, AsciiPairs::kCharacters> known{};
  for (const auto& [token, id] : model.vocab) {
    const unsigned char byte = token.size() == 1 ? static_cast<unsigned char>(token[0]) : known.size();
    if (byte < known.size()) known[byte] = true;
  }
  AsciiPairs pairs;
  for (unsigned char a = 0; a < known.size(); ++a) {
    for (unsigned char b = 0; b < known.size(); ++b) {
      if (known[a] || known[b]) pairs.add(static_cast<char>(a), static_cast<char>(b));
    }
  }
  for (const auto& [left, right] : model.merges) {
    // Tokens that are not what they spell may stand anywhere.
    if (left.empty() || right.empty() || !spells_itself(model, left) || !spells_itself(model, right)) return {};
    pairs.remove(left.back(), right.front());
  }
  return pairs;
}

}  // namespace leanformers
