// Tokenizes the new ones of words that wait, side by side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/side_by_side.h"
#include "word_gatherer.h"

namespace leanformers {

// Of the short words from `first` on that are not at their place in the table. `add(number, some)` adds the text of a
// word, or says no: it is to be tokenized alone. `keep(number, tokens)` gets the tokens of those that were added.
template <bool kDetails, typename Add, typename Keep>
void tokenize_new(const WordGatherer<kDetails>& words, size_t first, const WordTable& table, const TokenSearch& search,
                  const Add& add, const Keep& keep) {
  SideBySide some(search);
  std::array<uint16_t, SideBySide::kRoom> added;
  const auto find = [&] {
    some.find();
    for (size_t i = 0; i < some.count(); ++i) keep(added[i], some[i]);
    some.clear();
  };
  typename WordGatherer<kDetails>::Numbers numbers;
  for (const uint16_t number : words.find_new(first, table, numbers)) {
    added[some.count()] = number;
    if (add(number, some) && some.count() == SideBySide::kRoom) find();
  }
  find();
}

}  // namespace leanformers
