// Encodes a stretch of text by the words of byte-level models (scan/byte_level.h).
#pragma once

#include <bit>
#include <span>
#include <string_view>

#include "character_counter.h"
#include "plan.h"
#include "scan/word_windows.h"
#include "word_lookup.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class ByteLevelEncoder {
 public:
  ByteLevelEncoder(const ByteLevelSplit& split, Encoder& encoder)
      : encoder_(encoder), split_(split), words_(encoder.worker_, encoder.out_) {}

  // Adds the tokens of a stretch, which is not empty; `character` is its place in the text.
  void encode(std::string_view text, uint32_t character) {
    const auto no_rows = [](TokenWriter<kDetails>&) {};
    gather(text, character, no_rows);
    write(no_rows);
  }

  // The words of a whole text wait, to be written with those of others. `end_row(writer)` is called for each text whose
  // tokens are all written, now or by `write`.
  template <typename EndRow>
  void add_text(std::string_view text, EndRow& end_row) {
    if (!words_.has_room_for_end()) write(end_row);
    gather(text, 0, end_row);
    words_.end_text();
  }
  template <typename EndRow>
  void write(EndRow& end_row) {
    words_.write(Tokenize{encoder_}, end_row);
  }
  // After the caches have been changed by others; no word waits.
  void prepare() { words_.prepare(); }

 private:
  static constexpr ptrdiff_t kReadAhead = 64 + 16;  // the bytes of a window and of a key

  struct Tokenize {
    const WordTokens& operator()(const GatheredWord& word) const { return encoder.tokenize_bytes(word.text()); }

    const TokenSearch* search() const { return model().search(); }
    bool fits(std::string_view word) const { return SideBySide::fits(*search(), word) && model().searches_bytes(word); }
    const BpeModel& model() const { return std::get<BpeModel>(encoder.plan_.model); }

    Encoder& encoder;
  };

  template <typename EndRow>
  void gather(std::string_view text, uint32_t character, EndRow& end_row) {
    const char* const end_of_text = text.data() + text.size();
    const WordScanner scanner(split_, text);
    const WordWindows windows(split_, text, instructions());
    words_.begin_text(end_of_text);
    for (const char* at = text.data(); at < end_of_text;) {
      if (!words_.has_room(64)) write(end_row);
      const auto [ends, inner] = windows.look(at);
      if (ends == 0) {
        const char* const end = scanner.word_end(at);
        words_.put({at, end}, character);
        if constexpr (kDetails) character += static_cast<uint32_t>(unicode::count_characters({at, end}));
        at = end;
        continue;
      }
      const int last = 63 - std::countl_zero(ends);
      words_.put({at, ends << 1 | 1, ends, inner, 0, character, false, end_of_text - at >= kReadAhead});
      if constexpr (kDetails) {
        character += static_cast<uint32_t>(last + 1);
        if (inner != 0) character -= static_cast<uint32_t>(std::popcount(inner << (63 - last)));
      }
      at += last + 1;
    }
  }

  Encoder& encoder_;
  const ByteLevelSplit& split_;
  WordLookup<kDetails> words_;
};

}  // namespace leanformers
