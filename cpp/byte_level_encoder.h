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
    Putter words = lookup_.putter();
    uint32_t character = character_;
    for (const char* at = text_.data(); at < end_;) {
      if (!words.has_room(64)) words = write(words);
      const auto [ends, inner] = windows_.look(at);
      if (ends == 0) {
        const char* const end = scanner_.word_end(at);
        words.put(at, end, character);
        if constexpr (kDetails) character += static_cast<uint32_t>(unicode::count_characters({at, end}));
        at = end;
        continue;
      }
      if (end_ - at >= kReadAhead) {
        at = put_words<true>(words, at, ends, inner, character);
      } else {
        at = put_words<false>(words, at, ends, inner, character);
      }
    }
    write(words);
  }

 private:
  using Putter = typename WordLookup<kDetails>::Putter;
  static constexpr ptrdiff_t kReadAhead = 64 + 16;  // the bytes of a window and of a key

  // The words of a window, which begins at `at`, and returns where the last one ends. By itself, so that all that the
  // loop needs is in registers.
  template <bool kReadable>
  [[gnu::noinline]] static const char* put_words(Putter& to, const char* at, uint64_t ends, uint64_t inner,
                                                 uint32_t& character) {
    Putter words = to;
    const char* const window = at;
    for (; ends != 0; ends &= ends - 1) {
      const char* const end = window + static_cast<uint32_t>(std::countr_zero(ends)) + 1;
      words.template put<kReadable>(at, end, character);
      if constexpr (kDetails) {
        character += static_cast<uint32_t>(end - at);
        if (inner != 0) character -= bits_between(inner, at - window, end - window);
      }
      at = end;
    }
    to = words;
    return at;
  }

  Putter write(const Putter& words) {
    return lookup_.write(
        words, [this](const auto& word) -> const WordTokens& { return encoder_.tokenize_bytes(word.text()); });
  }

  static uint32_t bits_between(uint64_t bits, ptrdiff_t from, ptrdiff_t to) {
    return static_cast<uint32_t>(std::popcount(bits >> from << (64 - to + from)));
  }

  Encoder& encoder_;
  std::string_view text_;
  const char* end_;
  uint32_t character_;
  WordScanner scanner_;
  WordWindows windows_;
  WordLookup<kDetails> lookup_;
};

}  // namespace leanformers
