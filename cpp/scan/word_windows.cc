#include "scan/word_windows.h"

#include <algorithm>
#include <array>
#include <bit>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

using SplitPattern = ByteLevelSplit::Pattern;

constexpr uint32_t kBytes = 64;
constexpr uint32_t kLookAhead = 3;  // how far beyond a word's beginning the patterns look to know that it is one

constexpr uint64_t below(uint32_t place) { return place >= kBytes ? ~uint64_t{0} : (uint64_t{1} << place) - 1; }
constexpr uint64_t bit(uint32_t place) { return uint64_t{1} << place; }
constexpr uint32_t first_of(uint64_t bits) { return static_cast<uint32_t>(std::countr_zero(bits)); }

constexpr uint64_t run_starts(uint64_t bits) { return bits & ~(bits << 1); }

// The place after the last byte below `place` that is not in `bits`: where the run begins that ends there.
uint32_t run_start_before(uint64_t bits, uint32_t place) {
  const uint64_t others = ~bits & below(place);
  return kBytes - static_cast<uint32_t>(std::countl_zero(others));
}

// How many bytes the letters of a contraction take, or 0: s, t, re, ve, m, ll, d.
uint32_t contraction(const char* letters, uint32_t left, bool any_case) {
  const auto letter = [=](uint32_t i) -> char {
    if (i >= left) return '\0';
    return any_case && 'A' <= letters[i] && letters[i] <= 'Z' ? static_cast<char>(letters[i] | 0x20) : letters[i];
  };
  const char first = letter(0), second = letter(1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 1;
  if ((first == 'r' || first == 'v') && second == 'e') return 2;
  return first == 'l' && second == 'l' ? 2 : 0;
}

}  // namespace

void WordWindows::Masks::forget_from(uint32_t place) {
  known = place;
  whole = false;
  exists = below(place);
  for (uint64_t* mask :
       {&letters, &lower, &upper, &digits, &spaces, &others, &blanks, &newlines, &apostrophes, &inner}) {
    *mask &= exists;
  }
}

WordWindows::Masks WordWindows::read(const char* text, uint32_t left) const {
  const AsciiMasks ascii = ascii_masks_(text, left);
  Masks masks;
  masks.known = std::min(left, kBytes);
  masks.whole = left <= kBytes;
  masks.text = text;
  masks.exists = below(masks.known);
  masks.letters = ascii.lower | ascii.upper;
  masks.lower = ascii.lower;
  masks.upper = ascii.upper;
  masks.digits = ascii.digits;
  masks.spaces = ascii.spaces;
  masks.others = ~(masks.letters | ascii.digits | ascii.spaces | ascii.high) & masks.exists;
  masks.blanks = ascii.blanks;
  masks.newlines = ascii.newlines;
  masks.apostrophes = ascii.apostrophes;
  masks.inner = 0;
  if (ascii.high != 0) read_others(masks, ascii.high);
  if (const uint64_t strange = find_strange(masks, ascii) & masks.exists; strange != 0) {
    masks.forget_from(first_of(strange));
  }
  return masks;
}

// Where something begins that the arithmetic does not know, where all letters have a class.
uint64_t WordWindows::find_strange(const Masks& masks, const AsciiMasks& ascii) const {
  if (split_.pattern == SplitPattern::kGpt2) return 0;
  uint64_t strange = masks.apostrophes & ascii.high >> 1;  // an s may follow that is not ASCII
  if (split_.pattern == SplitPattern::kO200k) {
    // Slashes after newlines go with what is before both, and letters without case with those that have one.
    const uint64_t cased = masks.lower | masks.upper, caseless = masks.letters & ~cased;
    strange |= (ascii.slashes & masks.newlines << 1) | (caseless & cased << 1) | (cased & caseless << 1);
  }
  return strange;
}

