#include "model/side_by_side.h"

#include <algorithm>
#include <numeric>

namespace leanformers {

void SideBySide::find() {
  Rest rest;
  find_whole(rest);
  merge(rest);
}

// Finds those that are one token.
void SideBySide::find_whole(Rest& rest) {
  std::array<uint32_t, kRoom> symbols;
  for (size_t i = 0; i < count_; ++i) {
    symbols[i] = search_.symbols_.guess(asked_[i]);
    search_.symbols_.prefetch(symbols[i]);
    search_.forest_.prefetch_id(symbols[i]);
  }
  rest.count = 0;
  for (size_t i = 0; i < count_; ++i) {
    const bool is_whole = search_.symbols_.is(symbols[i], windows_[i], sizes_[i]);
    tokens_[token_count_] = {search_.forest_.id(is_whole ? symbols[i] : 0), 0, sizes_[i]};
    firsts_[i] = static_cast<uint16_t>(token_count_);
    counts_[i] = is_whole;
    token_count_ += is_whole;
    rest.numbers[rest.count] = static_cast<uint8_t>(i);
    rest.count += !is_whole;
  }
}

void SideBySide::merge(const Rest& rest) {
  for (size_t m = 0; m < rest.count; ++m) read_letters(rest.numbers[m], words_[m]);
  instructions().merges.merge(search_.forest_.joined(), words_.data(), rest.count);
  for (size_t m = 0; m < rest.count; ++m) {
    for (uint32_t s = 0; s < kFewTokens; ++s) search_.forest_.prefetch_id(words_[m].symbols[s]);
  }
  for (size_t m = 0; m < rest.count; ++m) {
    const MergedWord& word = words_[m];
    firsts_[rest.numbers[m]] = static_cast<uint16_t>(token_count_);
    counts_[rest.numbers[m]] = static_cast<uint8_t>(word.count);
    WordToken* const tokens = &tokens_[token_count_];
    token_count_ += word.count;
    uint32_t begin = 0;
    const auto put = [&](uint32_t s) {
      tokens[s] = {search_.forest_.id(word.symbols[s]), begin, word.ends[s]};
      begin = word.ends[s];
    };
    for (uint32_t s = 0; s < kFewTokens; ++s) put(s);
    for (uint32_t s = kFewTokens; s < word.count; ++s) put(s);
  }
}

void SideBySide::read_letters(size_t number, MergedWord& word) const {
  const Window& window = windows_[number];
  if (search_.bytes_are_letters_) {
    const std::array<uint8_t, MergedWord::kMost + 1> bytes = window.bytes();
    std::copy(bytes.begin(), bytes.end(), word.symbols);
    std::iota(word.ends, word.ends + bytes.size(), uint8_t{1});
    word.count = sizes_[number];
    return;
  }
  word.count = 0;
  // Of a word that has fewer, so many are read too.
  std::fill_n(word.symbols, kFewTokens, 0);
  std::fill_n(word.ends, kFewTokens, uint8_t{0});
  for (uint32_t at = 0; at < sizes_[number];) {
    const Window rest = window.from(at);
    const auto byte = static_cast<unsigned char>(rest.low);
    uint32_t letter = search_.bytes_[byte], size = 1;
    if (letter == SymbolTable::kMissing) {
      size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
      letter = search_.symbols_.find(rest.first(size), size);
    }
    word.symbols[word.count] = letter;
    word.ends[word.count++] = static_cast<uint8_t>(at += size);
  }
}

}  // namespace leanformers
