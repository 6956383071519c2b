// The pieces that Unigram's training begins with: all characters, and what is repeated in the words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "train/word_counts.h"

namespace leanformers {

using ScoredPieces = std::vector<std::pair<std::string, double>>;

// Log probabilities of at most `most` pieces of at most `longest` characters: the characters by falling count, then
// repeated strings by falling frequency × length. A string is one that stands in two places with something different
// after it (an inner node of the suffix tree), the end of a word being the same for all words; it counts once for each
// place in a different word. Kudo, 2018, section 3.2; the details as in `tokenizers`.
ScoredPieces seed_pieces(std::span<const WordCounts::Word> words, uint32_t longest, size_t most);

}  // namespace leanformers
