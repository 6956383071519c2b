// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

template <bool kDetails>
class WordLookup {
 public:
  struct Word {
    WordCache::Key key;  // of a long word the hash alone
    const char* begin;
    uint32_t size;
    uint32_t character;  // with details: the number of its first character

    std::string_view text() const { return {begin, size}; }
    bool is_long() const { return size > WordCache::kMaxBytes; }
  };
  static constexpr size_t kRoom = 128;

  // `end` is that of the text.
  WordLookup(Worker& worker, Sequence& out, const char* end)
      : cache_(worker.cache), long_words_(worker.long_words), out_(out), end_(end) {
    cache_.prepare();
  }

  // Whether there is room for so many more words.
  bool has_room(size_t words) const { return count_ + words <= kRoom; }

  // Tokens of the word have offsets in its bytes, and these are one after the other in the text.
  void add(const char* begin, const char* end, uint32_t character) {
    const std::string_view word(begin, end);
    if (word.size() > WordCache::kMaxBytes) {
      const uint32_t hash = long_words_.hash(word);
      long_words_.prefetch(hash);
      words_[count_++] = {{hash, 0}, begin, static_cast<uint32_t>(word.size()), character};
    } else {
      add(word, WordCache::key(word, end_ - begin >= 16), character);
    }
  }
  // A word of at most WordCache::kMaxBytes that is known by this key.
  void add(std::string_view word, const WordCache::Key& key, uint32_t character) {
    cache_.prefetch(key);
    words_[count_++] = {key, word.data(), static_cast<uint32_t>(word.size()), character};
  }

  // Writes the tokens of all words. `tokenize(word)` gives those that are not known.
  template <typename Tokenize>
  void write(const Tokenize& tokenize) {
    make_room(count_);
    for (size_t i = 0; i < count_; ++i) {
      const Word& word = words_[i];
      if (word.is_long()) {
        write_long(word, count_ - i, tokenize);
        continue;
      }
      const WordCache::Entry& entry = cache_.look(word.key);
      if (entry.key != word.key || WordCache::is_long(entry)) [[unlikely]] {
        write_other(word, entry, count_ - i, tokenize);
        continue;
      }
      // All places of the entry are copied, and those that it uses count.
      std::memcpy(out_.ids.data() + filled_, entry.ids, sizeof entry.ids);
      if constexpr (kDetails) write_spans(word, entry);
      filled_ += entry.count;
      ++out_.word_count;
    }
    trim();
    count_ = 0;
  }

 private:
  void make_room(size_t words) {
    filled_ = out_.ids.size();
    resize(filled_ + words * WordCache::kMaxTokens);
  }
  void trim() { resize(filled_); }
  void resize(size_t size) {
    out_.ids.resize(size);
    if constexpr (kDetails) {
      out_.spans.resize(size);
      out_.words.resize(size);
    }
  }

  void write_spans(const Word& word, const WordCache::Entry& entry) {
    constexpr uint64_t kNotAscii = 0x8080808080808080;
    Span* spans = out_.spans.data() + filled_;
    std::fill_n(out_.words.data() + filled_, WordCache::kMaxTokens, out_.word_count);
    if (((word.key.low | (word.key.high << 8)) & kNotAscii) == 0) {
      uint32_t begin = word.character;
      for (size_t i = 0; i < WordCache::kMaxTokens; ++i) {
        const uint32_t end = word.character + entry.ends[i];
        spans[i] = {begin, end};
        begin = end;
      }
      return;
    }
    uint32_t begin = 0;
    for (size_t i = 0; i < entry.count; ++i) {
      spans[i] = span(word, begin, entry.ends[i]);
      begin = entry.ends[i];
    }
  }

  // Bytes of a character are each the whole of it.
  static Span span(const Word& word, uint32_t from, uint32_t to) {
    const auto characters = [&word](uint32_t bytes) {
      return static_cast<uint32_t>(unicode::count_characters({word.begin, bytes}));
    };
    const uint32_t begin = word.character + characters(from + 1) - 1;
    return {begin, std::max(word.character + characters(to), begin + 1)};
  }

  template <typename Tokenize>
  void write_other(const Word& word, const WordCache::Entry& entry, size_t left, const Tokenize& tokenize) {
    if (entry.key == word.key) return write_tokens(word, cache_.tokens_of(entry), left);
    const WordTokens& tokens = tokenize(word);
    write_tokens(word, tokens, left);
    cache_.insert_any(word.key, tokens);
  }

  template <typename Tokenize>
  void write_long(const Word& word, size_t left, const Tokenize& tokenize) {
    const auto hash = static_cast<uint32_t>(word.key.low);
    const LongWords::Tokens known = long_words_.find(word.text(), hash);
    if (known.ids.empty()) {
      const WordTokens& tokens = tokenize(word);
      write_tokens(word, tokens, left);
      return long_words_.insert(word.text(), hash, tokens);
    }
    trim();
    out_.ids.insert(out_.ids.end(), known.ids.begin(), known.ids.end());
    if constexpr (kDetails) {
      uint32_t begin = 0;
      for (size_t i = 0; i < known.ids.size(); ++i) {
        out_.spans.push_back(span(word, begin, known.ends[i]));
        begin = known.ends[i];
      }
      out_.words.resize(out_.ids.size(), out_.word_count);
    }
    ++out_.word_count;
    make_room(left);
  }

  void write_tokens(const Word& word, std::span<const WordToken> tokens, size_t left) {
    trim();
    for (const WordToken& token : tokens) {
      out_.ids.push_back(token.id);
      if constexpr (kDetails) out_.spans.push_back(span(word, token.begin, token.end));
    }
    if constexpr (kDetails) out_.words.resize(out_.ids.size(), out_.word_count);
    ++out_.word_count;
    make_room(left);
  }

  WordCache& cache_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  std::array<Word, kRoom> words_;
  size_t count_ = 0;
  size_t filled_ = 0;  // of the sequence, while it has more room
};

}  // namespace leanformers
