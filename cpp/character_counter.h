// Turns byte positions of a text into character positions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/word_token.h"
#include "unicode/unicode.h"

namespace leanformers {

// Asked in rising order it reads the text once.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  [[gnu::always_inline]] uint32_t at(size_t byte) {
    constexpr size_t kFew = 8;  // most steps are those of a token, for which any call takes too long
    if (byte < byte_) byte_ = characters_ = 0;
    if (byte > byte_ + kFew) {
      characters_ += unicode::count_characters(text_.substr(byte_, byte - byte_));
      byte_ = byte;
    }
    for (; byte_ < byte; ++byte_) characters_ += !unicode::is_continuation(text_[byte_]);
    return static_cast<uint32_t>(characters_);
  }

 private:
  std::string_view text_;
  size_t byte_ = 0, characters_ = 0;
};

// Makes the places of a word's tokens, in its bytes, places in its characters. Bytes of a character are each the whole
// of it. None of them lies beyond the word.
inline void count_characters(std::string_view word, std::span<WordToken> tokens) {
  // Of a short word all bytes are looked at before they are asked for: three calls a token would take longer.
  constexpr size_t kShort = 64;
  if (word.size() <= kShort) {
    std::array<uint8_t, kShort + 1> before;  // how many characters begin before each byte
    uint8_t count = 0;
    for (size_t i = 0; i < word.size(); ++i) {
      before[i] = count;
      count += !unicode::is_continuation(word[i]);
    }
    before[word.size()] = count;
    for (WordToken& token : tokens) {
      token.begin = before[token.begin + 1] - 1U;
      token.end = std::max<uint32_t>(before[token.end], token.begin + 1);
    }
    return;
  }
  if (unicode::count_characters(word) == word.size()) return;
  CharacterCounter counter(word);
  for (WordToken& token : tokens) {
    token.begin = counter.at(token.begin + 1) - 1;
    token.end = std::max(counter.at(token.end), token.begin + 1);
  }
}

}  // namespace leanformers
