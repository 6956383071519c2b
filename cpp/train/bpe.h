// Learns the merges of BPE, and the vocabulary of WordPiece, which is BPE with "##" before what continues a word.
// Sennrich et al., "Neural machine translation of rare words with subword units", 2016; ties as in `tokenizers`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "train/progress.h"
#include "train/word_counts.h"

namespace leanformers {

struct BpeTraining {
  size_t vocab_size = 30000;
  uint64_t min_frequency = 0;                // of a pair, to be merged
  std::vector<std::string> special_tokens;   // get the first ids
  std::optional<size_t> limit_alphabet;      // most characters to keep, the frequent ones; of equal ones the lower
  std::u32string initial_alphabet;           // kept before all others, seen or not
  std::string continuing_subword_prefix;     // of all symbols of a word but the first
  std::string end_of_word_suffix;            // of the last symbol of a word
  std::optional<uint32_t> max_token_length;  // in characters: a pair that would be as long is merged no further
};

struct TrainedBpe {
  std::vector<std::string> tokens;                          // an id is a place in this list
  std::vector<std::pair<std::string, std::string>> merges;  // the rank is the place in this list
};

// The result does not depend on the order of the words. It has more tokens than asked for where special tokens and
// alphabet alone are more.
TrainedBpe train_bpe(std::span<const WordCounts::Word> words, const BpeTraining& settings,
                     Progress progress = Progress());

}  // namespace leanformers
