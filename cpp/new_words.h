// Tokenizes the new ones of words that wait, side by side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gathered_word.h"
#include "model/side_by_side.h"
#include "model/window.h"
#include "word_cache.h"
#include "word_gatherer.h"

namespace leanformers {

// The bytes of a short word.
inline Window window_of(const WordKey& key) { return {key.low, key.high << 8 >> 8}; }

// Of the short words from `first` on that the cache does not have. `add(number, some)` adds the text of a word, or says
// no: it is to be tokenized alone. `keep(number, tokens)` gets the tokens of those that were added, to be remembered,
// with places in the bytes of that text, and may change them.
template <bool kDetails, typename Add, typename Keep>
void tokenize_new(const WordGatherer<kDetails>& words, size_t first, const WordCache& cache, const TokenSearch& search,
                  const Add& add, const Keep& keep) {
  SideBySide some(search);
  std::array<uint16_t, 1 + SideBySide::kRoom> added;  // from 1 on
  added[0] = 0;
  // For words that come twice: by some bits of their places the last one that was added, as its number here and one.
  std::array<uint8_t, 256> last{};
  const auto find = [&] {
    some.find();
    for (size_t i = 0; i < some.count(); ++i) cache.prefetch(words.place(added[1 + i]));
    for (size_t i = 0; i < some.count(); ++i) keep(added[1 + i], some[i]);
    some.clear();
    last.fill(0);
  };
  typename WordGatherer<kDetails>::Numbers numbers;
  const std::span<const uint16_t> found = words.find_new(first, cache.table(), numbers);
  for (const uint16_t number : found) cache.prefetch_pushed_out(words.place(number));
  for (const uint16_t number : found) {
    uint8_t& seen = last[words.place(number) / WordTable::kPairBytes % last.size()];
    // Without a branch on whether there is one with these bits.
    const bool is_same = words.key(added[seen]) == words.key(number);
    if ((unsigned{is_same} & unsigned{seen != 0}) != 0) continue;
    if (cache.is_pushed_out(words.key(number), words.place(number)) || !add(number, some)) continue;
    added[some.count()] = number;
    seen = static_cast<uint8_t>(some.count());
    if (some.count() == SideBySide::kRoom) find();
  }
  find();
}

}  // namespace leanformers
