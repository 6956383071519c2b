// A pattern compiled to a graph of instructions, which match.cc walks.
#pragma once

#include <cstdint>
#include <vector>

#include "regex/character_set.h"
#include "regex/syntax.h"

namespace leanformers::regex {

using Label = uint32_t;  // index of an instruction
inline constexpr Label kNowhere = ~Label{0};

struct Instruction {
  enum class Kind : uint8_t {
    kCharacter,  // argument: code point
    kSet,        // argument: index of a bitmap
    kSplit,      // first next, then other
    kRun,        // as many of the set as there are, then next; gives them back one by one
    kRunAll,     // the same without giving back
    kAssert,     // argument: an Assertion
    kNextIs,     // the next character is in the set, or with `negative` it is not (also at the end)
    kAtomic,     // body at other; then next if it was empty, else argument
    kLook,       // body at other
    kAccept,     // the end of the pattern or of a body
  };
  Kind kind = Kind::kAccept;
  bool negative = false;
  uint32_t argument = 0;
  Label next = kNowhere, other = kNowhere;
  // Where paths join, what becomes of each position is remembered: the index of the point, or none.
  int32_t point = -1;
};

struct Program {
  std::vector<Instruction> instructions;
  std::vector<CharacterBitmap> sets;
  CharacterBitmap word{CharacterSet()};   // for \b
  CharacterBitmap first{CharacterSet()};  // what a match can begin with, unless it can be empty
  bool can_be_empty = false;
  Label start = kNowhere;
  size_t points = 0;
};

// Throws std::invalid_argument for a pattern that becomes too large.
Program compile(const Node& pattern);

}  // namespace leanformers::regex
