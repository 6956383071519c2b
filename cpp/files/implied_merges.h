// Merges for vocabularies that come without them: every way to make a token of two others, in the order of the ids.
#pragma once

#include <cstdint>

#include "token_table.h"

namespace leanformers {

// What decides between several ways to make one token.
enum class MergeOrder : uint8_t {
  kShorterLeft,  // SentencePiece: the shorter left part comes first
  kLowerIds,     // ranks: the lower id of the left part, then that of the right one
};

// Throws std::invalid_argument, which says what the vocabulary has, if a token is too long to be one, or if there are
// more merges than any vocabulary has.
MergeList implied_merges(const Vocabulary& vocabulary, MergeOrder order);

}  // namespace leanformers
