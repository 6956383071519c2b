// The words between spaces, 64 bytes at a time: where they begin and end, by arithmetic on one bit a byte.
//
// A window begins where a word does, with the spaces before it. Its last word, if the end is not to be seen, is left to
// the next window.
#pragma once

#include <cstdint>
#include <string_view>

#include "scan/spaced.h"
#include "simd/instructions.h"

namespace leanformers {

class SpacedWindows {
 public:
  static constexpr uint32_t kBytes = 64;

  // `instructions` is one of instruction_sets().
  SpacedWindows(const SpacedText& stages, std::string_view text, const InstructionSet& instructions)
      : stages_(stages),
        begin_(text.data()),
        end_(text.data() + text.size()),
        ascii_masks_(instructions.ascii_masks),
        wide_masks_(instructions.wide_masks) {}

  struct Window {
    uint64_t begins, lasts;  // of words: there may be another beginning behind the last one
    uint64_t unmarked;       // the first bytes of words without a mark that other words have before them
    uint64_t inner;          // bytes that no character begins with
    uint32_t size;           // bytes up to where the next window begins; 0: no word is known to end here
  };
  // A word begins at `at`. `is_marked`: if it is the first one of the text and no space is before it, it has a mark all
  // the same.
  Window look(const char* at, bool is_marked) const;
  // The end of the word, with the spaces before it, that begins at `at`.
  const char* word_end(const char* at) const;

 private:
  struct Block {
    uint64_t gaps;
    uint64_t parts;  // where words begin, with the spaces before them
    AsciiMasks ascii;
  };
  Block read(const char* at) const;
  uint64_t gaps_of(const AsciiMasks& masks, const char* text) const;
  // Those of the candidates between whose neighbours the model does the same with each of the parts.
  uint64_t cuts(uint64_t candidates, const char* at) const;
  // ASCII that is neither a letter nor a digit nor a gap.
  bool is_other(char byte) const;
  bool is_gap(const char* at) const { return stages_.is_gap[static_cast<unsigned char>(*at)]; }

  const SpacedText& stages_;
  const char *begin_, *end_;
  AsciiMasksFunction ascii_masks_;
  WideMasksFunction wide_masks_;
};

}  // namespace leanformers