// Characters beyond ASCII: those of common scripts all at once, others one by one. At those whose class needs more than
// the bit of a byte to reckon with, the window ends.
void WordWindows::read_others(Masks& masks, uint64_t high) const {
  const WideMasks wide = wide_masks_(masks.text, masks.known);
  masks.letters |= wide.letters;
  masks.lower |= wide.lower;
  masks.upper |= wide.upper;
  masks.others |= wide.others;
  masks.inner = wide.inner;
  if (const uint64_t firsts = high & ~(wide.letters | wide.others | wide.inner); firsts != 0) {
    read_one_by_one(masks, firsts);
  }
}

// `firsts` are the first bytes of characters.
void WordWindows::read_one_by_one(Masks& masks, uint64_t firsts) const {
  std::array<uint64_t, CharacterClasses::kEnd + 1> by_class{};
  for (; firsts != 0; firsts &= firsts - 1) {
    const uint32_t place = first_of(firsts);
    const auto lead = static_cast<unsigned char>(masks.text[place]);
    const bool whole = place + (lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4) <= masks.known;
    const auto kind = whole ? classes_.of(unicode::decode(masks.text + place).code) : CharacterClasses::kEnd;
    by_class[kind] |= bit(place);
  }
  const auto all_bytes = [inner = masks.inner](uint64_t first) {
    for (int i = 0; i < 3; ++i) first |= first << 1 & inner;
    return first;
  };
  masks.others |= all_bytes(by_class[CharacterClasses::kOther]);
  masks.letters |= all_bytes(by_class[CharacterClasses::kLetter]);
  uint64_t unknown =
      by_class[CharacterClasses::kNumber] | by_class[CharacterClasses::kSpace] | by_class[CharacterClasses::kEnd];
  if ((by_class[CharacterClasses::kLower] | by_class[CharacterClasses::kUpper]) != 0) {
    const uint64_t lower = all_bytes(by_class[CharacterClasses::kLower]);
    const uint64_t upper = all_bytes(by_class[CharacterClasses::kUpper]);
    masks.lower |= lower;
    masks.upper |= upper;
    masks.letters |= lower | upper;
  }
  if (by_class[CharacterClasses::kMark] != 0) {
    // After letters they are as letters without case are; the carry runs through all that follow one another.
    const uint64_t marks = all_bytes(by_class[CharacterClasses::kMark]);
    masks.letters |= marks & ~(marks + (run_starts(marks) & masks.letters << 1));
    unknown |= marks & ~masks.letters;
  }
  if (unknown != 0) masks.forget_from(first_of(unknown));
}

WordWindows::Window WordWindows::look(const char* at) const {
  const auto left = static_cast<size_t>(end_ - at);
  if (split_.pattern == SplitPattern::kDeepSeek) return {0, 0};
  const Masks masks = read(at, static_cast<uint32_t>(std::min<size_t>(left, kBytes + 1)));
  const uint64_t starts = this->starts(masks);
  uint64_t ends = 0;
  if (masks.whole) {
    ends = (starts & masks.exists) >> 1 | bit(masks.known - 1);
  } else if (masks.known > kLookAhead) {
    ends = (starts & below(masks.known - kLookAhead)) >> 1;
  }
  return {ends, masks.inner};
}

uint64_t WordWindows::starts(const Masks& masks) const {
  switch (split_.pattern) {
    case SplitPattern::kGpt2:
      return gpt2(masks);
    case SplitPattern::kCl100k:
      return cl100k(masks);
    default:
      return o200k(masks);
  }
}

// Runs of each class; one ' ' goes with the run after it, or else the last character of white space is by itself.
uint64_t WordWindows::gpt2(const Masks& masks) const {
  const uint64_t after_blank = masks.blanks << 1;
  const uint64_t others = run_starts(masks.others) & ~after_blank;
  uint64_t starts = ((run_starts(masks.letters) | run_starts(masks.digits)) & ~after_blank) | others |
                    run_starts(masks.spaces) | (masks.spaces & ~(masks.spaces >> 1) & masks.exists >> 1);
  for (uint64_t found = others & masks.apostrophes; found != 0; found &= found - 1) {
    const uint32_t place = first_of(found) + 1;
    const uint32_t letters = contraction(masks.text + place, masks.known - place, false);
    if (letters == 0) continue;
    starts &= ~bit(place);
    if (place + letters < kBytes) starts |= masks.letters & bit(place + letters);
  }
  return starts;
}

