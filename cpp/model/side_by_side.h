// Searches for the tokens of many short texts side by side (token_search.h): each step is taken for all of them before
// the next one, so that memory is waited for once and not for each of them, and wrong guesses of branches are few.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/token_search.h"
#include "model/window.h"
#include "model/word_token.h"
#include "simd/instructions.h"

namespace leanformers {

class SideBySide {
 public:
  static constexpr size_t kRoom = MergeFunction::kRoom;

  // Letters of several bytes are looked up one by one, and a text that ends with one has few tokens of more than that:
  // the search for them takes less time.
  static bool fits(const TokenSearch& search, std::string_view text) {
    return text.size() <= Window::kBytes &&
           (search.bytes_are_letters_ || static_cast<unsigned char>(text.back()) < 0x80);
  }

  explicit SideBySide(const TokenSearch& search) : search_(search) {}

  size_t count() const { return count_; }
  void clear() { count_ = token_count_ = 0; }
  // A text that fits, which is made of letters, and for which there is room.
  void add(const Window& text, size_t size) {
    windows_[count_] = text;
    asked_[count_] = search_.symbols_.ask(text, static_cast<unsigned>(size));
    sizes_[count_++] = static_cast<uint8_t>(size);
  }
  // Finds the tokens of all texts.
  void find();
  // Those of the text with this number, with places from its beginning on.
  std::span<WordToken> operator[](size_t number) { return {tokens_.data() + firsts_[number], counts_[number]}; }

 private:
  using Numbers = std::array<uint8_t, kRoom>;  // of texts

  // Those that are not found yet.
  struct Rest {
    size_t count;
    Numbers numbers;
  };
  void find_whole(Rest& rest);
  void merge(const Rest& rest);
  void read_letters(size_t number, MergedWord& word) const;

  const TokenSearch& search_;
  size_t count_ = 0;
  std::array<Window, kRoom> windows_;
  Numbers sizes_;
  std::array<PerfectTable::Asked, kRoom> asked_;  // whether they are a token as a whole
  std::array<MergedWord, kRoom> words_;           // those that are no token as a whole
  // Of all texts, as they were found; of each the first one, and how many there are. Most have few: so many are put
  // for each, without a branch on how many there are.
  static constexpr uint32_t kFewTokens = 4;
  std::array<WordToken, kRoom * Window::kBytes + kFewTokens> tokens_;
  std::array<uint16_t, kRoom> firsts_;
  Numbers counts_;
  size_t token_count_ = 0;
};

}  // namespace leanformers
