#include "model/side_by_side.h"

#include <algorithm>
#include <bit>

namespace leanformers {

void SideBySide::find() {
  Rest rest;
  find_whole(rest);
  find_places(rest);
  while (rest.count > 0) {
    choose_cuts(rest);
    check_cuts(rest);
  }
  merge();
}

void SideBySide::find_whole(Rest& rest) {
  for (size_t i = 0; i < count_; ++i) lefts_[i] = search_.symbols_.guess(windows_[i], sizes_[i]);
  rest.count = 0;
  for (size_t i = 0; i < count_; ++i) {
    const bool is_whole = search_.symbols_.is(lefts_[i], windows_[i], sizes_[i]);
    tokens_[i][0] = {search_.forest_.id(is_whole ? lefts_[i] : 0), 0, sizes_[i]};
    counts_[i] = is_whole;
    rest.numbers[rest.count] = static_cast<uint8_t>(i);
    rest.count += !is_whole;
  }
}

void SideBySide::find_places(Rest& rest) {
  const SymbolTable& symbols = search_.symbols_;
  merged_.count = 0;
  size_t count = 0;
  for (size_t r = 0; r < rest.count; ++r) {
    const uint8_t i = rest.numbers[r];
    const unsigned size = sizes_[i];
    const uint32_t beginnings = symbols.beginnings(windows_[i]);
    const uint32_t ends = symbols.ends(windows_[i], size) >> (SymbolTable::kEnd - size);
    places_[i] = static_cast<uint16_t>(beginnings & ends & ((1U << size) - 1));
    const bool waits = places_[i] != 0;
    rest.numbers[count] = merged_.numbers[merged_.count] = i;
    count += waits;
    merged_.count += !waits;
  }
  rest.count = count;
}

void SideBySide::choose_cuts(const Rest& rest) {
  const SymbolTable& symbols = search_.symbols_;
  // Cheap if both come early: then it is rarely wrong.
  struct Cut {
    uint32_t left, right, at;
    uint32_t cost() const { return std::max(left, right); }
  };
  for (size_t r = 0; r < rest.count; ++r) {
    const size_t i = rest.numbers[r];
    const auto cut = [&](uint32_t at) -> Cut {
      return {symbols.guess(windows_[i].first(at), at), symbols.guess(windows_[i].from(at), sizes_[i] - at), at};
    };
    const uint32_t places = places_[i];
    // Mostly there are one or two.
    const Cut first = cut(static_cast<uint32_t>(std::countr_zero(places))), last = cut(highest_bit(places));
    const bool is_last = last.cost() < first.cost();
    Cut best{is_last ? last.left : first.left, is_last ? last.right : first.right, is_last ? last.at : first.at};
    for (uint32_t more = places & ~(1U << first.at | 1U << last.at); more != 0; more &= more - 1) {
      const Cut other = cut(static_cast<uint32_t>(std::countr_zero(more)));
      if (other.cost() < best.cost()) best = other;
    }
    cuts_[i] = static_cast<uint8_t>(best.at);
    lefts_[i] = best.left;
    rights_[i] = best.right;
  }
}

// Adds the tokens of cuts that are good. The rest are texts with other places then.
void SideBySide::check_cuts(Rest& rest) {
  const SymbolTable& symbols = search_.symbols_;
  size_t count = 0;
  for (size_t r = 0; r < rest.count; ++r) {
    const uint8_t i = rest.numbers[r];
    const uint32_t size = sizes_[i], at = cuts_[i], left = lefts_[i], right = rights_[i];
    if (symbols.is(left, windows_[i].first(at), at) && symbols.is(right, windows_[i].from(at), size - at) &&
        search_.forest_.compatible_without_guesses(left, right)) {
      add_token(i, left, 0, at);
      add_token(i, right, at, size);
      continue;
    }
    places_[i] &= static_cast<uint16_t>(~(1U << at));
    const bool waits = places_[i] != 0;
    rest.numbers[count] = merged_.numbers[merged_.count] = i;
    count += waits;
    merged_.count += !waits;
  }
  rest.count = count;
}

void SideBySide::merge() {
  const MergeForest& forest = search_.forest_;
  Numbers waiting;
  for (size_t m = 0; m < merged_.count; ++m) {
    read_letters(merged_.numbers[m], merges_[m]);
    waiting[m] = static_cast<uint8_t>(m);
  }
  for (size_t m = 0; m < merged_.count; ++m) merges_[m].find_pairs(forest);
  for (size_t count = merged_.count, left_over; count > 0; count = left_over) {
    left_over = 0;
    for (size_t w = 0; w < count; ++w) {
      const uint8_t m = waiting[w];
      waiting[left_over] = m;
      left_over += merges_[m].step(forest);
    }
  }
  for (size_t m = 0; m < merged_.count; ++m) {
    const size_t i = merged_.numbers[m];
    merges_[m].for_each([&](uint32_t symbol, uint32_t begin, uint32_t end) { add_token(i, symbol, begin, end); });
  }
}

void SideBySide::read_letters(size_t number, ShortMerge& merge) const {
  merge.begin();
  const Window& window = windows_[number];
  for (uint32_t at = 0; at < sizes_[number];) {
    const Window rest = window.from(at);
    const auto byte = static_cast<unsigned char>(rest.low);
    uint32_t letter = search_.bytes_[byte], size = 1;
    if (letter == SymbolTable::kMissing) {
      size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
      letter = search_.symbols_.find(rest.first(size), size);
    }
    merge.add(letter, at += size);
  }
}

}  // namespace leanformers
