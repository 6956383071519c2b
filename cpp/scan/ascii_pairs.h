// A set of pairs of ASCII characters.
#pragma once

#include <array>
#include <cstdint>

namespace leanformers {

class AsciiPairs {
 public:
  static constexpr unsigned char kCharacters = 128;

  void add(char first, char second) { word(first, second) |= bit(second); }
  void remove(char first, char second) { word(first, second) &= ~bit(second); }
  bool has(char first, char second) const {
    const auto a = static_cast<unsigned char>(first), b = static_cast<unsigned char>(second);
    return (a | b) < kCharacters && (words_[a][b / 64] & bit(second)) != 0;
  }

 private:
  uint64_t& word(char first, char second) {
    return words_[static_cast<unsigned char>(first)][static_cast<unsigned char>(second) / 64];
  }
  static uint64_t bit(char character) { return uint64_t{1} << (static_cast<unsigned char>(character) % 64); }

  std::array<std::array<uint64_t, 2>, kCharacters> words_{};
};

}  // namespace leanformers
