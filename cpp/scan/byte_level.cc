#include "scan/byte_level.h"

#include <algorithm>

#include "regex/character_set.h"

namespace leanformers {
namespace {

using SplitPattern = ByteLevelSplit::Pattern;

struct KnownSplits {
  std::vector<std::u32string_view> patterns;  // of the Splits, one after the other
  ByteLevelSplit split;
};

// As published files spell them. Qwen 2 takes digits one by one; Tekken, of Mistral NeMo, does too and has no
// contractions. The newlines in the last pattern of DeepSeek V3 are written as themselves.
// clang-format off
const KnownSplits kKnownSplits[] = {
    {{UR"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
     {.pattern = SplitPattern::kCl100k, .name = "cl100k and Llama 3", .most_digits = 3}},
    {{UR"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
     {.pattern = SplitPattern::kCl100k, .name = "Qwen 2", .most_digits = 1}},
    {{UR"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
     {.pattern = SplitPattern::kO200k, .name = "o200k", .most_digits = 3}},
    {{UR"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
     {.pattern = SplitPattern::kO200k, .name = "Tekken", .most_digits = 1, .contractions = false}},
    {{UR"(\p{N}{1,3})", U"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
      UR"x([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^)x" U"\r\n" UR"x(\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[)x" U"\r\n" UR"x(]*|\s*[)x" U"\r\n" UR"x(]+|\s+(?!\S)|\s+)x"},
     {.pattern = SplitPattern::kDeepSeek, .name = "DeepSeek V3", .most_digits = 3}},
};
// clang-format on

bool is_split_at(const PreTokenizer& stage, std::u32string_view pattern) {
  const auto* split = std::get_if<Split>(&stage);
  return split != nullptr && split->behavior == SplitBehavior::kIsolated && !split->invert &&
         split->pattern.is_regex() && split->pattern.source() == pattern;
}

}  // namespace

std::optional<ByteLevelSplit> ByteLevelSplit::recognise(std::span<const Normalizer> normalizers,
                                                        std::span<const PreTokenizer> pre_tokenizers) {
  const auto* form = normalizers.size() == 1 ? std::get_if<UnicodeForm>(&normalizers[0]) : nullptr;
  const bool nfc = form != nullptr && form->form == UnicodeForm::Form::kNfc;
  if (!normalizers.empty() && !nfc) return std::nullopt;
  const auto* bytes = pre_tokenizers.empty() ? nullptr : std::get_if<ByteLevel>(&pre_tokenizers.back());
  if (bytes == nullptr) return std::nullopt;
  const auto splits = pre_tokenizers.first(pre_tokenizers.size() - 1);
  if (splits.empty()) {
    if (!bytes->use_regex) return std::nullopt;
    return ByteLevelSplit{
        .pattern = Pattern::kGpt2, .name = "GPT-2", .add_prefix_space = bytes->add_prefix_space, .nfc = nfc};
  }
  if (bytes->use_regex || bytes->add_prefix_space) return std::nullopt;
  for (const KnownSplits& known : kKnownSplits) {
    if (std::equal(splits.begin(), splits.end(), known.patterns.begin(), known.patterns.end(), is_split_at)) {
      ByteLevelSplit split = known.split;
      split.nfc = nfc;
      return split;
    }
  }
  return std::nullopt;
}

CharacterClasses::CharacterClasses(SplitPattern pattern) : classes_(std::make_unique<uint8_t[]>(unicode::kScalarEnd)) {
  std::fill_n(classes_.get(), unicode::kScalarEnd, kOther);
  const auto mark = [this](std::string_view property, Class kind) {
    const regex::CharacterSet set = regex::find_property(property).value();
    for (const auto& [first, last] : set.ranges()) std::fill(&classes_[first], &classes_[last] + 1, kind);
  };
  mark("l", kLetter);
  if (pattern == SplitPattern::kO200k) {
    mark("lu", kUpper);
    mark("lt", kUpper);
    mark("ll", kLower);
    mark("m", kMark);
  }
  if (pattern == SplitPattern::kDeepSeek) {
    mark("m", kLetter);
    mark("p", kPunctuation);
    mark("s", kPunctuation);
    for (const auto& [first, last] : {std::pair(0x3040, 0x30FF), std::pair(0x4E00, 0x9FA5)}) {
      for (int code = first; code <= last; ++code) {
        uint8_t& kind = classes_[code];
        kind = kind == kLetter ? kKanaLetter : kind == kPunctuation ? kKanaPunctuation : kKanaOther;
      }
    }
  }
  mark("n", kNumber);
  mark("space", kSpace);
  for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
    if (!unicode::is_nfc_stable(code)) classes_[code] |= kUnstable;
  }
}

const CharacterClasses& CharacterClasses::get(SplitPattern pattern) {
  if (pattern == SplitPattern::kO200k) {
    static const CharacterClasses o200k(pattern);
    return o200k;
  }
  if (pattern == SplitPattern::kDeepSeek) {
    static const CharacterClasses deepseek(pattern);
    return deepseek;
  }
  static const CharacterClasses plain(pattern);
  return plain;
}

bool CharacterClasses::is_nfc(std::string_view text) const {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0xCC) {  // below U+0300 nothing changes
      ++at;
      continue;
    }
    const auto [code, bytes] = unicode::decode(text.data() + at);
    if ((classes_[code] & kUnstable) != 0) return false;
    at += bytes;
  }
  return true;
}

const char* WordScanner::contraction(const char* at, bool any_case) const {
  const auto letter = [&](const char* place) {
    return place < end_ ? (any_case && 'A' <= *place && *place <= 'Z' ? static_cast<char>(*place | 0x20) : *place)
                        : '\0';
  };
  const char first = letter(at + 1), second = first == '\0' ? '\0' : letter(at + 2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
    return at + 3;
  if (any_case && std::string_view(at + 1, end_).starts_with("\u017F")) return at + 3;
  return nullptr;
}

const char* WordScanner::spaces(const char* at) const {
  const char* last = at;  // the beginning of the last character
  const char* end = at;
  Next next = look(end);
  for (; next.kind == CharacterClasses::kSpace; next = look(end)) {
    last = end;
    end += next.bytes;
  }
  return ends_piece(next.kind) || last == at ? end : last;
}

const char* WordScanner::lines_or_spaces(const char* at) const {
  const char* newline = nullptr;
  const char* end = at;
  for (Next next = look(end); next.kind == CharacterClasses::kSpace; next = look(end)) {
    if (is_newline(*end)) newline = end + 1;
    end += next.bytes;
  }
  return newline ? newline : spaces(at);
}

const char* WordScanner::digits(const char* at) const {
  for (uint32_t digits = 1; digits < split_.most_digits; ++digits) {
    const Next next = look(at);
    if (next.kind != CharacterClasses::kNumber) break;
    at += next.bytes;
  }
  return at;
}

const char* WordScanner::gpt2(const char* at) const {
  if (*at == '\'') {
    if (const char* end = contraction(at, false)) return end;
  }
  const char* const begin = *at == ' ' ? at + 1 : at;
  const Next next = look(begin);
  if (next.kind == CharacterClasses::kSpace || next.kind == CharacterClasses::kEnd) return spaces(at);
  return run(begin + next.bytes, next.kind);
}

const char* WordScanner::cl100k(const char* at) const {
  if (*at == '\'') {
    if (const char* end = contraction(at, true)) return end;
  }
  const Next first = look(at);
  if (first.kind == CharacterClasses::kLetter) return run(at + first.bytes, CharacterClasses::kLetter);
  if (first.kind == CharacterClasses::kNumber) return digits(at + first.bytes);
  const Next second = look(at + first.bytes);
  if (second.kind == CharacterClasses::kLetter && !is_newline(*at)) {
    return run(at + first.bytes + second.bytes, CharacterClasses::kLetter);
  }
  const bool joined = *at == ' ' && second.kind == CharacterClasses::kOther;
  if (joined || first.kind == CharacterClasses::kOther) {
    at = run(at + first.bytes, CharacterClasses::kOther);
    while (at < end_ && is_newline(*at)) ++at;
    return at;
  }
  return lines_or_spaces(at);
}

// The first alternative wants lower case or a letter without case at the end of a word, and goes back to the last one
// where it has to; the second one takes what is upper case alone.
const char* WordScanner::cased(const char* at) const {
  const char* end = at;
  const char* caseless = nullptr;  // the end of the last such letter or mark
  Next next = look(end);
  for (; is_caseless(next.kind) || next.kind == CharacterClasses::kUpper; next = look(end)) {
    end += next.bytes;
    if (next.kind != CharacterClasses::kUpper) caseless = end;
  }
  if (next.kind == CharacterClasses::kLower) {
    for (; is_caseless(next.kind) || next.kind == CharacterClasses::kLower; next = look(end)) end += next.bytes;
  } else if (caseless != nullptr) {
    end = caseless;
  }
  if (end == at) return nullptr;
  const char* with_contraction = split_.contractions && is(end, '\'') ? contraction(end, true) : nullptr;
  return with_contraction != nullptr ? with_contraction : end;
}

const char* WordScanner::o200k(const char* at) const {
  const Next first = look(at);
  if (first.kind == CharacterClasses::kNumber) return digits(at + first.bytes);
  // A mark may be what stands before a word or the word's first character, which comes to the same.
  const bool before = first.kind == CharacterClasses::kOther || first.kind == CharacterClasses::kSpace;
  if (!before || !is_newline(*at)) {
    if (const char* end = cased(before ? at + first.bytes : at)) return end;
  }
  if (first.kind == CharacterClasses::kSpace && (*at != ' ' || look(at + 1).kind != CharacterClasses::kOther)) {
    return lines_or_spaces(at);
  }
  at += first.bytes;
  for (Next next = look(at); next.kind == CharacterClasses::kOther || next.kind == CharacterClasses::kMark;
       next = look(at)) {
    at += next.bytes;
  }
  while (at < end_ && (is_newline(*at) || *at == '/')) ++at;
  return at;
}

// Numbers, and then ideographs and kana, are cut out; the last pattern sees each of the pieces by itself. It takes
// nothing of a number.
const char* WordScanner::deepseek(const char* at) const {
  Next first = look(at);
  if (first.kind == CharacterClasses::kNumber) return digits(at + first.bytes);
  const bool kana = is_kana(first.kind);
  const Class letter = kana ? CharacterClasses::kKanaLetter : CharacterClasses::kLetter;
  const Class punctuation = kana ? CharacterClasses::kKanaPunctuation : CharacterClasses::kPunctuation;
  if (first.kind == letter) return run(at + first.bytes, letter);
  Next second = look(at + first.bytes);
  if (first.kind == punctuation && first.bytes == 1 && second.kind == letter && second.bytes == 1) {
    do ++at;
    while (at < end_ && is_ascii_letter(*at));
    return at;
  }
  if (first.kind != punctuation && second.kind == letter && !is_newline(*at)) {
    return run(at + first.bytes + second.bytes, letter);
  }
  if (first.kind == punctuation || (*at == ' ' && second.kind == punctuation)) {
    at = run(at + first.bytes, punctuation);
    while (!kana && at < end_ && is_newline(*at)) ++at;
    return at;
  }
  if (first.kind == CharacterClasses::kSpace) return lines_or_spaces(at);
  // No alternative begins here: a word up to where one does.
  const Class other = first.kind;
  do {
    at += first.bytes;
    first = second;
    second = look(at + first.bytes);
  } while (first.kind == other && second.kind != letter);
  return at;
}

const char* WordScanner::word_end(const char* at) const {
  switch (split_.pattern) {
    case SplitPattern::kGpt2:
      return gpt2(at);
    case SplitPattern::kCl100k:
      return cl100k(at);
    case SplitPattern::kO200k:
      return o200k(at);
    default:
      return deepseek(at);
  }
}

}  // namespace leanformers
