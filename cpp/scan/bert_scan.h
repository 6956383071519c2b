// One pass over the original bytes of a text for BertNormalizer and BertPreTokenizer, whose words go to a sink.
//
// ASCII is read 64 bytes at a time, from a word's beginning to the beginning of the last word that may not be whole:
// blocks have no memory of those before. What is beyond ASCII is read character by character.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>

#include "scan/bert.h"
#include "scan/bert_blocks.h"

namespace leanformers {

// The sink has
// - `words(span of BertWord)`: words that stand in the text as they are, but for the case of ASCII letters;
// - `isolated_run(at, end, character)`: takes what it likes of the characters of three bytes that follow, each a word
//   by itself, and returns where it stopped;
// - `isolated(code, word, character)` for another character that is a word by itself;
// - `word(word, spans)` for any other, normalized; `spans`, of its bytes in characters of the text, is null unless
//   kDetails.
// `character` is the index of the text's first character.
template <bool kDetails, typename Sink>
class BertScan {
 public:
  BertScan(const BertTable& table, std::string_view text, uint32_t character, BertScratch& scratch, Sink& sink)
      : table_(table),
        scratch_(scratch),
        sink_(sink),
        at_(text.data()),
        end_(text.data() + text.size()),
        character_(character) {}

  // Returns false, having called the sink or not, at a code point that needs the general pipeline.
  bool run() {
    scratch_.words.clear();
    while (static_cast<size_t>(end_ - at_) >= BertScratch::kReadAhead) {
      if (!step()) return false;
    }
    // The rest is read where spaces follow it.
    const auto rest = static_cast<size_t>(end_ - at_);
    char* const copy = scratch_.rest.data();
    std::memcpy(copy, at_, rest);
    std::memset(copy + rest, ' ', BertScratch::kReadAhead);
    at_ = copy;
    end_ = copy + rest;
    while (at_ < end_) {
      if (!step()) return false;
    }
    flush();
    return true;
  }

 private:
  using Kind = BertTable::Kind;

  // From a word's beginning, or between words, to another such place.
  bool step() { return static_cast<signed char>(*at_) < 0 ? step_special() : step_block(); }

  bool step_block() {
    const BertBlock block = read_(at_);
    const int limit = block.special == 0 ? 64 : std::countr_zero(block.special);
    if (limit == 0) return step_special();
    const uint64_t kept = limit == 64 ? ~uint64_t{0} : (uint64_t{1} << limit) - 1;
    const uint64_t letters = block.letters & kept;
    uint64_t begins = letters & ~(letters << 1);
    uint64_t lasts = letters & ~(letters >> 1);
    int used = limit;
    bool careful = false;
    if (letters >> (limit - 1) & 1 && !ends_word(at_ + limit)) {
      used = 63 - std::countl_zero(begins);
      begins ^= uint64_t{1} << used;
      lasts ^= uint64_t{1} << (limit - 1);
      careful = limit < 64 || used == 0;
    }
    add_words(begins | (block.isolated & kept), lasts | (block.isolated & kept));
    at_ += used;
    character_ += static_cast<uint32_t>(used);
    return !careful || step_careful();
  }

  // Of a character after letters of a word: is it no part of the word, whatever follows?
  bool ends_word(const char* at) const {
    const Kind kind = table_.at(unicode::decode(at).code).kind;
    return kind == Kind::kSpace || kind == Kind::kIsolated;
  }

  // Words of the 64 bytes: where they begin, and their last bytes.
  void add_words(uint64_t begins, uint64_t lasts) {
    BertWord* next = scratch_.words.end();
    for (; begins != 0; begins &= begins - 1, lasts &= lasts - 1) {
      const auto begin = static_cast<uint32_t>(std::countr_zero(begins));
      const auto last = static_cast<uint32_t>(std::countr_zero(lasts));
      *next++ = {at_ + begin, last - begin + 1, character_ + begin};
    }
    scratch_.words.set_end(next);
    if (scratch_.words.full()) flush();
  }

  // One character that is no letter, or a word from such a one on.
  bool step_special() {
    const auto [code, bytes] = unicode::decode(at_);
    const BertTable::Entry entry = table_.at(code);
    if (entry.kind == Kind::kIsolated) {
      step_isolated(code, bytes, entry);
      return true;
    }
    if (entry.kind != Kind::kSpace) return step_careful();
    at_ += bytes;
    ++character_;
    return true;
  }

  void step_isolated(char32_t code, uint32_t bytes, BertTable::Entry entry) {
    // Quotation marks and dashes stand between words of letters; from here on, ideographs stand together.
    constexpr char32_t kIdeographs = 0x3000;
    if (entry.bytes == 0 && code < kIdeographs) {
      *scratch_.words.end() = {at_, bytes, character_};
      scratch_.words.set_end(scratch_.words.end() + 1);
      if (scratch_.words.full()) flush();
    } else {
      flush();
      const char* const stopped = sink_.isolated_run(at_, end_, character_);
      if (stopped != at_) {
        character_ += static_cast<uint32_t>(stopped - at_) / 3;
        at_ = stopped;
        return;
      }
      const char* const form = entry.bytes == 0 ? at_ : table_.form(entry);
      sink_.isolated(code, std::string_view(form, entry.bytes == 0 ? bytes : entry.bytes), character_);
    }
    at_ += bytes;
    ++character_;
  }

  // A word of characters that may change or go, up to what ends it.
  bool step_careful() {
    std::string& word = scratch_.word;
    word.clear();
    if constexpr (kDetails) scratch_.spans.clear();
    while (at_ < end_) {
      const auto [code, bytes] = unicode::decode(at_);
      const BertTable::Entry entry = table_.at(code);
      if (entry.kind == Kind::kGeneral) return false;
      if (entry.kind == Kind::kSpace || entry.kind == Kind::kIsolated) break;
      if (entry.kind == Kind::kLetter) {
        const size_t added = entry.bytes == 0 ? bytes : entry.bytes;
        word.append(entry.bytes == 0 ? at_ : table_.form(entry), added);
        if constexpr (kDetails) scratch_.spans.insert(scratch_.spans.end(), added, {character_, character_ + 1});
      }
      at_ += bytes;
      ++character_;
    }
    if (word.empty()) return true;
    flush();
    sink_.word(word, kDetails ? scratch_.spans.data() : nullptr);
    return true;
  }

  void flush() {
    if (scratch_.words.empty()) return;
    sink_.words(scratch_.words.all());
    scratch_.words.clear();
  }

  const BertTable& table_;
  BertScratch& scratch_;
  Sink& sink_;
  const ReadBertBlock read_ = bert_block_reader();
  const char* at_;
  const char* end_;
  uint32_t character_;
};

}  // namespace leanformers
