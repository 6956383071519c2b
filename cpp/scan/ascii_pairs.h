// A set of pairs of ASCII characters.
#pragma once

#include <array>
#include <cstdint>

namespace leanformers {

class AsciiPairs {
 public:
  static constexpr unsigned char kCharacters = 128;

  // Others than ASCII are in no pair.
  void add(char first, char second) {
    if (is_ascii(first, second)) word(first, second) |= bit(second);
  }
  void remove(char first, char second) {
    if (is_ascii(first, second)) word(first, second) &= ~bit(second);
  }
  bool has(char first, char second) const {
    return is_ascii(first, second) && (word(first, second) & bit(second)) != 0;
  }

 private:
  static bool is_ascii(char first, char second) { return static_cast<unsigned char>(first | second) < kCharacters; }
  const uint64_t& word(char first, char second) const {
    return words_[static_cast<unsigned char>(first)][static_cast<unsigned char>(second) / 64];
  }
  uint64_t& word(char first, char second) {
    return words_[static_cast<unsigned char>(first)][static_cast<unsigned char>(second) / 64];
  }
  static uint64_t bit(char character) { return uint64_t{1} << (static_cast<unsigned char>(character) % 64); }

  std::array<std::array<uint64_t, 2>, kCharacters> words_{};
};

}  // namespace leanformers
