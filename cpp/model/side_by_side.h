// Searches for the tokens of many short texts side by side (token_search.h): each step is taken for all of them before
// the next one, so that memory is waited for once and not for each of them, and wrong guesses of branches are few.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/short_merge.h"
#include "model/token_search.h"
#include "model/window.h"
#include "model/word_token.h"

namespace leanformers {

class SideBySide {
 public:
  static constexpr size_t kRoom = 64;

  // Vocabularies have few words beyond ASCII as one token or two, and the search of a long text takes less time the
  // more tokens are of a character or less.
  static bool fits(std::string_view text) {
    return text.size() <= Window::kBytes && static_cast<unsigned char>(text.back()) < 0x80;
  }

  explicit SideBySide(const TokenSearch& search) : search_(search) {}

  size_t count() const { return count_; }
  void clear() { count_ = 0; }
  // A text that fits, which is made of letters, and for which there is room.
  void add(const Window& text, size_t size) {
    windows_[count_] = text;
    sizes_[count_++] = static_cast<uint8_t>(size);
  }
  // Finds the tokens of all texts.
  void find();
  // Those of the text with this number, with places from its beginning on.
  std::span<const WordToken> operator[](size_t number) const { return {tokens_[number].data(), counts_[number]}; }

 private:
  using Numbers = std::array<uint8_t, kRoom>;  // of texts
  using Merge = ShortMerge<Window::kBytes + 1>;

  // Those that are not found yet.
  struct Rest {
    size_t count;
    Numbers numbers;
  };
  void find_whole(Rest& rest);
  void find_places(Rest& rest);
  void choose_cuts(const Rest& rest);
  void check_cuts(Rest& rest);
  void check_symbols(const Rest& texts, Rest& right, Rest& wrong) const;
  void merge();
  void read_letters(size_t number, Merge& merge) const;
  void add_token(size_t number, uint32_t symbol, uint32_t begin, uint32_t end) {
    tokens_[number][counts_[number]++] = {search_.forest_.id(symbol), begin, end};
  }

  const TokenSearch& search_;
  size_t count_ = 0;
  std::array<Window, kRoom> windows_;
  Numbers sizes_;
  // Where a text may be cut into two tokens: a bit for each byte.
  std::array<uint16_t, kRoom> places_;
  // The cut that is looked at: its place, and symbols that are guessed to be left and right of it.
  Numbers cuts_;
  std::array<uint32_t, kRoom> lefts_, rights_;
  std::array<MergeForest::Seam, kRoom> seams_;
  Rest merged_;  // texts of more tokens
  std::array<Merge, kRoom> merges_;
  std::array<std::array<WordToken, Window::kBytes>, kRoom> tokens_;
  Numbers counts_;
};

}  // namespace leanformers
