// The general pipeline: one stage after the other over characters that remember where they come from. Slow and obvious;
// the fused paths are tested against it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"

namespace leanformers {

struct Character {
  char32_t code;
  Span source;  // the characters of the text that it stands for
};
using Characters = std::vector<Character>;

// A stretch of characters: [begin, end).
struct Range {
  size_t begin, end;
};

// `first` is the index of the text's first character.
Characters read_characters(std::string_view text, uint32_t first);

void normalize(std::span<const Normalizer> normalizers, Characters& characters);

// The words, in order, none of them empty.
std::vector<Range> pre_tokenize(std::span<const PreTokenizer> pre_tokenizers, const Characters& characters,
                                Range range);

// UTF-8 of the characters in `range`; `spans` gets the source of each byte.
std::string to_utf8(const Characters& characters, Range range, std::vector<Span>* spans = nullptr);

// What `normalizers` make of a whole text.
std::string normalize(std::span<const Normalizer> normalizers, std::string_view text);

}  // namespace leanformers
