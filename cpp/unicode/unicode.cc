#include "unicode/unicode.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <unordered_set>

namespace leanformers::unicode {
namespace {

struct Range {
  char32_t first, last;
};
struct ClassRange {
  char32_t first, last;
  uint8_t value;
};
struct Mapping {
  char32_t from;
  char32_t to[4];
};
struct Composition {
  char32_t first, second, composite;
};
struct Compatibility {
  char32_t from;
  uint32_t begin, size;  // in the pool
};

#include "unicode/tables.inc"

// Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12).
constexpr char32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTrails = 0x11A7;
constexpr char32_t kVowelCount = 21, kTrailCount = 28, kSyllableCount = 19 * kVowelCount * kTrailCount;

bool is_hangul_syllable(char32_t code) { return code - kSyllables < kSyllableCount; }

std::unique_ptr<uint16_t[]> build_properties() {
  auto table = std::make_unique<uint16_t[]>(kScalarEnd);
  const auto mark = [&table](std::span<const Range> ranges, Property property) {
    for (const Range& range : ranges) {
      for (char32_t code = range.first; code <= range.last; ++code) table[code] |= property;
    }
  };
  mark(kControl, Property::kControl);
  mark(kWhiteSpace, Property::kWhiteSpace);
  mark(kChinese, Property::kChinese);
  mark(kBertPunctuation, Property::kBertPunctuation);
  mark(kNonspacingMark, Property::kNonspacingMark);
  mark(kWord, Property::kWord);
  mark(kMark, Property::kMark);
  mark(kNumeric, Property::kNumeric);
  for (const Mapping& mapping : kDecomposition) table[mapping.from] |= kDecomposes;
  for (char32_t i = 0; i < kSyllableCount; ++i) table[kSyllables + i] |= kDecomposes;
  for (const Mapping& mapping : kLowercase) table[mapping.from] |= kLowers;
  return table;
}

// The value of the range that a code point is in; 0 when it is in none.
uint8_t look_up(std::span<const ClassRange> ranges, char32_t code) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                      [](char32_t wanted, const ClassRange& range) { return wanted < range.first; });
  if (after == ranges.begin()) return 0;
  const ClassRange& range = *std::prev(after);
  return code <= range.last ? range.value : 0;
}

Expansion look_up(std::span<const Mapping> mappings, char32_t code) {
  const auto found = std::lower_bound(mappings.begin(), mappings.end(), code,
                                      [](const Mapping& mapping, char32_t wanted) { return mapping.from < wanted; });
  Expansion expansion;
  expansion.size = 0;
  while (expansion.size < 4 && found->to[expansion.size] != 0) {
    expansion.codes[expansion.size] = found->to[expansion.size];
    ++expansion.size;
  }
  return expansion;
}

}  // namespace

uint16_t properties(char32_t code) {
  static const std::unique_ptr<uint16_t[]> table = build_properties();
  return table[code];
}

uint8_t combining_class(char32_t code) { return look_up(kCombiningClass, code); }

uint8_t script(char32_t code) { return look_up(kScript, code); }

Expansion decompose(char32_t code) {
  if (!has(code, kDecomposes)) return {{code}, 1};
  if (!is_hangul_syllable(code)) return look_up(kDecomposition, code);
  const char32_t index = code - kSyllables;
  const char32_t lead = kLeads + index / (kVowelCount * kTrailCount);
  const char32_t vowel = kVowels + index / kTrailCount % kVowelCount;
  const char32_t trail = kTrails + index % kTrailCount;
  return {{lead, vowel, trail}, static_cast<uint8_t>(trail == kTrails ? 2 : 3)};
}

Expansion decompose_compatibility(char32_t code) {
  const auto found = std::lower_bound(std::begin(kCompatibility), std::end(kCompatibility), code,
                                      [](const Compatibility& entry, char32_t wanted) { return entry.from < wanted; });
  if (found == std::end(kCompatibility) || found->from != code) return decompose(code);
  Expansion expansion;
  expansion.size = static_cast<uint8_t>(found->size);
  std::copy_n(kCompatibilityPool + found->begin, found->size, expansion.codes);
  return expansion;
}

