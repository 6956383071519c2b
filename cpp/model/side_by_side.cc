#include "model/side_by_side.h"

#include <algorithm>
#include <bit>
#include <utility>

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
  std::array<PerfectTable::Asked, kRoom> asked;
  for (size_t i = 0; i < count_; ++i) asked[i] = search_.symbols_.ask(windows_[i], sizes_[i]);
  for (size_t i = 0; i < count_; ++i) {
    lefts_[i] = search_.symbols_.guess(asked[i]);
    search_.symbols_.prefetch(lefts_[i]);
    search_.forest_.prefetch_id(lefts_[i]);
  }
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
  struct Cut {
    uint8_t number, at;
    PerfectTable::Asked left, right;
  };
  std::array<Cut, kRoom*(Window::kBytes - 1)> cuts;
  size_t count = 0;
  std::array<uint32_t, kRoom> costs;
  for (size_t r = 0; r < rest.count; ++r) {
    const uint8_t i = rest.numbers[r];
    costs[i] = UINT32_MAX;
    for (uint32_t places = places_[i]; places != 0; places &= places - 1) {
      const auto at = static_cast<uint8_t>(std::countr_zero(places));
      cuts[count++] = {i, at, symbols.ask(windows_[i].first(at), at),
                       symbols.ask(windows_[i].from(at), sizes_[i] - unsigned{at})};
    }
  }
  for (size_t c = 0; c < count; ++c) {
    const auto& [i, at, asked_left, asked_right] = cuts[c];
    const uint32_t left = symbols.guess(asked_left), right = symbols.guess(asked_right);
    // Cheap if both come early: then it is rarely wrong.
    const uint32_t cost = std::max(left, right);
    const bool is_better = cost < costs[i];
    costs[i] = is_better ? cost : costs[i];
    cuts_[i] = is_better ? at : cuts_[i];
    lefts_[i] = is_better ? left : lefts_[i];
    rights_[i] = is_better ? right : rights_[i];
  }
  for (size_t r = 0; r < rest.count; ++r) {
    for (const uint32_t symbol : {lefts_[rest.numbers[r]], rights_[rest.numbers[r]]}) {
      symbols.prefetch(symbol);
      search_.forest_.prefetch_parts(symbol);
      search_.forest_.prefetch_id(symbol);
    }
  }
}

// Adds the tokens of cuts that are good. The rest are texts with other places then.
void SideBySide::check_cuts(Rest& rest) {
  const MergeForest& forest = search_.forest_;
  Rest cut, other;
  check_symbols(rest, cut, other);
  for (size_t c = 0; c < cut.count; ++c) {
    const uint8_t i = cut.numbers[c];
    seams_[i] = forest.begin_seam(lefts_[i], rights_[i]);
  }
  for (Rest going = cut; going.count > 0;) {
    const size_t count = std::exchange(going.count, 0);
    for (size_t g = 0; g < count; ++g) {
      const uint8_t i = going.numbers[g];
      going.numbers[going.count] = i;
      going.count += forest.look(seams_[i]);
    }
  }
  for (size_t c = 0; c < cut.count; ++c) {
    const uint8_t i = cut.numbers[c];
    if (forest.compatible(seams_[i], lefts_[i], rights_[i])) {
      add_token(i, lefts_[i], 0, cuts_[i]);
      add_token(i, rights_[i], cuts_[i], sizes_[i]);
    } else {
      other.numbers[other.count++] = i;
    }
  }
  rest.count = 0;
  for (size_t o = 0; o < other.count; ++o) {
    const uint8_t i = other.numbers[o];
    places_[i] &= static_cast<uint16_t>(~(1U << cuts_[i]));
    const bool waits = places_[i] != 0;
    rest.numbers[rest.count] = merged_.numbers[merged_.count] = i;
    rest.count += waits;
    merged_.count += !waits;
  }
}

// Sorts texts by whether what was guessed to be left and right of their cuts is there.
void SideBySide::check_symbols(const Rest& texts, Rest& right, Rest& wrong) const {
  const SymbolTable& symbols = search_.symbols_;
  right.count = wrong.count = 0;
  for (size_t t = 0; t < texts.count; ++t) {
    const uint8_t i = texts.numbers[t];
    const uint32_t at = cuts_[i];
    const bool is_right =
        symbols.is(lefts_[i], windows_[i].first(at), at) & symbols.is(rights_[i], windows_[i].from(at), sizes_[i] - at);
    right.numbers[right.count] = wrong.numbers[wrong.count] = i;
    right.count += is_right;
    wrong.count += !is_right;
  }
}

void SideBySide::merge() {
  const MergeForest& forest = search_.forest_;
  Numbers waiting;
  for (size_t m = 0; m < merged_.count; ++m) {
    read_letters(merged_.numbers[m], merges_[m]);
    merges_[m].find_pairs(forest);
    waiting[m] = static_cast<uint8_t>(m);
  }
  for (size_t count = merged_.count; count > 0;) {
    size_t left_over = 0;
    for (size_t w = 0; w < count; ++w) {
      const uint8_t m = waiting[w];
      waiting[left_over] = m;
      left_over += merges_[m].choose(forest);
    }
    count = left_over;
    for (size_t w = 0; w < count; ++w) merges_[waiting[w]].merge(forest);
  }
  for (size_t m = 0; m < merged_.count; ++m) {
    merges_[m].for_each([&](uint32_t symbol, uint32_t, uint32_t) { forest.prefetch_id(symbol); });
  }
  for (size_t m = 0; m < merged_.count; ++m) {
    const size_t i = merged_.numbers[m];
    merges_[m].for_each([&](uint32_t symbol, uint32_t begin, uint32_t end) { add_token(i, symbol, begin, end); });
  }
}

void SideBySide::read_letters(size_t number, Merge& merge) const {
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
