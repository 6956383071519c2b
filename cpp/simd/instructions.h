// The sets of instructions that this processor has, and the one in use.
#pragma once

#include <span>

#include "simd/ascii_masks.h"
#include "simd/merges.h"
#include "simd/words.h"

namespace leanformers {

struct InstructionSet : MaskFunctions {
  const char* name;
  const WordFunctions* words;  // by TokenDetails
  MergeFunction merges;
};

// What this processor has, the fastest first; the last one is there on every processor.
std::span<const InstructionSet> instruction_sets();

// The first of these, or the one that the environment variable LEANFORMERS_INSTRUCTIONS names. Throws
// std::invalid_argument if there is none of that name.
const InstructionSet& instructions();

}  // namespace leanformers
