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

  Kind byte_kind(char byte) const { return byte_kinds_[static_cast<unsigned char>(byte)]; }
  // The one byte that an ASCII character becomes: itself, or its lower case.
  char ascii_form(char byte) const { return ascii_forms_[static_cast<unsigned char>(byte)]; }
  bool lowercases() const { return ascii_form('A') == 'a'; }

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
  std::string word;         // normalized bytes of the word so far
  std::vector<Span> spans;  // of each of these bytes, in characters of the text
};

// Calls `sink.ascii_word(begin, size, character)` for a word that is ASCII and stands in the text as it is (but for its
// case), `sink.isolated(begin, size, character)` for one other character that does, and `sink.word(word, spans)` for
// any other; `spans` is null unless kDetails. `character` is the index of the text's first character. Returns false,
// having called or not, at a code point that needs the general pipeline.
template <bool kDetails, typename Sink>
bool scan_bert(const BertTable& table, std::string_view text, uint32_t character, BertScratch& scratch, Sink&& sink) {
  using Kind = BertTable::Kind;
  std::string& word = scratch.word;
  word.clear();
  scratch.spans.clear();
  const auto append = [&](const char* form, size_t bytes) {
    word.append(form, bytes);
    if constexpr (kDetails) scratch.spans.insert(scratch.spans.end(), bytes, {character, character + 1});
  };
  const auto finish = [&] {
    if (word.empty()) return;
    sink.word(word, kDetails ? scratch.spans.data() : nullptr);
    word.clear();
    if constexpr (kDetails) scratch.spans.clear();
  };

  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* const begin = at;
    while (at < end && table.byte_kind(*at) == Kind::kLetter) ++at;
    const Kind next = at < end ? table.byte_kind(*at) : Kind::kSpace;
    if (const auto size = static_cast<uint32_t>(at - begin); size != 0) {
      const bool whole = word.empty() && next != Kind::kMultibyte && next != Kind::kDrop;
      if (whole) {
        sink.ascii_word(begin, size, character);
        character += size;
      } else {
        for (const char* letter = begin; letter < at; ++letter, ++character) {
          const char form = table.ascii_form(*letter);
          append(&form, 1);
        }
      }
    }
    if (at == end) break;
    if (next == Kind::kMultibyte) {
      const auto [code, bytes] = unicode::decode(at);
      const BertTable::Entry entry = table.at(code);
      if (entry.kind == Kind::kGeneral) return false;
      if (entry.kind == Kind::kSpace || entry.kind == Kind::kIsolated) finish();
      if (entry.kind == Kind::kIsolated && entry.bytes == 0) {
        sink.isolated(at, bytes, character);
      } else if (entry.kind == Kind::kLetter || entry.kind == Kind::kIsolated) {
        entry.bytes == 0 ? append(at, bytes) : append(table.form(entry), entry.bytes);
      }
      if (entry.kind == Kind::kIsolated) finish();
      at += bytes;
    } else {
      if (next != Kind::kDrop) finish();
      if (next == Kind::kIsolated) sink.ascii_word(at, 1, character);
      ++at;
    }
    ++character;
  }
  finish();
  return true;
}

}  // namespace leanformers
