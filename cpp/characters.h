// What the general pipeline works on: characters that remember which characters of the text they stand for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

struct Character {
  char32_t code;
  Span source;  // in characters of the text
};
using Characters = std::vector<Character>;

// A stretch of characters: [begin, end).
struct Range {
  size_t begin, end;
};

// `first` is the index of the text's first character.
Characters read_characters(std::string_view text, uint32_t first);

// UTF-8 of the characters in `range`; `spans` gets the source of each byte.
std::string to_utf8(std::span<const Character> characters, std::vector<Span>* spans = nullptr);

std::u32string codes(std::span<const Character> characters);

// The source of what was added before the first character, until `normalize` puts the place there.
inline constexpr Span kBeforeAll{UINT32_MAX, UINT32_MAX};

// Builds the characters that replace old ones. As in the reference, an added character has the source of the old
// character before it, however the new ones were reordered since.
class Replacement {
 public:
  explicit Replacement(const Characters& old) : old_(old) { new_.reserve(old.size()); }

  // Stands for the next old character.
  void replace(char32_t code) {
    new_.push_back({code, old_[next_].source});
    ++next_;
  }
  void add(char32_t code) { new_.push_back({code, next_ == 0 ? kBeforeAll : old_[next_ - 1].source}); }
  void drop(size_t count = 1) { next_ += count; }
  void keep() { replace(old_[next_].code); }
  // The first of `codes` stands for the next old character, the others are added.
  template <typename Codes>
  void replace_all(const Codes& codes) {
    bool added = false;
    for (const char32_t code : codes) {
      added ? add(code) : replace(code);
      added = true;
    }
  }

  Characters take() { return std::move(new_); }

 private:
  const Characters& old_;
  Characters new_;
  size_t next_ = 0;
};

}  // namespace leanformers
