// Where the words between spaces begin, 64 bytes at a time: by arithmetic on one bit a byte.
#pragma once

#include <cstdint>
#include <string_view>

#include "scan/spaced.h"
#include "simd/ascii_masks.h"

namespace leanformers {

class SpacedWindows {
 public:
  static constexpr uint32_t kBytes = 64;

  // `instructions` is one of instruction_sets().
  SpacedWindows(const SpacedText& stages, std::string_view text, const InstructionSet& instructions)
      : stages_(stages), begin_(text.data()), end_(text.data() + text.size()), ascii_masks_(instructions.ascii_masks) {}

  // Bit i: a word, with the spaces before it, begins at window[i], which is not the beginning of the text. Windows are
  // asked for one after the other, from the beginning of the text on.
  uint64_t begins(const char* window);
  // All of the last window that was asked for is ASCII, and of the one before.
  bool is_ascii() const { return (high_ | high_before_) == 0; }

 private:
  uint64_t gaps_of(const AsciiMasks& masks, const char* window) const;
  uint64_t cuts(uint64_t others, uint64_t beside_gaps, const char* window);

  const SpacedText& stages_;
  const char *begin_, *end_;
  AsciiMasksFunction ascii_masks_;
  // Of the byte before the window: whether it is a gap, or white space that is none.
  uint64_t gap_before_ = 0, other_before_ = 0;
  uint64_t high_ = 0, high_before_ = 0;  // which bytes of the last two windows are not ASCII
};

}  // namespace leanformers
