// Turns byte positions of a text into character positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "unicode/unicode.h"

namespace leanformers {

// Asked in rising order it reads the text once.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  uint32_t at(size_t byte) {
    if (byte < byte_) byte_ = characters_ = 0;
    characters_ += unicode::count_characters(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return static_cast<uint32_t>(characters_);
  }

 private:
  std::string_view text_;
  size_t byte_ = 0, characters_ = 0;
};

}  // namespace leanformers
