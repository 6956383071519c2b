// Tokenizes the new ones of words that wait, side by side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "character_counter.h"
#include "gathered_word.h"
#include "model/side_by_side.h"
#include "model/window.h"
#include "word_cache.h"
#include "word_gatherer.h"

namespace leanformers {

// The bytes of a short word.
inline Window window_of(const WordKey& key) { return {key.low, key.high << 8 >> 8}; }

// The tokens of a short word with places in its characters instead of bytes, `changed` where these differ.
inline std::span<const WordToken> in_characters(const GatheredWord& word, std::span<const WordToken> tokens,
                                                WordTokens& changed) {
  if (((word.key.low | word.key.high) & 0x8080808080808080) == 0) return tokens;  // ASCII
  changed.assign(tokens.begin(), tokens.end());
  count_characters(word.text(), changed);
  return changed;
}

// Of the short words from `first` on that the cache does not have. `add(number, some)` adds the text of a word, or says
// no: it is to be tokenized alone. `keep(number, tokens)` gets the tokens of those that were added, to be remembered.
template <bool kDetails, typename Add, typename Keep>
void tokenize_new(const WordGatherer<kDetails>& words, size_t first, const WordCache& cache, const TokenSearch& search,
                  const Add& add, const Keep& keep) {
  SideBySide some(search);
  std::array<uint16_t, SideBySide::kRoom> added;
  const auto find = [&] {
    some.find();
    for (size_t i = 0; i < some.count(); ++i) cache.prefetch(words.place(added[i]));
    for (size_t i = 0; i < some.count(); ++i) {
      // A word that came twice is there, most often.
      if (!cache.is_newest(words.key(added[i]), words.place(added[i]))) keep(added[i], some[i]);
    }
    some.clear();
  };
  typename WordGatherer<kDetails>::Numbers numbers;
  const std::span<const uint16_t> found = words.find_new(first, cache.table(), numbers);
  for (const uint16_t number : found) cache.prefetch_pushed_out(words.place(number));
  for (const uint16_t number : found) {
    added[some.count()] = number;
    if (!cache.is_pushed_out(words.key(number), words.place(number)) && add(number, some) &&
        some.count() == SideBySide::kRoom)
      find();
  }
  find();
}

}  // namespace leanformers
