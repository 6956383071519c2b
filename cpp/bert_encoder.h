// Encodes a stretch of text by the words of BertNormalizer and BertPreTokenizer, in one pass over its original bytes.
//
// ASCII is read 64 bytes at a time, each block from a word's beginning, so that nothing before it counts. What is
// beyond ASCII is read character by character (scan/bert.h).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "plan.h"
#include "simd/instructions.h"
#include "word_lookup.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class BertEncoder {
 public:
  // `character` is the place in the text of the stretch.
  BertEncoder(const BertTable& table, Encoder& encoder, std::string_view text, uint32_t character)
      : table_(table),
        encoder_(encoder),
        scratch_(encoder.worker_.scratch),
        at_(text.data()),
        end_(text.data() + text.size()),
        character_(character),
        words_(encoder.worker_, encoder.out_) {
    words_.begin_text(end_);
  }

  // False, with tokens added or not, at a code point that needs the general pipeline.
  bool encode() {
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
    write();
    return true;
  }

 private:
  using Kind = BertTable::Kind;

  // Most characters here have three bytes.
  static unicode::Decoded decode(const char* at) {
    if ((*at & 0xF0) != 0xE0) return unicode::decode(at);
    const auto byte = [at](int i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
    return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  }

  // From a word's beginning, or between words, to another such place.
  bool step() { return static_cast<signed char>(*at_) < 0 ? step_special() : step_block(); }

  bool step_block() {
    const BertMasks masks = bert_masks_(at_);
    const int limit = masks.special == 0 ? 64 : std::countr_zero(masks.special);
    if (limit == 0) return step_special();
    const uint64_t kept = ~uint64_t{0} >> (64 - limit);
    const uint64_t letters = masks.letters & kept, isolated = masks.isolated & kept;
    uint64_t begins = letters & ~(letters << 1);
    uint64_t lasts = letters & ~(letters >> 1);
    if (letters >> (limit - 1) == 0 || ends_word(at_ + limit)) {
      add_words(begins | isolated, lasts | isolated);
      pass(limit);
      return true;
    }
    // The last word goes on.
    const int begun = 63 - std::countl_zero(begins);
    begins ^= uint64_t{1} << begun;
    lasts ^= uint64_t{1} << (limit - 1);
    add_words(begins | isolated, lasts | isolated);
    pass(begun);
    return (limit == 64 && begun != 0) || step_careful();
  }

  void pass(int ascii_characters) {
    at_ += ascii_characters;
    character_ += static_cast<uint32_t>(ascii_characters);
  }

  // Of a character after letters: is it no part of their word, whatever follows?
  bool ends_word(const char* at) const {
    const Kind kind = table_.at(unicode::decode(at).code).kind;
    return kind == Kind::kSpace || kind == Kind::kIsolated;
  }

  // Words of the next 64 bytes: where they begin, and their last bytes.
  void add_words(uint64_t begins, uint64_t lasts) {
    if (!words_.has_room(64)) write();
    if (plan().longest_word < 64) {
      for (uint64_t first = begins, last = lasts; first != 0; first &= first - 1, last &= last - 1) {
        const int begin = std::countr_zero(first);
        check_length({at_ + begin, static_cast<size_t>(std::countr_zero(last) - begin + 1)});
      }
    }
    words_.put({at_, begins, lasts, 0, 0, character_, lowercases_, true});
  }

  // A word that is known by its bytes in the text, but for the case of ASCII letters where it is short.
  void put(std::string_view word, uint32_t character) {
    if (word.size() > WordCache::kMaxBytes) return words_.put(word, character);
    words_.put(word, lowercases_ ? WordCache::lowercase_key(word) : WordCache::key(word, true), character);
  }

  // A character that is no ASCII letter, or a word from such a one on.
  bool step_special() {
    if (pass_known_characters()) return true;
    const auto [code, bytes] = unicode::decode(at_);
    const BertTable::Entry entry = table_.at(code);
    if (entry.kind != Kind::kSpace && entry.kind != Kind::kIsolated) return step_careful();
    if (entry.kind == Kind::kIsolated) add_isolated(code, bytes, entry);
    at_ += bytes;
    ++character_;
    return true;
  }

  void add_isolated(char32_t code, uint32_t bytes, BertTable::Entry entry) {
    // Quotation marks and dashes stand between words of letters; from here on, ideographs stand together.
    constexpr char32_t kIdeographs = 0x3000;
    if (entry.bytes == 0 && code < kIdeographs && bytes <= most_bytes_) return put_isolated(bytes);
    write();
    const WordTokens& tokens = encoder_.tokenize(entry.bytes == 0 ? std::string_view(at_, bytes) : table_.form(entry));
    if (entry.bytes == 0 && plan().longest_word > 0) encoder_.worker_.character_tokens.insert(code, tokens[0].id);
    encoder_.add_word(tokens, [this](uint32_t, uint32_t) { return Span{character_, character_ + 1}; });
  }

  // As another word that stands in the text as it is.
  void put_isolated(uint32_t bytes) {
    if (!words_.has_room(1)) write();
    put({at_, bytes}, character_);
  }

  // Characters of three bytes whose one token is known. Of a few, tokens are looked up together with those of the words
  // around them; a run of them has its tokens at once.
  bool pass_known_characters() {
    constexpr ptrdiff_t kRun = 64;
    const CharacterTokens& known = encoder_.worker_.character_tokens;
    std::array<uint32_t, kRun> ids;
    const ptrdiff_t most = std::min<ptrdiff_t>(kRun, (end_ - at_) / 3);
    const char* at = at_;
    ptrdiff_t count = 0;
    for (; count < most && (*at & 0xF0) == 0xE0; ++count, at += 3) {
      ids[count] = known.find(decode(at).code);
      if (ids[count] == CharacterTokens::kMissing) break;
    }
    if (count == 0) return false;
    constexpr ptrdiff_t kFew = 2;
    if (count <= kFew && most_bytes_ >= 3) {
      for (; count > 0; --count, at_ += 3, ++character_) put_isolated(3);
      return true;
    }
    write();
    Sequence& out = encoder_.out_;
    out.ids.insert(out.ids.end(), ids.data(), ids.data() + count);
    at_ = at;
    if constexpr (kDetails) {
      for (; count > 0; --count, ++character_) {
        out.spans.push_back({character_, character_ + 1});
        out.add_word_number();
        ++out.word_count;
      }
    } else {
      character_ += static_cast<uint32_t>(count);
    }
    return true;
  }

  // A word of characters that may change or go, up to what ends it.
  bool step_careful() {
    const char* const begin = at_;
    const uint32_t character = character_;
    bool empty = true;
    const char* at = at_;
    uint32_t passed = 0;
    for (; at < end_; ++passed) {
      const auto [code, bytes] = decode(at);
      const Kind kind = table_.at(code).kind;
      if (kind != Kind::kLetter) {
        if (kind == Kind::kGeneral) return false;
        if (kind != Kind::kDrop) break;
      } else {
        empty = false;
      }
      at += bytes;
    }
    at_ = at;
    character_ += passed;
    if (!empty) add_changed_word({begin, static_cast<size_t>(at - begin)}, character);
    return true;
  }

  // The caches know words by their bytes in the text, so that these need not be normalized.
  void add_changed_word(std::string_view word, uint32_t character) {
    if (!words_.has_room(1)) write();
    // Nothing has more than two characters a byte when it is normalized.
    if (word.size() * 2 > plan().longest_word) check_length(normalize(word));
    put(word, character);
  }

  // Writes the word to the scratch, and of each of its bytes the place in characters from the word's first one.
  std::string_view normalize(std::string_view word) {
    std::string& normalized = scratch_.word;
    normalized.clear();
    scratch_.spans.clear();
    uint32_t character = 0;
    for (const char* at = word.data(); at < word.data() + word.size(); ++character) {
      const auto [code, bytes] = unicode::decode(at);
      const BertTable::Entry entry = table_.at(code);
      if (entry.kind != Kind::kDrop) {
        const std::string_view form = entry.bytes == 0 ? std::string_view(at, bytes) : table_.form(entry);
        normalized += form;
        scratch_.spans.resize(normalized.size(), {character, character + 1});
      }
      at += bytes;
    }
    return normalized;
  }

  // Writes a word whose characters have a byte each, before and after, to the scratch. False: it has others.
  bool normalize_ascii(std::string_view word) {
    scratch_.word.resize(word.size());
    bool is_ascii = true;
    for (size_t i = 0; i < word.size(); ++i) {
      const char form = table_.byte_form(word[i]);
      scratch_.word[i] = form;
      is_ascii &= form != '\0';
    }
    return is_ascii;
  }

  // Caches do not remember what a word's length did.
  void check_length(std::string_view word) {
    if (word.size() > plan().longest_word && unicode::count_characters(word) > plan().longest_word) {
      encoder_.out_.has_long_word = true;
    }
  }

  void write() {
    if (words_.waiting() == 0) return;
    words_.write([this](const auto& word) -> const WordTokens& { return tokenize(word.text()); });
  }

  const WordTokens& tokenize(std::string_view word) {
    if (normalize_ascii(word)) return encoder_.tokenize(scratch_.word);
    encoder_.tokenize(normalize(word));
    for (WordToken& token : encoder_.worker_.tokens) {
      token.end = scratch_.spans[token.end - 1].end;
      token.begin = scratch_.spans[token.begin].begin;
    }
    return encoder_.worker_.tokens;
  }

  const Plan& plan() const { return encoder_.plan_; }

  const BertTable& table_;
  Encoder& encoder_;
  BertScratch& scratch_;
  const BertMasksFunction bert_masks_ = instructions().bert_masks;
  const bool lowercases_ = table_.lowercases();
  // Of words that the cache may have, whose length does nothing to them.
  const uint32_t most_bytes_ = std::min(uint32_t{WordCache::kMaxBytes}, plan().longest_word);
  const char* at_;
  const char* end_;
  uint32_t character_;  // the number of the next one
  WordLookup<kDetails> words_;
};

}  // namespace leanformers
