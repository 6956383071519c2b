// Cutting a piece at matches: what the five behaviors of Split make of them.
#pragma once

#include <vector>

#include "pattern.h"
#include "pre_tokenizers.h"
#include "tokenizer.h"

namespace leanformers {

// Which stretches of a text count as the matches that a behavior is about.
enum class Matches : uint8_t { kFound, kBetween };

// The parts of a piece, none of them empty. Matches are in order and do not overlap.
std::vector<TextPiece> split_at(const std::vector<Pattern::Match>& found, SplitBehavior behavior,
                                const TextPiece& piece, Matches matches = Matches::kFound);

inline void append(std::vector<TextPiece> pieces, std::vector<TextPiece>& out) {
  for (TextPiece& piece : pieces) out.push_back(std::move(piece));
}

}  // namespace leanformers
