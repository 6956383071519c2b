#include "scan/byte_level.h"

#include <algorithm>

#include "regex/character_set.h"

namespace leanformers {
namespace {

struct KnownPattern {
  std::u32string_view text;
  uint32_t most_digits;
};

// Spellings of cl100k_base's pattern in published files: Llama 3's and Qwen 2's, which takes digits one by one.
// clang-format off
constexpr KnownPattern kCl100kPatterns[] = {
    {UR"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     3},
    {UR"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     1},
};

}  // namespace

std::optional<ByteLevelSplit> ByteLevelSplit::recognise(std::span<const Normalizer> normalizers,
                                                        std::span<const PreTokenizer> pre_tokenizers) {
  const auto* form = normalizers.size() == 1 ? std::get_if<UnicodeForm>(&normalizers[0]) : nullptr;
  const bool nfc = form != nullptr && form->form == UnicodeForm::Form::kNfc;
  if (!normalizers.empty() && !nfc) return std::nullopt;
  const auto* bytes = pre_tokenizers.empty() ? nullptr : std::get_if<ByteLevel>(&pre_tokenizers.back());
  if (bytes == nullptr || pre_tokenizers.size() > 2) return std::nullopt;
  if (pre_tokenizers.size() == 1) {
    if (!bytes->use_regex) return std::nullopt;
    return ByteLevelSplit{Pattern::kGpt2, 0, bytes->add_prefix_space, nfc};
  }
  const auto* split = std::get_if<Split>(&pre_tokenizers[0]);
  const bool isolated = split != nullptr && split->behavior == SplitBehavior::kIsolated && !split->invert;
  if (!isolated || !split->pattern.is_regex() || bytes->use_regex || bytes->add_prefix_space) return std::nullopt;
  for (const KnownPattern& known : kCl100kPatterns) {
    if (split->pattern.source() == known.text) return ByteLevelSplit{Pattern::kCl100k, known.most_digits, false, nfc};
  }
  return std::nullopt;
}

CharacterClasses::CharacterClasses() : classes_(std::make_unique<uint8_t[]>(unicode::kScalarEnd)) {
  std::fill_n(classes_.get(), unicode::kScalarEnd, kOther);
  const auto mark = [this](std::string_view property, Class kind) {
    const regex::CharacterSet set = regex::find_property(property).value();
    for (const auto& [first, last] : set.ranges()) std::fill(&classes_[first], &classes_[last] + 1, kind);
  };
  mark("l", kLetter);
  mark("n", kNumber);
  mark("space", kSpace);
  for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
    if (!unicode::is_nfc_stable(code)) classes_[code] |= kUnstable;
  }
}

const CharacterClasses& CharacterClasses::get() {
  static const CharacterClasses classes;
  return classes;
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
  for (Next next = look(end); next.kind == CharacterClasses::kSpace; next = look(end)) {
    last = end;
    end += next.bytes;
  }
  return end == end_ || last == at ? end : last;
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
  if (first.kind == CharacterClasses::kNumber) {
    at += first.bytes;
    for (uint32_t digits = 1; digits < split_.most_digits; ++digits) {
      const Next next = look(at);
      if (next.kind != CharacterClasses::kNumber) break;
      at += next.bytes;
    }
    return at;
  }
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
  // White space: up to its last newline, if it has one.
  const char* newline = nullptr;
  const char* end = at;
  for (Next next = first; next.kind == CharacterClasses::kSpace; next = look(end)) {
    if (is_newline(*end)) newline = end + 1;
    end += next.bytes;
  }
  return newline ? newline : spaces(at);
}

}  // namespace leanformers
