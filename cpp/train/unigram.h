// Learns the pieces of Unigram and their scores: expectation maximization over ever fewer pieces.
// Kudo, "Subword regularization", 2018; steps, limits and constants as in `tokenizers`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "train/progress.h"
#include "train/seeds.h"
#include "train/word_counts.h"

namespace leanformers {

struct UnigramTraining {
  size_t vocab_size = 8000;
  std::vector<std::string> special_tokens;  // get the first ids, and the score 0
  std::u32string initial_alphabet;          // become pieces, seen or not
  std::optional<std::string> unk_token;     // comes before all others when it is not among the special tokens
  double shrinking_factor = 0.75;           // how many pieces a round keeps
  uint32_t n_sub_iterations = 2;            // of expectation maximization in a round
  uint32_t max_piece_length = 16;           // in characters
  size_t seed_size = 1'000'000;
};

struct TrainedUnigram {
  ScoredPieces pieces;  // an id is a place in this list
  std::optional<uint32_t> unk_id;
};

// The result depends neither on the order of the words nor on the number of threads. Throws std::invalid_argument when
// the characters alone are more than the vocabulary can hold.
TrainedUnigram train_unigram(std::span<const WordCounts::Word> words, const UnigramTraining& settings, unsigned threads,
                             Progress progress = Progress());

}  // namespace leanformers
