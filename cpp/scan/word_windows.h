// The words of byte-level models 64 bytes at a time: where they end, by arithmetic on one bit a byte.
//
// A window begins where a word does, so that nothing before it counts: the patterns do not look back. What follows it
// does count, so the last words of a window are left to the next one.
#pragma once

#include <cstdint>
#include <string_view>

#include "scan/byte_level.h"
#include "simd/instructions.h"

namespace leanformers {

class WordWindows {
 public:
  // `instructions` is one of instruction_sets().
  WordWindows(const ByteLevelSplit& split, std::string_view text, const InstructionSet& instructions)
      : classes_(CharacterClasses::get(split.pattern)),
        split_(split),
        end_(text.data() + text.size()),
        ascii_masks_(instructions.ascii_masks),
        wide_masks_(instructions.wide_masks) {}

  struct Window {
    uint64_t ends;   // bit i: a word ends with byte i; none when this cannot tell where the first word ends
    uint64_t inner;  // bit i: byte i is none that a character begins with
  };
  // A word begins at `at`, which is not the end of the text.
  Window look(const char* at) const;

 private:
  // What the patterns ask of each byte; all bytes of a character have its class.
  struct Masks {
    uint64_t letters, lower, upper;  // letters beyond ASCII have a case for kO200k alone
    uint64_t digits, spaces, others;
    uint64_t blanks, newlines, apostrophes;
    uint64_t inner;    // as in a Window
    uint64_t exists;   // what is known
    bool whole;        // the text ends with it
    const char* text;  // of the window
    uint32_t known;

    void forget_from(uint32_t place);
  };

  Masks read(const char* text, uint32_t left) const;
  void read_others(Masks& masks, uint64_t high) const;
  void read_one_by_one(Masks& masks, uint64_t firsts) const;
  uint64_t find_strange(const Masks& masks, const AsciiMasks& ascii) const;

  // Where words begin; what is said of the first byte means nothing.
  uint64_t starts(const Masks& masks) const;
  uint64_t gpt2(const Masks& masks) const;
  uint64_t cl100k(const Masks& masks) const;
  uint64_t o200k(const Masks& masks) const;
  // What these two have in common. `apostrophes` are those that begin a word.
  uint64_t letters_others_spaces(const Masks& masks, uint64_t* apostrophes) const;
  uint64_t space_starts(const Masks& masks, uint64_t gaps) const;
  uint64_t number_starts(uint64_t digits) const;

  const CharacterClasses& classes_;
  const ByteLevelSplit& split_;
  const char* end_;
  AsciiMasksFunction ascii_masks_;
  WideMasksFunction wide_masks_;
};

}  // namespace leanformers
