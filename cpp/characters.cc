#include "characters.h"

#include "unicode/unicode.h"

namespace leanformers {

Characters read_characters(std::string_view text, uint32_t first) {
  Characters characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++first) {
    const auto [code, bytes] = unicode::decode(text.data() + at);
    characters.push_back({code, {first, first + 1}});
    at += bytes;
  }
  return characters;
}

std::string to_utf8(std::span<const Character> characters, std::vector<Span>* spans) {
  std::string text;
  for (const Character& character : characters) {
    char bytes[4];
    const uint32_t size = unicode::encode(character.code, bytes);
    text.append(bytes, size);
    if (spans != nullptr) spans->insert(spans->end(), size, character.source);
  }
  return text;
}

std::u32string codes(std::span<const Character> characters) {
  std::u32string codes;
  codes.reserve(characters.size());
  for (const Character& character : characters) codes += character.code;
  return codes;
}

}  // namespace leanformers
