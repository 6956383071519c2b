#include "cuts.h"

#include <algorithm>
#include <array>

#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

namespace {

// None of them is a letter, a digit, a mark or a \w, and NFC leaves all of them as they are.
constexpr std::u32string_view kCandidates = U" \n\t,.\u3001\u3002\uff0c";

bool is_word(char32_t code) { return unicode::has(code, unicode::kWord); }
bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }

// Whether the text may be cut before `next`, which stands at `at`, after `last`. One for each scan.

bool is_cut(const BertTable& table, char32_t, char32_t next, std::string_view, size_t) {
  const BertTable::Kind kind = table.at(next).kind;
  return kind == BertTable::Kind::kSpace || kind == BertTable::Kind::kIsolated;
}

bool is_cut(const ByteLevelSplit& split, char32_t last, char32_t, std::string_view, size_t) {
  if (split.nfc && !unicode::is_nfc_stable(last)) return false;
  switch (CharacterClasses::get(split.pattern).of(last)) {
    case CharacterClasses::kLetter:
    case CharacterClasses::kUpper:
    case CharacterClasses::kLower:
    case CharacterClasses::kNumber:
    case CharacterClasses::kKanaLetter:
      return true;
    default:
      return false;
  }
}

bool is_cut(const SpacedText& spaced, char32_t last, char32_t, std::string_view text, size_t at) {
  const auto is_gap = [&](char byte) { return spaced.is_gap[static_cast<unsigned char>(byte)]; };
  if (at + 1 == text.size() || is_gap(text[at + 1])) return false;
  // A key of the charsmap lies in one cluster, which ends before the space at the latest.
  const auto stays = [&](char32_t code) { return (spaced.characters.of(code) & ~PlainCharacters::kOpens) == 0; };
  return stays(last) && stays(unicode::decode(&text[at + 1]).code);
}

bool is_barrier(const WordClasses& classes, char32_t code) {
  return code < 0x80 && classes.is_barrier(static_cast<char>(code));
}

bool may_part(const WordClasses& classes, char32_t next) {
  return is_barrier(classes, next) || (!classes.has_dependent() && !classes.changes(next));
}

bool is_cut(const WordClasses& classes, char32_t last, char32_t next, std::string_view, size_t) {
  if (is_barrier(classes, next)) return true;
  return !classes.changes(last) && (classes.of(last) != classes.of(next) || classes.of(next) == WordClasses::kIsolated);
}

bool is_cut(const Plan& plan, std::string_view text, size_t at) {
  const char32_t next = unicode::decode(&text[at]).code;
  if (plan.cuts.before.find(next) == plan.cuts.before.npos) return false;
  const char32_t last = unicode::decode_before(text, at);
  if (!is_word(last)) return false;
  if (plan.bert) return is_cut(*plan.bert, last, next, text, at);
  if (plan.byte_level) return is_cut(*plan.byte_level, last, next, text, at);
  if (plan.spaced) return is_cut(*plan.spaced, last, next, text, at);
  return is_cut(*plan.word_classes, last, next, text, at);
}

// Of the candidates, those that may part words for this scan.
std::u32string candidates(const Plan& plan) {
  std::u32string found;
  for (const char32_t code : kCandidates) {
    // A part that begins with something else than a space would be given one.
    if (plan.byte_level && plan.byte_level->add_prefix_space && code != U' ') continue;
    if (plan.spaced && (code >= 0x80 || !plan.spaced->is_gap[code])) continue;
    if (plan.word_classes && !may_part(*plan.word_classes, code)) continue;
    found += code;
  }
  return found;
}

// Whether an added token may have a cut before `next` inside it, or decide by what is on the other side of one. White
// space that lstrip takes is no more than what follows the cut.
bool meets_cut(const Plan& plan, const AddedToken& token, std::string_view pattern, char32_t next) {
  std::u32string codes;
  for (size_t at = 0; at < pattern.size();) {
    const auto [code, bytes] = unicode::decode(&pattern[at]);
    codes += code;
    at += bytes;
  }
  if (codes.empty()) return false;
  if (plan.spaced) {  // all that becomes a mark may be one in a pattern
    next = U' ';
    const char32_t mark = plan.spaced->mark.empty() ? U' ' : unicode::decode(plan.spaced->mark.data()).code;
    for (char32_t& code : codes) code = code == mark || is_white_space(code) ? U' ' : code;
  }
  for (size_t i = 1; i < codes.size(); ++i) {
    if (codes[i] == next && is_word(codes[i - 1])) return true;
  }
  // After a token, a stretch begins anew, and a part goes on with one: where that counts, no token that is found in
  // normalized text may begin a part, and none at all may end one.
  const bool begins_anew = plan.spaced && (plan.spaced->prepends || plan.spaced->one_word());
  const bool begins = codes.front() == next;
  return (begins && token.single_word) || (begins_anew && token.normalized && (begins || token.lstrip)) ||
         (is_word(codes.back()) && (begins_anew || (token.rstrip && is_white_space(next))));
}

}  // namespace

Cuts Cuts::read(const Plan& plan) {
  if (!plan.bert && !plan.byte_level && !plan.spaced && !plan.word_classes) {
    return {{}, "its stages may look anywhere"};
  }
  Cuts cuts{candidates(plan), ""};
  if (cuts.before.empty()) cuts.why_not = "words do not end before spaces";
  for (const AddedToken& token : plan.spec.added_tokens) {
    std::erase_if(cuts.before, [&](char32_t next) {
      return meets_cut(plan, token, token.content, next) || meets_cut(plan, token, plan.added_by_id.at(token.id), next);
    });
    if (cuts.before.empty() && cuts.why_not.empty()) {
      cuts.why_not = "the added token \"" + token.content + "\" may stand where two words are parted";
      break;
    }
  }
  return cuts;
}

std::vector<std::string_view> cut(const Plan& plan, std::string_view text, size_t bytes) {
  bytes = std::max<size_t>(bytes, 1);
  std::array<bool, 256> may_begin{};  // the first byte of one of the characters
  for (const char32_t code : plan.cuts.before) {
    may_begin[static_cast<unsigned char>(unicode::to_utf8({&code, 1}).front())] = true;
  }
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = bytes; at < text.size(); ++at) {
    if (!may_begin[static_cast<unsigned char>(text[at])] || !is_cut(plan, text, at)) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at;
    at += bytes - 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace leanformers
