#include "train/word_level.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace leanformers {

std::vector<std::pair<std::string, uint32_t>> train_word_level(std::span<const WordCounts::Word> words,
                                                               size_t vocab_size, uint64_t min_frequency,
                                                               std::span<const std::string> special_tokens) {
  std::vector<const WordCounts::Word*> frequent;
  for (const WordCounts::Word& word : words) {
    if (word.count >= min_frequency) frequent.push_back(&word);
  }
  const size_t wanted = vocab_size - std::min(vocab_size, special_tokens.size());
  const auto end = frequent.begin() + static_cast<ptrdiff_t>(std::min(wanted, frequent.size()));
  std::partial_sort(frequent.begin(), end, frequent.end(), [](const WordCounts::Word* a, const WordCounts::Word* b) {
    return a->count != b->count ? a->count > b->count : a->text() < b->text();
  });
  frequent.erase(end, frequent.end());

  std::vector<std::string_view> tokens;
  for (const std::string& token : special_tokens.first(std::min(vocab_size, special_tokens.size()))) {
    tokens.push_back(token);
  }
  for (const WordCounts::Word* word : frequent) tokens.push_back(word->text());
  std::unordered_map<std::string_view, size_t> last;
  for (size_t i = 0; i < tokens.size(); ++i) last[tokens[i]] = i;
  std::vector<std::pair<std::string, uint32_t>> vocab;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (last[tokens[i]] == i) vocab.emplace_back(tokens[i], static_cast<uint32_t>(i));
  }
  return vocab;
}

}  // namespace leanformers
