// GPT-2's alphabet of bytes: every byte has a printable character, so that any text is made of 256 of them.
// Radford et al., "Language models are unsupervised multitask learners", 2019.
#pragma once

#include <cstdint>
#include <optional>

namespace leanformers {

// Printable Latin-1 stands for itself, the other bytes for the characters from U+0100 on, in order.
char32_t byte_to_character(char byte);
std::optional<char> character_to_byte(char32_t character);

}  // namespace leanformers
