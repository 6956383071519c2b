// Whether a model does with the words between spaces what it does with the text: its part of the proof of
// scan/spaced.h.
#pragma once

#include <string_view>

#include "scan/ascii_pairs.h"
#include "tokenizer.h"

namespace leanformers {

// For words that are cut at spaces: why not, or null.
const char* why_not_for_words(const Model& model);

// For whole texts, which BPE is given: it has to do with words what it does with the text. No merge goes from a word
// into the mark after it, and nothing that is unknown waits until after the mark.
const char* why_not_across_marks(const Model& model, std::string_view mark);

// Which neighbours in a word no merge ever joins, so that BPE does the same with what is before and what is after them
// each by itself. Of a model that can be given words instead of whole texts.
AsciiPairs never_joined(const Bpe& model);

}  // namespace leanformers
