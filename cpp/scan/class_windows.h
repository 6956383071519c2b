// Words by the classes of their characters (scan/word_classes.h) 64 bytes at a time: where they begin and end, a bit a
// byte.
#pragma once

#include <array>
#include <cstdint>

#include "scan/word_classes.h"
#include "simd/instructions.h"

namespace leanformers {

class ClassWindows {
 public:
  static constexpr uint32_t kBytes = 64;

  // `instructions` is one of instruction_sets().
  ClassWindows(const WordClasses& classes, const InstructionSet& instructions);

  // Whether these classes keep letters, digits and white space of ASCII together, as they mostly do.
  bool fits() const { return fits_; }

  // What is known of the bytes before `size`, behind which there is no part of these words.
  struct Window {
    uint64_t begins, lasts;  // the first and the last bytes of words
    uint64_t barriers;       // white space, if it is one
    uint64_t inner;          // all but the first byte of a character
    uint32_t size;           // 0: it has to be looked at character by character
  };
  // `at` is between two words or where one begins, and 64 bytes can be read from there.
  Window read(const char* at) const;

 private:
  static constexpr size_t kMostRuns = 6;  // classes above are rare

  struct Masks {
    std::array<uint64_t, kMostRuns> runs{};
    uint64_t isolated_begins = 0, isolated_lasts = 0, inner = 0;
  };
  // False: the character is one to stop at.
  static bool add(Masks& masks, uint8_t kind, uint64_t own, bool each);

  const WordClasses& classes_;
  AsciiMasksFunction ascii_masks_;
  uint8_t letters_, digits_, spaces_;  // the classes of these
  bool are_barriers_;
  bool fits_;
};

}  // namespace leanformers
