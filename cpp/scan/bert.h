// What each code point becomes under BertNormalizer and BertPreTokenizer: one look-up.
//
// The normalizer handles code points one by one, but for one thing: decomposition reorders combining marks. Most marks
// are dropped at once, so their order is never seen; the few that stay make a text go to the general pipeline.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

class BertTable {
 public:
  enum class Kind : uint8_t {
    kLetter,    // part of a word
    kDrop,      // leaves nothing behind
    kSpace,     // ends a word
    kIsolated,  // a word of its own
    kGeneral,   // needs its neighbours
  };
  struct Entry {
    Kind kind = Kind::kLetter;
    uint8_t bytes = 0;    // of the normalized form; 0: the code point as it is
    uint16_t offset = 0;  // of the normalized form in the pool, in units of 4 bytes
  };

  // The table for these settings: made once in a process, about 2 ms.
  static std::shared_ptr<const BertTable> get(const BertNormalizer& normalizer);

  explicit BertTable(const BertNormalizer& normalizer);

  Entry at(char32_t code) const { return pages_[page_of_[code >> 8]][code & 0xFF]; }
  std::string_view form(Entry entry) const { return {pool_.data() + size_t{entry.offset} * 4, entry.bytes}; }

  // The one byte that an ASCII character becomes in a word: itself, or its lower case. 0 for any other byte.
  char byte_form(char byte) const { return byte_forms_[static_cast<unsigned char>(byte)]; }
  bool lowercases() const { return byte_form('A') == 'a'; }

 private:
  using Page = std::array<Entry, 256>;
  Entry classify(char32_t code, const BertNormalizer& normalizer);
  uint16_t add_form(std::string_view form);

  std::vector<Page> pages_;
  std::array<uint16_t, unicode::kScalarEnd / 256> page_of_{};
  std::string pool_;
  std::array<char, 256> byte_forms_{};
};

// The memory of one encoding (bert_encoder.h), kept by a worker.
struct BertScratch {
  // Bytes that are read from a word's beginning on: a block, and the key of the last word in it.
  static constexpr size_t kReadAhead = 80;

  std::array<char, 2 * kReadAhead> rest;  // the end of a text, and spaces
  std::string word;                       // a normalized one
  std::vector<Span> spans;                // of each of its bytes, in characters of the text
};

}  // namespace leanformers