char32_t compose(char32_t first, char32_t second) {
  // Hangul: a lead and a vowel, or a syllable without a trail and a trail.
  if (first - kLeads < 19 && second - kVowels < kVowelCount) {
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTrailCount;
  }
  if (is_hangul_syllable(first) && (first - kSyllables) % kTrailCount == 0 && second - kTrails - 1 < kTrailCount - 1) {
    return first + (second - kTrails);
  }
  const auto found = std::lower_bound(std::begin(kCompositions), std::end(kCompositions), std::pair(first, second),
                                      [](const Composition& entry, const std::pair<char32_t, char32_t>& wanted) {
                                        return std::pair(entry.first, entry.second) < wanted;
                                      });
  const bool same = found != std::end(kCompositions) && found->first == first && found->second == second;
  return same ? found->composite : 0;
}

bool is_nfc_stable(char32_t code) {
  static const std::unordered_set<char32_t> seconds = [] {
    std::unordered_set<char32_t> found;
    for (const Composition& composition : kCompositions) found.insert(composition.second);
    return found;
  }();
  const bool hangul = code - kVowels < kVowelCount || code - kTrails < kTrailCount;
  if (hangul || seconds.contains(code) || combining_class(code) != 0) return false;
  if (!has(code, kDecomposes) || is_hangul_syllable(code)) return true;
  // Decomposed and composed again it must be itself.
  const Expansion parts = decompose(code);
  char32_t whole = parts.codes[0];
  for (uint8_t i = 1; i < parts.size && whole != 0; ++i) whole = compose(whole, parts.codes[i]);
  return whole == code;
}

Expansion lowercase(char32_t code) {
  if (!has(code, kLowers)) return {{code}, 1};
  return look_up(kLowercase, code);
}

std::vector<std::pair<std::string, std::string>> versions() {
  return {{"reference", kReference},
          {"control, punctuation, nonspacing mark (BertNormalizer, BertPreTokenizer, Punctuation)", "8.0"},
          {"normalization forms, marks (NFC, NFD, NFKC, NFKD, StripAccents)", "9.0"},
          {"word (Whitespace, single_word), regular expressions (Split, Replace, ByteLevel)", "16.0"},
          {"white space, lower case, numeric (Lowercase, Strip, Digits, …)", "17.0"},
          {"grapheme clusters (Precompiled)", "17.0"}};
}

size_t count_characters(std::string_view text) {
  constexpr uint64_t kFirstBits = 0x0101010101010101;
  size_t inner = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, at, 8);
    const uint64_t continuations = bytes >> 7 & ~bytes >> 6 & kFirstBits;  // 10xxxxxx
    inner += continuations * kFirstBits >> 56;
  }
  for (; at < end; ++at) inner += is_continuation(*at);
  return text.size() - inner;
}

char32_t decode_before(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while (is_continuation(text[begin])) --begin;
  return decode(text.data() + begin).code;
}

std::string to_utf8(std::u32string_view codes) {
  std::string text;
  for (const char32_t code : codes) {
    char bytes[4];
    text.append(bytes, encode(code, bytes));
  }
  return text;
}

namespace {

// How many bytes at the beginning of `bytes`, which is not empty, are a whole sequence; or, as `broken`, a beginning of
// one.
struct Sequence {
  size_t size;
  bool broken;
};

Sequence first_sequence(std::string_view bytes) {
  const auto byte = [bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, false};
  const size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (size == 0) return {1, true};
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < size; ++i) {
    const bool fits = i < bytes.size() && (i == 1 ? low : 0x80) <= byte(i) && byte(i) <= (i == 1 ? high : 0xBF);
    if (!fits) return {i, true};
  }
  return {size, false};
}

}  // namespace

bool is_valid(std::string_view bytes) {
  const char *at = bytes.data(), *const end = at + bytes.size();
  while (at < end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
    } else if (end - at >= 2 && '\xC2' <= *at && *at <= '\xDF' && is_continuation(at[1])) {
      at += 2;
    } else {
      const Sequence sequence = first_sequence({at, static_cast<size_t>(end - at)});
      if (sequence.broken) return false;
      at += sequence.size;
    }
  }
  return true;
}

std::string replace_invalid(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const Sequence sequence = first_sequence(bytes);
    text += sequence.broken ? std::string_view("\uFFFD") : bytes.substr(0, sequence.size);
    bytes.remove_prefix(sequence.size);
  }
  return text;
}

}  // namespace leanformers::unicode
