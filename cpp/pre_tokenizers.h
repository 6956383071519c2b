// The pre-tokenizers: each takes a piece of text apart, and some write it anew.
#pragma once

#include <span>
#include <vector>

#include "characters.h"
#include "tokenizer.h"

namespace leanformers {

// A piece of a text, on its way to become a word.
struct TextPiece {
  Characters characters;
  uint32_t origin;  // where it begins in the text, in characters
};

// The words of a piece, in order, none of them empty.
std::vector<TextPiece> pre_tokenize(std::span<const PreTokenizer> pre_tokenizers, TextPiece piece);

}  // namespace leanformers
