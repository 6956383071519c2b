// The normalizers: each takes the characters of a stretch of text and puts others in their place.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "characters.h"
#include "tokenizer.h"

namespace leanformers {

// `first` is the place in the text of what is normalized.
void normalize(std::span<const Normalizer> normalizers, Characters& characters, uint32_t first = 0);

// What `normalizers` make of a whole text.
std::string normalize(std::span<const Normalizer> normalizers, std::string_view text);

// --- Used by pre-tokenizers too ---

void prepend(std::u32string_view text, Characters& characters);
void replace(const Pattern& pattern, std::u32string_view content, Characters& characters);
// Each character becomes one character for each of its bytes, as GPT-2 writes bytes.
void to_byte_characters(Characters& characters);

}  // namespace leanformers