uint64_t WordWindows::number_starts(uint64_t digits) const {
  if (split_.most_digits == 1) return digits;
  uint64_t starts = run_starts(digits);
  const uint64_t inside = digits & digits << 1 & digits << 2 & digits << 3;
  for (uint64_t next = starts << 3 & inside; next != 0; next = next << 3 & inside) starts |= next;
  return starts;
}

// A word of letters takes one character before it that is no number or newline and begins a word; other characters take
// a ' ' before them and the newlines after them.
uint64_t WordWindows::letters_others_spaces(const Masks& masks, uint64_t* apostrophes) const {
  const uint64_t others = run_starts(masks.others) & ~(masks.blanks << 1);
  uint64_t before = others;  // the first character of such a run, with all of its bytes
  for (int i = 0; i < 3; ++i) before |= before << 1 & masks.inner;
  const uint64_t gaps = masks.spaces & ~masks.newlines;
  *apostrophes = others & masks.apostrophes;
  return others | (run_starts(masks.letters) & ~(before << 1) & ~(gaps << 1)) | number_starts(masks.digits) |
         space_starts(masks, gaps);
}

uint64_t WordWindows::space_starts(const Masks& masks, uint64_t gaps) const {
  const uint64_t lines = gaps & masks.newlines << 1;  // where what follows a newline begins
  uint64_t starts = (run_starts(masks.spaces) & ~(masks.newlines & masks.others << 1)) | lines |
                    (gaps & ~(masks.spaces >> 1) & masks.exists >> 1);
  // Lines of white space alone go with the newlines before and after them, unless those before went with others.
  for (uint64_t found = (gaps + lines) & ~gaps & masks.newlines; found != 0; found &= found - 1) {
    const uint32_t line = run_start_before(gaps, first_of(found));
    const uint32_t newlines = run_start_before(masks.newlines, line);
    if (newlines == 0 || (masks.others & bit(newlines - 1)) == 0) starts &= ~bit(line);
  }
  // Whether one is such a line is not known yet.
  if (!masks.whole && (gaps & masks.exists & ~(masks.exists >> 1)) != 0) {
    const uint32_t line = run_start_before(gaps, masks.known);
    if ((lines & bit(line)) != 0) starts &= below(line);
  }
  return starts;
}

uint64_t WordWindows::cl100k(const Masks& masks) const {
  uint64_t apostrophes;
  uint64_t starts = letters_others_spaces(masks, &apostrophes);
  for (; apostrophes != 0; apostrophes &= apostrophes - 1) {
    const uint32_t place = first_of(apostrophes) + 1;
    const uint32_t letters = contraction(masks.text + place, masks.known - place, true);
    if (letters != 0 && place + letters < kBytes) starts |= masks.letters & bit(place + letters);
  }
  return starts;
}

// Words end where upper case follows lower case, or after a contraction.
uint64_t WordWindows::o200k(const Masks& masks) const {
  uint64_t apostrophes;
  uint64_t starts = letters_others_spaces(masks, &apostrophes) | (masks.upper & masks.lower << 1);
  if (!split_.contractions) return starts;
  uint32_t end = kBytes;  // of the last contraction, which another one cannot follow
  for (apostrophes &= masks.letters << 1; apostrophes != 0; apostrophes &= apostrophes - 1) {
    const uint32_t place = first_of(apostrophes);
    if (place == end) continue;
    const uint32_t letters = contraction(masks.text + place + 1, masks.known - place - 1, true);
    if (letters == 0) continue;
    end = place + 1 + letters;
    starts &= ~(below(end) & ~below(place));
    if (end < kBytes) starts |= masks.letters & bit(end);
  }
  return starts;
}

}  // namespace leanformers
