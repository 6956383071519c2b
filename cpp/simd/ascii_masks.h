// Which of 64 bytes are letters, digits, spaces…: a bit for each, the first byte's lowest.
//
// One function for each set of instructions, chosen when the program runs (instructions.h); all of them give the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leanformers {

struct AsciiMasks {
  uint64_t lower, upper;  // letters
  uint64_t digits;
  uint64_t spaces;    // white space: these four, form feed, vertical tab
  uint64_t blanks;    // ' '
  uint64_t newlines;  // '\n', '\r'
  uint64_t apostrophes;
  uint64_t slashes;
  uint64_t high;  // not ASCII

  bool operator==(const AsciiMasks&) const = default;
};

// As BERT's pre-tokenizer sees them, as far as settings make no difference. What is in none is ' ', '\t', '\n' or '\r'.
struct BertMasks {
  uint64_t letters;   // and digits
  uint64_t isolated;  // punctuation: each a word of its own
  uint64_t special;   // not ASCII, or another control character

  bool operator==(const BertMasks&) const = default;
};

// Characters beyond ASCII of the commonest scripts, in UTF-8 that begins with a character. All bytes of a character
// have its bit; one that does not end with these 64 bytes has none.
struct WideMasks {
  uint64_t letters;
  uint64_t lower, upper;  // letters with a case
  uint64_t others;        // neither letters nor marks, digits or white space
  uint64_t inner;         // of any script: what no character begins with

  bool operator==(const WideMasks&) const = default;
};

// Each looks at 64 bytes. Where a text has less left, `size` of them, it reads no more, and the others are as zeros.
using AsciiMasksFunction = AsciiMasks (*)(const char*, size_t size);
using BertMasksFunction = BertMasks (*)(const char*);
using WideMasksFunction = WideMasks (*)(const char*, size_t size);

// One set of instructions' own.
struct MaskFunctions {
  AsciiMasksFunction ascii_masks;
  BertMasksFunction bert_masks;
  WideMasksFunction wide_masks;
};
extern const MaskFunctions scalar_masks;
extern const MaskFunctions baseline_masks;  // SSE2 or NEON, where the processor has one of these for sure
extern const MaskFunctions avx2_masks, avx512_masks;

}  // namespace leanformers
