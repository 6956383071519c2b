// Encodes a stretch of text by the classes of its characters (scan/word_classes.h): words are remembered with their
// tokens under the bytes that they have in the text, and characters that are words are looked up in a table.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "characters.h"
#include "normalizers.h"
#include "plan.h"
#include "pre_tokenizers.h"
#include "unicode/unicode.h"
#include "word_lookup.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class ClassedEncoder {
 public:
  // `first` is the place in the text of the stretch.
  ClassedEncoder(const WordClasses& classes, Encoder& encoder, std::string_view text, uint32_t first)
      : classes_(classes),
        encoder_(encoder),
        out_(encoder.out_),
        at_(text.data()),
        end_(at_ + text.size()),
        passed_(at_),
        character_(first),
        longest_unchanged_(std::min<size_t>(encoder.plan_.longest_word, LongWords::kMaxBytes)),
        longest_(std::min<size_t>(encoder.plan_.longest_word / classes.growth(), LongWords::kMaxBytes)),
        lookup_(encoder.worker_, out_, end_) {}

  void encode() {
    next_ = lookup_.words();
    for (mark(); at_ < end_;) {
      if (encoder_.plan_.characters && add_known_characters()) continue;
      const char* const begin = at_;
      const auto [kind, bytes] = classes_.look(at_);
      if (kind == WordClasses::kDependent) {
        interpret();
        continue;
      }
      at_ += bytes;
      if (kind != WordClasses::kGap && kind != WordClasses::kDropped) {
        if (kind != WordClasses::kIsolated) at_ = classes_.run_end(at_, end_, kind);
        add({begin, at_});
      }
      if (classes_.has_dependent() && classes_.is_barrier(*begin)) mark();
    }
    write(next_);
  }

 private:
  using Word = typename WordLookup<kDetails>::Word;
  // What there was at the last barrier.
  struct Mark {
    const char* at;
    const char* passed;
    uint32_t character;
    Word* next;  // of the words to be looked up; null: tokens and words have been written since
    size_t tokens;
    int32_t words;
    bool has_long_word;
  };

  void mark() { mark_ = {at_, passed_, character_, next_, 0, 0, false}; }

  // The words before the mark are written, and what there is then is kept with it.
  void write_before_mark() {
    if (mark_.next == nullptr) return;
    Word* const next = mark_.next;
    write(next);
    mark_.next = nullptr;
    mark_.tokens = out_.ids.size();
    mark_.words = out_.word_count;
    mark_.has_long_word = out_.has_long_word;
  }

  void write(Word* end) {
    lookup_.write(end, [this](const Word& word) -> const WordTokens& { return tokenize(word.text()); });
  }

  // Makes room for words.
  void flush() {
    if (classes_.has_dependent() && mark_.next != nullptr) {
      const std::span<const Word> rest(mark_.next, next_);
      write_before_mark();
      next_ = lookup_.words();
      for (const Word word : rest) {  // the cache may have grown, so that their places are others
        next_ = lookup_.put(next_, word.begin, word.begin + word.size, word.character);
      }
    }
    write(next_);
    next_ = lookup_.words();
  }

  // Goes on counting characters up to `at`.
  void pass(const char* at) {
    if constexpr (kDetails) {
      const auto bytes = static_cast<size_t>(at - passed_);
      character_ += static_cast<uint32_t>(bytes == 1 ? 1 : unicode::count_characters({passed_, bytes}));
    }
    passed_ = at;
  }

  // Where a character depends on its neighbours: all between two barriers goes through the general pipeline.
  void interpret() {
    while (at_ < end_ && !classes_.is_barrier(*at_)) ++at_;
    write_before_mark();
    next_ = lookup_.words();
    encoder_.take_back(mark_.tokens, mark_.words);
    out_.has_long_word = mark_.has_long_word;
    passed_ = mark_.passed;
    character_ = mark_.character;
    pass(mark_.at);
    Characters characters = read_characters({mark_.at, at_}, character_);
    normalize(encoder_.plan_.spec.normalizers, characters, character_);
    encoder_.interpret_words({std::move(characters), character_});
    pass(at_);
    mark();
  }

  static constexpr size_t kBlock = 256;  // of characters

  // Characters that are words of the table, one after the other; false: the next one is not.
  bool add_known_characters() {
    const CharacterTable& table = *encoder_.plan_.characters;
    if (table.find(unicode::decode(at_).code) == CharacterTable::kMissing) return false;
    flush();
    pass(at_);
    const size_t before = out_.ids.size();
    const size_t room = std::min(static_cast<size_t>(end_ - at_), kBlock);
    out_.ids.resize(before + room);
    uint32_t* id = out_.ids.data() + before;
    for (const uint32_t* const last = id + room; at_ < end_ && id < last; ++id) {
      const auto [code, bytes] = unicode::decode(at_);
      *id = table.find(code);
      if (*id == CharacterTable::kMissing) break;
      at_ += bytes;
    }
    const auto count = static_cast<uint32_t>(id - out_.ids.data() - before);
    out_.ids.resize(before + count);
    if constexpr (kDetails) {
      out_.spans.resize(before + count);
      out_.words.resize(before + count);
      for (uint32_t i = 0; i < count; ++i) {
        out_.spans[before + i] = {character_ + i, character_ + i + 1};
        out_.words[before + i] = out_.word_count + static_cast<int32_t>(i);
      }
      character_ += count;
      out_.word_count += static_cast<int32_t>(count);
    }
    passed_ = at_;
    return true;
  }

  void add(std::string_view word) {
    pass(word.data());
    if (!lookup_.has_room(next_, 1)) flush();
    if (is_looked_up(word)) {
      next_ = lookup_.put(next_, word.data(), word.data() + word.size(), character_);
      return;
    }
    flush();
    CharacterCounter begins(word), ends(word);
    encoder_.add_word(tokenize(word), [&](uint32_t from, uint32_t to) {
      return Span{character_ + begins.at(from + 1) - 1, character_ + ends.at(to)};
    });
  }

  // Not what may be too long for the model, which is to be told each time, nor what is too long to be kept.
  bool is_looked_up(std::string_view word) const {
    if (word.size() <= longest_) return true;
    return word.size() <= longest_unchanged_ && classes_.growth() > 1 && !classes_.changes(word);
  }

  // The tokens of a word that the caches do not have, with offsets in its bytes. A model's own offsets may lie beyond
  // what it was given: characters that vanished are not counted (traps of BPE).
  const WordTokens& tokenize(std::string_view word) {
    WordTokens& tokens = encoder_.worker_.tokens;
    if (!classes_.changes(word)) {
      encoder_.tokenize(word);
      const auto last = static_cast<uint32_t>(word.size()) - 1;
      for (WordToken& token : tokens) {
        token.begin = std::min(token.begin, last);
        token.end = std::clamp(token.end, token.begin + 1, last + 1);
      }
      return tokens;
    }
    std::vector<Span>& sources = encoder_.worker_.scratch.spans;  // of each byte of the text, in bytes of the word
    sources.clear();
    const std::string text = to_utf8(normalized(word), &sources);
    encoder_.tokenize(text);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    for (WordToken& token : tokens) {
      token.end = sources[std::min(std::max(token.begin + 1, token.end) - 1, last)].end;
      token.begin = sources[std::min(token.begin, last)].begin;
    }
    return tokens;
  }

  // The word as the stages make it of these characters alone, which stand for its bytes. Something is left of it, for
  // else they would be in no word.
  Characters normalized(std::string_view word) const {
    const Spec& spec = encoder_.plan_.spec;
    Characters characters;
    for (uint32_t at = 0; at < word.size();) {
      const auto [code, bytes] = unicode::decode(word.data() + at);
      characters.push_back({code, {at, at + bytes}});
      at += bytes;
    }
    normalize(spec.normalizers, characters);
    return std::move(pre_tokenize(spec.pre_tokenizers, {std::move(characters), 0}).front().characters);
  }

  const WordClasses& classes_;
  Encoder& encoder_;
  Sequence& out_;
  const char* at_;
  const char* end_;
  const char* passed_;                  // up to where characters have been counted
  uint32_t character_;                  // and how many there are
  size_t longest_unchanged_, longest_;  // bytes of words that are looked up, if no normalizer changes them and if so
  WordLookup<kDetails> lookup_;
  Word* next_ = nullptr;  // where the next word is put
  Mark mark_{};
};

}  // namespace leanformers
