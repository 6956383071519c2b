// Where a text can be cut without any stage seeing a difference: before a single space between two plain characters.
#pragma once

#include <span>
#include <string_view>

#include "tokenizer.h"

namespace leanformers {

// Whether these stages give the words of the stretches between such cuts, one stretch after the other, when they are
// given the whole text. Where it cannot be told easily: no.
bool works_stretch_by_stretch(std::span<const Normalizer> normalizers, std::span<const PreTokenizer> pre_tokenizers);

// The next place after `from` where UTF-8 `text` can be cut, or its end. The space belongs to what comes after it.
size_t next_cut(std::string_view text, size_t from);

}  // namespace leanformers
