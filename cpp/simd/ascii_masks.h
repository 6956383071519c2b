// Which of 64 bytes are letters, digits, spaces…: a bit for each, the first byte's lowest.
//
// One function for each set of instructions, chosen when the program runs; all of them give the same.
#pragma once

#include <cstdint>
#include <span>

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

// Reads 64 bytes.
using AsciiMasksFunction = AsciiMasks (*)(const char*);

struct InstructionSet {
  const char* name;
  AsciiMasksFunction ascii_masks;
};

// What this processor has, the fastest first; the last one is there on every processor.
std::span<const InstructionSet> instruction_sets();

}  // namespace leanformers
