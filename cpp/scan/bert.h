// What each code point becomes under BertNormalizer and BertPreTokenizer: they need but one pass, see bert_scan.h.
//
// The normalizer handles code points one by one, but for one thing: decomposition reorders combining marks. Most marks
// are dropped at once, so their order is never seen; the few that stay make a text go to the general pipeline.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

class BertTable {
 public:
  enum class Kind : uint8_t {
    kLetter,     // part of a word
    kDrop,       // leaves nothing behind
    kSpace,      // ends a word
    kIsolated,   // a word of its own
    kGeneral,    // needs its neighbours
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
  const char* form(Entry entry) const { return pool_.data() + size_t{entry.offset} * 4; }

  // The one byte that an ASCII character becomes: itself, or its lower case. Other bytes stay as they are.
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

// A word that stands in the text as it is, but for its case. 16 bytes can be read from its beginning on.
struct BertWord {
  const char* begin;
  uint32_t size;
  uint32_t character;  // the index of its first one
};

// Words that are yet to be looked up: together, so that their look-ups can overlap.
class BertWords {
 public:
  static constexpr size_t kSize = 64;

  BertWord* end() { return words_.data() + size_; }
  // After at most 64 words have been written there.
  void set_end(const BertWord* end) { size_ = static_cast<size_t>(end - words_.data()); }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ >= kSize; }
  void clear() { size_ = 0; }
  std::span<const BertWord> all() const { return {words_.data(), size_}; }

 private:
  size_t size_ = 0;
  std::array<BertWord, kSize + 64> words_;
};

// The memory of one scan, kept by a worker.
struct BertScratch {
  // Bytes that a scan may read from a word's beginning on: a block, and the key of the last word in it.
  static constexpr size_t kReadAhead = 80;

  BertWords words;
  std::array<char, 2 * kReadAhead> rest;  // the end of a text, and spaces
  std::string word;                       // normalized bytes of the word so far
  std::vector<Span> spans;                // of each of these bytes, in characters of the text
};

}  // namespace leanformers
