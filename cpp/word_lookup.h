// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

template <bool kDetails>
class WordLookup {
 public:
  struct Word {
    WordCache::Key key;  // of a long word its hash, and what no short word has
    const char* begin;
    uint32_t size;
    uint32_t place;      // in the cache
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

  // Words are put from here on, at most kRoom of them.
  Word* words() { return words_.data(); }
  bool has_room(const Word* at, size_t words) const { return at + words <= words_.data() + kRoom; }

  // Puts a word and returns the next place. Tokens of the word have offsets in its bytes, and these are one after the
  // other in the text.
  Word* put(Word* at, const char* begin, const char* end, uint32_t character) const {
    const std::string_view word(begin, end);
    if (word.size() <= WordCache::kMaxBytes) {
      return put(at, word, WordCache::key(word, end_ - begin >= 16), character);
    }
    const uint32_t hash = long_words_.hash(word);
    long_words_.prefetch(hash);
    *at = {{hash, kLongWord}, begin, static_cast<uint32_t>(word.size()), 0, character};
    return at + 1;
  }
  // A word of at most WordCache::kMaxBytes that is known by this key.
  Word* put(Word* at, std::string_view word, const WordCache::Key& key, uint32_t character) const {
    const auto place = static_cast<uint32_t>(cache_.place(key));
    cache_.prefetch(place);
    *at = {key, word.data(), static_cast<uint32_t>(word.size()), place, character};
    return at + 1;
  }

  // Writes the tokens of all words before `end`. `tokenize(word)` gives those that are not known.
  template <typename Tokenize>
  void write(const Word* end, const Tokenize& tokenize) {
    filled_ = out_.ids.size();
    for (const Word* word = words_.data(); word != end; ++word) {
      word = write_known(word, end);
      if (word == end) break;
      write_other(*word, tokenize);
    }
    cache_.prepare();
  }

 private:
  // An entry of the cache with its ids is copied as a whole, and those that it has count.
  static constexpr size_t kCopied = 4;
  static_assert(kCopied * sizeof(uint32_t) == sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));

  // Words up to the first one that the cache does not have with all of its tokens, which is returned.
  const Word* write_known(const Word* word, const Word* end) {
    resize(filled_ + static_cast<size_t>(end - word) * kCopied);
    uint32_t* ids = out_.ids.data() + filled_;
    const WordCache::Entry* const entries = cache_.entries();
    for (; word != end; ++word) {
      const WordCache::Entry* entry = entries + word->place;
      entry += entry->differs(word->key);
      if (entry->differs(word->key) || WordCache::is_long(*entry)) [[unlikely]]
        break;
      if constexpr (kDetails) write_spans(*word, *entry, ids - out_.ids.data());
      std::memcpy(ids, entry->ids, kCopied * sizeof(uint32_t));
      ids += entry->count;
      if constexpr (kDetails) ++out_.word_count;
    }
    filled_ = static_cast<size_t>(ids - out_.ids.data());
    resize(filled_);
    return word;
  }

  void resize(size_t size) {
    out_.ids.resize(size);
    if constexpr (kDetails) {
      out_.spans.resize(size);
      out_.words.resize(size);
    }
  }

  void write_spans(const Word& word, const WordCache::Entry& entry, ptrdiff_t at) {
    constexpr uint64_t kNotAscii = 0x8080808080808080;
    Span* spans = out_.spans.data() + at;
    std::fill_n(out_.words.data() + at, WordCache::kMaxTokens, out_.word_count);
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
  void write_other(const Word& word, const Tokenize& tokenize) {
    if (word.is_long()) {
      write_long(word, tokenize);
    } else if (const WordCache::Entry* entry = cache_.find(word.key)) {
      write_tokens(word, cache_.tokens_of(*entry));
    } else {
      const WordTokens& tokens = tokenize(word);
      write_tokens(word, tokens);
      cache_.insert_any(word.key, tokens);
    }
    filled_ = out_.ids.size();
    if constexpr (kDetails) {
      out_.words.resize(filled_, out_.word_count);
      ++out_.word_count;
    }
  }

  template <typename Tokenize>
  void write_long(const Word& word, const Tokenize& tokenize) {
    const auto hash = static_cast<uint32_t>(word.key.low);
    const LongWords::Tokens known = long_words_.find(word.text(), hash);
    if (known.ids.empty()) {
      const WordTokens& tokens = tokenize(word);
      write_tokens(word, tokens);
      return long_words_.insert(word.text(), hash, tokens);
    }
    out_.ids.insert(out_.ids.end(), known.ids.begin(), known.ids.end());
    if constexpr (kDetails) {
      uint32_t begin = 0;
      for (size_t i = 0; i < known.ids.size(); ++i) {
        out_.spans.push_back(span(word, begin, known.ends[i]));
        begin = known.ends[i];
      }
    }
  }

  void write_tokens(const Word& word, std::span<const WordToken> tokens) {
    for (const WordToken& token : tokens) {
      out_.ids.push_back(token.id);
      if constexpr (kDetails) out_.spans.push_back(span(word, token.begin, token.end));
    }
  }

  static constexpr uint64_t kLongWord = ~uint64_t{0};

  WordCache& cache_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  std::array<Word, kRoom> words_;
  size_t filled_ = 0;  // tokens of the sequence, while it has more room
};

}  // namespace leanformers
