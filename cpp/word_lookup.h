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
  static constexpr size_t kRoom = 128;  // for words, between two writes

  // `end` is that of the text.
  WordLookup(Worker& worker, Sequence& out, const char* end)
      : cache_(worker.cache), long_words_(worker.long_words), out_(out), end_(end) {
    cache_.prepare();
  }

  // Puts words into their places, one after the other. To be kept as a local variable: what it reads is at hand then.
  class Putter {
   public:
    bool has_room(size_t words) const { return static_cast<size_t>(last_ - next_) >= words; }

    // Tokens of the word have offsets in its bytes, and these are one after the other in the text.
    void put(const char* begin, const char* end, uint32_t character) {
      const std::string_view word(begin, end);
      if (word.size() <= WordCache::kMaxBytes) {
        return put(word, WordCache::key(word, end_ - begin >= 16), character);
      }
      const uint32_t hash = long_words_->hash(word);
      long_words_->prefetch_set(hash);
      has_long_word_ = true;
      *next_++ = {{hash, kLongWord}, begin, static_cast<uint32_t>(word.size()), 0, character};
    }
    // A word of at most WordCache::kMaxBytes that is known by this key.
    void put(std::string_view word, const WordCache::Key& key, uint32_t character) {
      const size_t place = places_.of(key);
      __builtin_prefetch(entries_ + place);
      // One by one: a key copied as a whole is read from the stack before it has got there.
      next_->key.low = key.low;
      next_->key.high = key.high;
      next_->begin = word.data();
      next_->size = static_cast<uint32_t>(word.size());
      next_->place = static_cast<uint32_t>(place);
      if constexpr (kDetails) next_->character = character;
      ++next_;
    }

   private:
    friend class WordLookup;
    Word* next_;
    const Word* last_;
    const char* end_;
    WordCache::Places places_;
    const WordCache::Entry* entries_;
    const LongWords* long_words_;
    bool has_long_word_ = false;
  };

  Putter putter() {
    Putter putter;
    putter.next_ = words_.data();
    putter.last_ = words_.data() + words_.size();
    putter.end_ = end_;
    putter.places_ = cache_.places();
    putter.entries_ = cache_.entries();
    putter.long_words_ = &long_words_;
    return putter;
  }

  // Writes the tokens of all words that have been put, and returns what puts the next ones. `tokenize(word)` gives the
  // tokens of words that are not known.
  template <typename Tokenize>
  Putter write(const Putter& putter, const Tokenize& tokenize) {
    const Word* const end = putter.next_;
    if (putter.has_long_word_) {
      for (const Word* word = words_.data(); word != end; ++word) {
        if (word->is_long()) long_words_.prefetch_record(static_cast<uint32_t>(word->key.low));
      }
    }
    filled_ = out_.ids.size();
    for (const Word* word = words_.data(); word != end; ++word) {
      word = write_known(word, end);
      if (word == end) break;
      write_other(*word, tokenize);
    }
    cache_.prepare();
    return this->putter();
  }

 private:
  // Words up to the first one that the cache does not have, which is returned.
  const Word* write_known(const Word* word, const Word* end) {
    resize(filled_ + static_cast<size_t>(end - word) * WordCache::kMostTokens);
    uint32_t* ids = out_.ids.data() + filled_;
    const WordCache::Entry* const entries = cache_.entries();
    for (; word != end; ++word) {
      const WordCache::Entry* entry = entries + word->place;
      entry += entry->differs(word->key);
      if (entry->differs(word->key)) [[unlikely]]
        break;
      ids = copy(*word, *entry, ids);
      if constexpr (kDetails) ++out_.word_count;
    }
    filled_ = static_cast<size_t>(ids - out_.ids.data());
    resize(filled_);
    return word;
  }

  // Copies the tokens of an entry to where there is room for the most, and returns their end.
  uint32_t* copy(const Word& word, const WordCache::Entry& entry, uint32_t* ids) {
    if (WordCache::is_long(entry)) {
      const std::span<const WordToken> tokens = cache_.tokens_of(entry);
      for (size_t i = 0; i < tokens.size(); ++i) ids[i] = tokens[i].id;
      if constexpr (kDetails) write_spans(word, tokens, ids - out_.ids.data());
    } else {
      // The ids are copied with what stands behind them: those that count are read.
      std::memcpy(ids, entry.ids, sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));
      if constexpr (kDetails) write_spans(word, entry, ids - out_.ids.data());
    }
    return ids + entry.count;
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

  void write_spans(const Word& word, std::span<const WordToken> tokens, ptrdiff_t at) {
    for (size_t i = 0; i < tokens.size(); ++i) out_.spans[at + i] = span(word, tokens[i].begin, tokens[i].end);
    std::fill_n(out_.words.data() + at, tokens.size(), out_.word_count);
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
      write_entry(word, *entry);
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

  void write_entry(const Word& word, const WordCache::Entry& entry) {
    const size_t filled = out_.ids.size();
    resize(filled + WordCache::kMostTokens);
    resize(static_cast<size_t>(copy(word, entry, out_.ids.data() + filled) - out_.ids.data()));
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
