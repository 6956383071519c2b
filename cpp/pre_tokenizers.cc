#include "pre_tokenizers.h"

#include <algorithm>
#include <utility>

#include "normalizers.h"
#include "split.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

using TextPieces = std::vector<TextPiece>;
using Found = std::vector<Pattern::Match>;

bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }
bool is_punctuation(char32_t code) { return unicode::has(code, unicode::kBertPunctuation); }

// Each character for which the predicate holds is a match.
template <typename Predicate>
Found match_each(const Characters& characters, Predicate predicate) {
  Found matches;
  for (size_t i = 0; i < characters.size(); ++i) {
    if (predicate(characters[i].code)) matches.push_back({i, i + 1});
  }
  return matches;
}

// --- One overload for each pre-tokenizer ---

void split(const BertPreTokenizer&, TextPiece piece, TextPieces& out) {
  for (TextPiece& part : split_at(match_each(piece.characters, is_white_space), SplitBehavior::kRemoved, piece)) {
    const Found matches = match_each(part.characters, is_punctuation);
    append(split_at(matches, SplitBehavior::kIsolated, part), out);
  }
}

void split(const WhitespaceSplit&, TextPiece piece, TextPieces& out) {
  append(split_at(match_each(piece.characters, is_white_space), SplitBehavior::kRemoved, piece), out);
}

// \w+|[^\w\s]+
void split(const Whitespace&, TextPiece piece, TextPieces& out) {
  const auto kind = [](const Character& character) {
    if (unicode::has(character.code, unicode::kWord)) return 1;
    return is_white_space(character.code) ? 0 : 2;
  };
  Found words;
  const Characters& characters = piece.characters;
  for (size_t begin = 0, end; begin < characters.size(); begin = end) {
    end = begin + 1;
    while (end < characters.size() && kind(characters[end]) == kind(characters[begin])) ++end;
    if (kind(characters[begin]) != 0) words.push_back({begin, end});
  }
  append(split_at(words, SplitBehavior::kRemoved, piece, Matches::kBetween), out);
}

void split(const Punctuation& pre_tokenizer, TextPiece piece, TextPieces& out) {
  append(split_at(match_each(piece.characters, is_punctuation), pre_tokenizer.behavior, piece), out);
}

void split(const Digits& pre_tokenizer, TextPiece piece, TextPieces& out) {
  const auto is_numeric = [](char32_t code) { return unicode::has(code, unicode::kNumeric); };
  const auto behavior = pre_tokenizer.individual_digits ? SplitBehavior::kIsolated : SplitBehavior::kContiguous;
  append(split_at(match_each(piece.characters, is_numeric), behavior, piece), out);
}

void split(const CharDelimiterSplit& pre_tokenizer, TextPiece piece, TextPieces& out) {
  const auto is_delimiter = [&](char32_t code) { return code == pre_tokenizer.delimiter; };
  append(split_at(match_each(piece.characters, is_delimiter), SplitBehavior::kRemoved, piece), out);
}

void split(const FixedLength& pre_tokenizer, TextPiece piece, TextPieces& out) {
  Found matches;
  for (size_t begin = 0; begin < piece.characters.size(); begin += pre_tokenizer.length) {
    matches.push_back({begin, std::min(begin + pre_tokenizer.length, piece.characters.size())});
  }
  append(split_at(matches, SplitBehavior::kIsolated, piece), out);
}

void split(const Split& pre_tokenizer, TextPiece piece, TextPieces& out) {
  Found matches;
  pre_tokenizer.pattern.find_all(codes(piece.characters), matches);
  const auto side = pre_tokenizer.invert ? Matches::kBetween : Matches::kFound;
  append(split_at(matches, pre_tokenizer.behavior, piece, side), out);
}

void split(const ByteLevel& pre_tokenizer, TextPiece piece, TextPieces& out) {
  static const Pattern words =
      Pattern::regex(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
  if (pre_tokenizer.add_prefix_space && piece.characters.front().code != U' ') prepend(U" ", piece.characters);
  Found matches;
  if (pre_tokenizer.use_regex) words.find_all(codes(piece.characters), matches);
  for (TextPiece& word : split_at(matches, SplitBehavior::kIsolated, piece)) {
    to_byte_characters(word.characters);
    out.push_back(std::move(word));
  }
}

void split(const Metaspace& pre_tokenizer, TextPiece piece, TextPieces& out) {
  using Scheme = Metaspace::PrependScheme;
  const char32_t mark = pre_tokenizer.replacement;
  for (Character& character : piece.characters) {
    if (character.code == U' ') character.code = mark;
  }
  const bool wanted = pre_tokenizer.prepend_scheme == Scheme::kAlways ||
                      (pre_tokenizer.prepend_scheme == Scheme::kFirst && piece.origin == 0);
  if (wanted && piece.characters.front().code != mark) prepend({&mark, 1}, piece.characters);
  if (!pre_tokenizer.split) return out.push_back(std::move(piece));
  const Found matches = match_each(piece.characters, [mark](char32_t code) { return code == mark; });
  append(split_at(matches, SplitBehavior::kMergedWithNext, piece), out);
}

// A new piece begins where the script changes; what has no script goes with what is before it. As in the reference,
// what stands before the first script is lost.
void split(const UnicodeScripts&, TextPiece piece, TextPieces& out) {
  Found matches;
  uint8_t last = unicode::kNoScript;
  for (size_t i = 0; i < piece.characters.size(); ++i) {
    const uint8_t script = unicode::script(piece.characters[i].code);
    if (script != unicode::kNoScript && script != last) {
      matches.push_back({i, i});
      last = script;
    }
    if (!matches.empty()) matches.back().end = i + 1;
  }
  append(split_at(matches, SplitBehavior::kRemoved, piece, Matches::kBetween), out);
}

}  // namespace

std::vector<TextPiece> pre_tokenize(std::span<const PreTokenizer> pre_tokenizers, TextPiece piece) {
  TextPieces pieces;
  if (!piece.characters.empty()) pieces.push_back(std::move(piece));
  for (const PreTokenizer& pre_tokenizer : pre_tokenizers) {
    TextPieces parts;
    for (TextPiece& part : pieces) {
      std::visit([&](const auto& stage) { split(stage, std::move(part), parts); }, pre_tokenizer);
    }
    pieces = std::move(parts);
  }
  return pieces;
}

}  // namespace leanformers
