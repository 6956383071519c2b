// BertNormalizer and BertPreTokenizer in one pass over the original bytes: what each code point becomes is looked up.
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
    kLetter,     // part of a word
    kDrop,       // leaves nothing behind
    kSpace,      // ends a word
    kIsolated,   // a word of its own
    kGeneral,    // needs its neighbours
    kMultibyte,  // of a byte: it begins a longer code point
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

  Kind byte_kind(unsigned char byte) const { return byte_kinds_[byte]; }
  // The one byte that an ASCII character becomes.
  char ascii_form(unsigned char byte) const { return ascii_forms_[byte]; }

 private:
  using Page = std::array<Entry, 256>;
  Entry classify(char32_t code, const BertNormalizer& normalizer);
  uint16_t add_form(std::string_view form);

  std::vector<Page> pages_;
  std::array<uint16_t, unicode::kScalarEnd / 256> page_of_{};
  std::string pool_;
  std::array<Kind, 256> byte_kinds_{};
  std::array<char, 128> ascii_forms_{};
};

// The memory of one scan, kept by a worker.
struct BertScratch {
  std::string word;         // normalized bytes of the word so far, with room to write ahead
  std::vector<Span> spans;  // of each of these bytes, in characters of the text
};

// Calls `sink(word, spans)` for each word; `spans` is null unless kDetails. 16 bytes can be read from the word's first
// byte on. Returns false, having called or not, at a code point that needs the general pipeline. `character` is the
// index of the text's first character.
template <bool kDetails, typename Sink>
bool scan_bert(const BertTable& table, std::string_view text, uint32_t character, BertScratch& scratch, Sink&& sink) {
  using Kind = BertTable::Kind;
  constexpr size_t kAhead = 32;  // more than a form has bytes, and what readers may load
  if (scratch.word.size() < 256) scratch.word.resize(256);
  if constexpr (kDetails) scratch.spans.clear();
  char* word = scratch.word.data();
  size_t room = scratch.word.size() - kAhead;
  size_t size = 0;
  const auto append = [&](const char* form, size_t bytes) {
    if (size >= room) {
      scratch.word.resize(scratch.word.size() * 2);
      word = scratch.word.data();
      room = scratch.word.size() - kAhead;
    }
    for (size_t i = 0; i < bytes; ++i) word[size + i] = form[i];
    size += bytes;
    if constexpr (kDetails) scratch.spans.insert(scratch.spans.end(), bytes, {character, character + 1});
  };
  const auto finish = [&] {
    if (size == 0) return;
    sink(std::string_view(word, size), kDetails ? scratch.spans.data() : nullptr);
    size = 0;
    if constexpr (kDetails) scratch.spans.clear();
  };

  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const auto byte = static_cast<unsigned char>(*at);
    Kind kind = table.byte_kind(byte);
    const char* form = nullptr;
    size_t form_bytes = 1;
    size_t bytes = 1;
    char ascii;
    if (kind != Kind::kMultibyte) [[likely]] {
      ascii = table.ascii_form(byte);
      form = &ascii;
    } else {
      const unicode::Decoded decoded = unicode::decode(at);
      const BertTable::Entry entry = table.at(decoded.code);
      if (entry.kind == Kind::kGeneral) return false;
      kind = entry.kind;
      bytes = decoded.bytes;
      form = entry.bytes == 0 ? at : table.form(entry);
      form_bytes = entry.bytes == 0 ? bytes : entry.bytes;
    }
    if (kind == Kind::kLetter) {
      append(form, form_bytes);
    } else if (kind == Kind::kIsolated) {
      finish();
      append(form, form_bytes);
      finish();
    } else if (kind == Kind::kSpace) {
      finish();
    }
    at += bytes;
    ++character;
  }
  finish();
  return true;
}

}  // namespace leanformers
