#include "byte_level.h"

#include <array>

namespace leanformers {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (0x21 <= byte && byte <= 0x7E) || (0xA1 <= byte && byte <= 0xAC) || (0xAE <= byte && byte <= 0xFF);
}

constexpr size_t kOthers = 68;

constexpr std::array<char32_t, 256> kCharacters = [] {
  std::array<char32_t, 256> characters{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) characters[byte] = stands_for_itself(byte) ? byte : next++;
  return characters;
}();

}  // namespace

char32_t byte_to_character(char byte) { return kCharacters[static_cast<unsigned char>(byte)]; }

std::optional<char> character_to_byte(char32_t character) {
  static const std::array<unsigned char, kOthers> others = [] {
    std::array<unsigned char, kOthers> bytes{};
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (!stands_for_itself(byte)) bytes[kCharacters[byte] - 0x100] = static_cast<unsigned char>(byte);
    }
    return bytes;
  }();
  if (character < 0x100) {
    return stands_for_itself(character) ? std::optional(static_cast<char>(character)) : std::nullopt;
  }
  return character - 0x100 < kOthers ? std::optional(static_cast<char>(others[character - 0x100])) : std::nullopt;
}

}  // namespace leanformers
