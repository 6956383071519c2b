// Cutting a piece at matches: what the five behaviors of Split make of them.
#pragma once

#include <vector>

#include "pattern.h"
#include "pre_tokenizers.h"
#include "tokenizer.h"

namespace leanformers {

// What lies between the matches of a text with `size` characters.
std::vector<Pattern::Match> invert(const std::vector<Pattern::Match>& matches, size_t size);

// The parts of a piece, none of them empty. Matches are in order and do not overlap.
std::vector<TextPiece> split_at(const std::vector<Pattern::Match>& matches, SplitBehavior behavior,
                                const TextPiece& piece);

inline void append(std::vector<TextPiece> pieces, std::vector<TextPiece>& out) {
  for (TextPiece& piece : pieces) out.push_back(std::move(piece));
}

}  // namespace leanformers
