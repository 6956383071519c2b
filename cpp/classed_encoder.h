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

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class ClassedEncoder {
 public:
  // `first` is the place in the text of the stretch.
  ClassedEncoder(const WordClasses& classes, Encoder& encoder, std::string_view text, uint32_t first)
      : classes_(classes),
        encoder_(encoder),
        cache_(encoder.worker_.cache),
        at_(text.data()),
        end_(at_ + text.size()),
        passed_(at_),
        character_(first) {}

  void encode() {
    for (mark(); at_ < end_;) {
      if (!classes_.has_runs()) add_known_characters();
      if (at_ == end_) break;
      const char* const begin = at_;
      const auto [kind, bytes] = classes_.look(at_);
      if (kind == WordClasses::kDependent) {
        interpret();
        continue;
      }
      at_ += bytes;
      if (kind != WordClasses::kGap && kind != WordClasses::kDropped) {
        if (kind != WordClasses::kIsolated) at_ = classes_.run_end(at_, end_, kind);
        pass(begin);
        add({begin, at_});
      }
      if (classes_.is_barrier(*begin)) mark();
    }
  }

 private:
  // What there was at the last barrier.
  struct Mark {
    const char* at;
    const char* passed;
    uint32_t character;
    size_t tokens;
    int32_t words;
    bool has_long_word;
  };

  void mark() {
    const Sequence& out = encoder_.out_;
    mark_ = {at_, passed_, character_, out.ids.size(), out.word_count, out.has_long_word};
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
    encoder_.take_back(mark_.tokens, mark_.words);
    encoder_.out_.has_long_word = mark_.has_long_word;
    passed_ = mark_.passed;
    character_ = mark_.character;
    pass(mark_.at);
    Characters characters = read_characters({mark_.at, at_}, character_);
    normalize(encoder_.plan_.spec.normalizers, characters, character_);
    encoder_.interpret_words({std::move(characters), character_});
    pass(at_);
    mark();
  }

  // Characters that are words of the table, one after the other.
  void add_known_characters() {
    const CharacterTable& table = *encoder_.plan_.characters;
    Sequence& out = encoder_.out_;
    pass(at_);
    while (at_ < end_) {
      uint32_t ids[kBlock];
      size_t count = 0;
      for (; count < kBlock && at_ < end_; ++count) {
        const auto [code, bytes] = unicode::decode(at_);
        ids[count] = table.find(code);
        if (ids[count] == CharacterTable::kMissing) break;
        at_ += bytes;
      }
      out.ids.insert(out.ids.end(), ids, ids + count);
      if constexpr (kDetails) {
        for (size_t i = 0; i < count; ++i) {
          out.spans.push_back({character_ + static_cast<uint32_t>(i), character_ + static_cast<uint32_t>(i) + 1});
          out.words.push_back(out.word_count + static_cast<int32_t>(i));
        }
        character_ += static_cast<uint32_t>(count);
      }
      out.word_count += static_cast<int32_t>(count);
      if (count < kBlock) break;
    }
    passed_ = at_;
  }
  static constexpr size_t kBlock = 64;

  void add(std::string_view word) {
    const bool is_short = word.size() <= std::min<size_t>(WordCache::kMaxBytes, encoder_.plan_.longest_word);
    if (!is_short) return add_tokens(word, tokenize(word));
    const WordCache::Key key = WordCache::key(word, end_ - word.data() >= 16);
    if (const WordCache::Entry* entry = cache_.find(key)) {
      return WordCache::is_long(*entry) ? add_tokens(word, cache_.tokens_of(*entry)) : add_entry(word, *entry);
    }
    const WordTokens& tokens = tokenize(word);
    if (!vanished_) cache_.insert_any(key, tokens);
    add_tokens(word, tokens);
  }

  void add_entry(std::string_view word, const WordCache::Entry& entry) {
    const auto count = [word](uint32_t bytes) {
      return static_cast<uint32_t>(unicode::count_characters(word.substr(0, bytes)));
    };
    encoder_.add_entry(
        entry, [&](uint32_t from, uint32_t to) { return Span{character_ + count(from), character_ + count(to)}; });
  }

  void add_tokens(std::string_view word, std::span<const WordToken> tokens) {
    if (vanished_) {
      vanished_ = false;
      return;
    }
    CharacterCounter begins(word), ends(word);
    encoder_.add_word(tokens, [&](uint32_t from, uint32_t to) {
      return Span{character_ + begins.at(from), character_ + ends.at(to)};
    });
  }

  // The tokens of a word that the cache does not have, with offsets of whole characters in its bytes.
  const WordTokens& tokenize(std::string_view word) {
    std::string& text = encoder_.worker_.scratch.word;
    std::vector<Span>& sources = encoder_.worker_.scratch.spans;  // of each byte of the text, in bytes of the word
    if (classes_.changes(word)) {
      if (!normalize_word(word, text, sources)) {
        vanished_ = true;
        encoder_.worker_.tokens.clear();
        return encoder_.worker_.tokens;
      }
    } else {
      text = word;
      sources.clear();
      for (uint32_t at = 0; at < word.size(); at = sources.back().end) {
        const uint32_t bytes = unicode::decode(word.data() + at).bytes;
        sources.insert(sources.end(), bytes, {at, at + bytes});
      }
    }
    encoder_.tokenize(text);
    // A model's offsets may lie beyond the word: characters that vanished are not counted (traps of BPE).
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    for (WordToken& token : encoder_.worker_.tokens) {
      const uint32_t begin = std::min(token.begin, last);
      token.end = sources[std::min(std::max(token.begin + 1, token.end) - 1, last)].end;
      token.begin = sources[begin].begin;
    }
    return encoder_.worker_.tokens;
  }

  // Puts the word through the stages by itself: false, if nothing is left of it.
  bool normalize_word(std::string_view word, std::string& text, std::vector<Span>& sources) const {
    const Spec& spec = encoder_.plan_.spec;
    Characters characters;
    for (uint32_t at = 0; at < word.size();) {
      const auto [code, bytes] = unicode::decode(word.data() + at);
      characters.push_back({code, {at, at + bytes}});
      at += bytes;
    }
    normalize(spec.normalizers, characters);
    const std::vector<TextPiece> words = pre_tokenize(spec.pre_tokenizers, {std::move(characters), 0});
    sources.clear();
    text.clear();
    if (words.empty()) return false;
    text = to_utf8(words.front().characters, &sources);
    return true;
  }

  const WordClasses& classes_;
  Encoder& encoder_;
  WordCache& cache_;
  const char* at_;
  const char* end_;
  const char* passed_;  // up to where characters have been counted
  uint32_t character_;  // and how many there are
  Mark mark_{};
  bool vanished_ = false;  // the word that was tokenized last
};

}  // namespace leanformers
