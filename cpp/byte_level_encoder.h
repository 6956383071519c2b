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
        windows_(split, text, instructions()),
        words_(encoder.worker_, encoder.out_, end_) {}

  void encode() {
    uint32_t character = character_;
    for (const char* at = text_.data(); at < end_;) {
      if (!words_.has_room(64)) write();
      const auto [ends, inner] = windows_.look(at);
      if (ends == 0) {
        const char* const end = scanner_.word_end(at);
        words_.put({at, end}, character);
        if constexpr (kDetails) character += static_cast<uint32_t>(unicode::count_characters({at, end}));
        at = end;
        continue;
      }
      const int last = 63 - std::countl_zero(ends);
      words_.put({at, ends << 1 | 1, ends, inner, 0, character, false, end_ - at >= kReadAhead});
      if constexpr (kDetails) {
        character += static_cast<uint32_t>(last + 1);
        if (inner != 0) character -= static_cast<uint32_t>(std::popcount(inner << (63 - last)));
      }
      at += last + 1;
    }
    write();
  }

 private:
  static constexpr ptrdiff_t kReadAhead = 64 + 16;  // the bytes of a window and of a key

  void write() {
    words_.write([this](const auto& word) -> const WordTokens& { return encoder_.tokenize_bytes(word.text()); });
  }

  Encoder& encoder_;
  std::string_view text_;
  const char* end_;
  uint32_t character_;
  WordScanner scanner_;
  WordWindows windows_;
  WordLookup<kDetails> words_;
};

}  // namespace leanformers
