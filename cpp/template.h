// How the tokens of one or two sequences become a row: truncation, then the template's special tokens around them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tokenizer.h"

namespace leanformers {

// The template that stands for "no post-processor".
Template plain_template();

// Without its special tokens; the type ids of the sequences stay.
Template without_special_tokens(const Template& full);

size_t count_special_tokens(const Pieces& pieces);

// Of a row in which the sequences have so many tokens each.
size_t row_length(const Pieces& pieces, size_t first, size_t second);

// How many tokens of each sequence to keep so that both together have at most `room`.
// Throws TruncationError when the strategy allows no such cut.
struct Kept {
  size_t first, second;
};
Kept truncate(size_t first, size_t second, bool pair, size_t room, Truncation strategy);

// A stretch of a sequence's tokens.
struct Part {
  size_t begin = 0, size = 0;
  bool later = false;  // not the first part
};

// A sequence of `total` tokens as parts of at most `kept`, each with `stride` tokens of the one before it. The parts go
// on until one reaches the sequence's other end. A sequence that is cut to nothing overflows as a whole.
// Throws TruncationError when the stride leaves no room for new tokens.
std::vector<Part> overlapping_parts(size_t total, size_t kept, size_t stride, bool left);

bool repeats_a_sequence(const Pieces& pieces);
TemplatePiece::Kind first_sequence(const Pieces& pieces);  // kA or kB, whichever stands first

}  // namespace leanformers
