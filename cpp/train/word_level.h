// The vocabulary of WordLevel: special tokens, then words, the frequent ones first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "train/word_counts.h"

namespace leanformers {

// At most `vocab_size` tokens. Of words that are as frequent the lower in bytes comes first. As in the reference, a
// token that is there twice has the later id, and the earlier stays unused.
std::vector<std::pair<std::string, uint32_t>> train_word_level(std::span<const WordCounts::Word> words,
                                                               size_t vocab_size, uint64_t min_frequency,
                                                               std::span<const std::string> special_tokens);

}  // namespace leanformers
