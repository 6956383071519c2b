// Encodes a stretch of text by the words of byte-level models (scan/byte_level.h).
#pragma once

#include <bit>
#include <string_view>

#include "plan.h"
#include "scan/word_windows.h"
#include "word_lookup.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class ByteLevelEncoder {
 public:
  // `character` is the place in the text of the stretch, which is not empty.
  ByteLevelEncoder(const ByteLevelSplit& split, Encoder& encoder, std::string_view text, uint32_t character)
      : encoder_(encoder),
        text_(text),
        end_(text.data() + text.size()),
        character_(character),
        scanner_(split, text),
        windows_(split, text, instruction_sets().front()),
        lookup_(encoder.worker_, encoder.out_, end_) {}

  void encode() {
    Word* word = lookup_.words();
    for (const char* at = text_.data(); at < end_;) {
      if (!lookup_.has_room(word, 64)) word = write(word);
      uint64_t ends = windows_.ends(at);
      if (ends == 0) {
        const char* const end = scanner_.word_end(at);
        word = put(word, at, end);
        at = end;
        continue;
      }
      const char* const window = at + 1;
      for (; ends != 0; ends &= ends - 1) {
        const char* const end = window + std::countr_zero(ends);
        word = put(word, at, end);
        at = end;
      }
    }
    write(word);
  }

 private:
  using Word = typename WordLookup<kDetails>::Word;

  Word* put(Word* at, const char* begin, const char* end) {
    Word* const next = lookup_.put(at, begin, end, character_);
    if constexpr (kDetails) {
      character_ += static_cast<uint32_t>(unicode::count_characters({begin, static_cast<size_t>(end - begin)}));
    }
    return next;
  }

  Word* write(const Word* end) {
    lookup_.write(end, [this](const Word& word) -> const WordTokens& { return encoder_.tokenize_bytes(word.text()); });
    return lookup_.words();
  }

  Encoder& encoder_;
  std::string_view text_;
  const char* end_;
  uint32_t character_;  // the number of the next word's first one
  WordScanner scanner_;
  WordWindows windows_;
  WordLookup<kDetails> lookup_;
};

}  // namespace leanformers
