// How the tokens of one or two sequences become a row: truncation, then the template's special tokens around them.
#pragma once

#include <cstddef>
#include <utility>

#include "tokenizer.h"

namespace leanformers {

// The template that stands for "no post-processor".
Template plain_template();

// Without its special tokens; the type ids of the sequences stay.
Template without_special_tokens(const Template& full);

size_t count_special_tokens(const Pieces& pieces);

// How many tokens of each sequence to keep so that both together have at most `room`.
// Throws TruncationError when the strategy allows no such cut.
struct Kept {
  size_t first, second;
};
Kept truncate(size_t first, size_t second, bool pair, size_t room, Truncation strategy);

}  // namespace leanformers
