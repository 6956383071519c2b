// Looks up the words between spaces in the caches and writes their tokens: the hot loop of SpacedEncoder.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at. What a token
// stands for is kept in characters from the first one of its word, so that nothing is counted for a known word.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

template <bool kDetails>
class SpacedWords {
 public:
  struct Word {
    WordCache::Key key;  // of a long word its hash, and what no short word has
    const char* begin;
    uint32_t size;
    uint32_t place;      // in the cache
    uint32_t character;  // with details: the number of its first character

    std::string_view text() const { return {begin, size}; }
  };

  // `words_per_word`: 0 when the caller sees all of them as one word, otherwise 1. `end` is that of the text.
  SpacedWords(Worker& worker, Sequence& out, const char* end, int32_t words_per_word)
      : cache_(worker.cache), long_words_(worker.long_words), out_(out), end_(end), words_per_word_(words_per_word) {
    prepare();
  }

  bool has_room(size_t words) const { return static_cast<size_t>(words_.data() + words_.size() - next_) >= words; }

  // Gathers a word, and returns how many characters it has (with details). `unmarked` tells it from a word of the same
  // bytes that has a mark before it.
  uint32_t put(std::string_view word, bool unmarked, uint32_t character) {
    if (word.size() > WordCache::kMaxBytes) return put_long(word, unmarked, character);
    WordCache::Key key = WordCache::key(word, end_ - word.data() >= 16);
    const uint32_t characters = kDetails ? count_characters(key, word.size()) : 0;
    if (unmarked) key.high ^= kUnmarked;
    const size_t place = places_.of(key);
    __builtin_prefetch(entries_ + place);
    put(key, word, place, character);
    return characters;
  }

  // Gathers a word whose tokens depend on more than its bytes.
  uint32_t put_new(std::string_view word, uint32_t character) {
    put({0, kNewWord}, word, 0, character);
    return kDetails ? static_cast<uint32_t>(unicode::count_characters(word)) : 0;
  }

  // A part of a word, to be looked up alone.
  Word part(std::string_view text, bool unmarked) const {
    if (text.size() > WordCache::kMaxBytes)
      return {{0, kNewWord}, text.data(), static_cast<uint32_t>(text.size()), 0, 0};
    WordCache::Key key = WordCache::key(text, end_ - text.data() >= 16);
    if (unmarked) key.high ^= kUnmarked;
    return {key, text.data(), static_cast<uint32_t>(text.size()), 0, 0};
  }

  // Adds the tokens of a part that is known, and says whether it is. Their places are in characters from `first` on.
  bool append(const Word& part, uint32_t first, WordTokens& tokens) const {
    const WordCache::Entry* entry = part.key.high == kNewWord ? nullptr : cache_.find(part.key);
    if (entry == nullptr || (kDetails && has_no_places(*entry))) return false;
    if (WordCache::is_long(*entry)) {
      for (const auto& [id, begin, end] : cache_.tokens_of(*entry)) tokens.push_back({id, first + begin, first + end});
      return true;
    }
    for (size_t i = 0; i < entry->count; ++i) {
      tokens.push_back({entry->ids[i], first + (entry->ends[i] >> 4), first + (entry->ends[i] & 0xFU)});
    }
    return true;
  }

  // Writes the tokens of all words that have been gathered. `add_new(word)` writes those of a word that is not known,
  // or says no: then this does too, at once.
  template <typename AddNew>
  bool write(const AddNew& add_new) {
    for (const Word* word = words_.data();; ++word) {
      word = write_known(word);
      if (word == next_) break;
      if (!write_other(*word) && !add_new(*word)) return false;
    }
    next_ = words_.data();
    prepare();
    return true;
  }

  // Writes the tokens of a word that was new, which are as those of `keep`.
  void add(const Word& word, std::span<const WordToken> tokens) {
    const size_t at = out_.ids.size();
    resize(at + tokens.size());
    write(word, tokens, at);
    if constexpr (kDetails)
      std::fill_n(out_.words.begin() + static_cast<ptrdiff_t>(at), tokens.size(), out_.word_count);
    out_.word_count += words_per_word_;
  }

  // Remembers the tokens of a word; with details, which have their places in characters from the word's first one.
  // Changes `tokens`.
  void keep(const Word& word, WordTokens& tokens) {
    if (word.key.high == kNewWord) return;
    if constexpr (!kDetails) {
      for (WordToken& token : tokens) token.begin = token.end = 0;
    }
    if (word.key.high == kLongWord) return keep_long(word, tokens);
    if (tokens.size() > WordCache::kMaxTokens) return cache_.insert_any(word.key, tokens);
    // To the cache these are ends, each where the next token begins.
    uint32_t before = 0;
    for (WordToken& token : tokens) {
      const uint32_t place = token.begin << 4 | token.end;
      token.begin = std::exchange(before, place);
      token.end = place;
    }
    cache_.insert(word.key, tokens);
  }

 private:
  // Of a key: the byte with the size, and a bit that a word without a mark has.
  static constexpr uint64_t kSize = uint64_t{0xFF} << 56, kUnmarked = uint64_t{1} << 63;
  static constexpr uint64_t kLongWord = ~uint64_t{0}, kNewWord = kLongWord - 1;

  void prepare() {
    cache_.prepare();
    places_ = cache_.places();
    entries_ = cache_.entries();
  }

  void put(const WordCache::Key& key, std::string_view word, size_t place, uint32_t character) {
    // One by one: a key copied as a whole is read from the stack before it has got there.
    next_->key.low = key.low;
    next_->key.high = key.high;
    next_->begin = word.data();
    next_->size = static_cast<uint32_t>(word.size());
    next_->place = static_cast<uint32_t>(place);
    if constexpr (kDetails) next_->character = character;
    ++next_;
  }

  uint32_t put_long(std::string_view word, bool unmarked, uint32_t character) {
    if (word.size() > LongWords::kMaxBytes) return put_new(word, character);
    const uint32_t hash = long_words_.hash(word) ^ uint32_t { unmarked };
    long_words_.prefetch_set(hash);
    put({hash, kLongWord}, word, 0, character);
    return kDetails ? static_cast<uint32_t>(unicode::count_characters(word)) : 0;
  }

  static uint32_t count_characters(const WordCache::Key& key, size_t size) {
    // The first bit of each byte that goes on with a character, 10xxxxxx.
    const auto inner = [](uint64_t bytes) { return bytes >> 7 & ~(bytes >> 6) & 0x0101010101010101; };
    const uint64_t counts = inner(key.low) + inner(key.high & ~kSize);
    return static_cast<uint32_t>(size - (counts * 0x0101010101010101 >> 56));
  }

  // Words up to the first one that its place in the cache does not have, which is returned.
  const Word* write_known(const Word* word) {
    size_t filled = out_.ids.size();
    resize(filled + static_cast<size_t>(next_ - word) * WordCache::kMostTokens);
    for (; word != next_; ++word) {
      const WordCache::Entry* entry = entries_ + word->place;
      entry += entry->differs(word->key);
      if (entry->differs(word->key) || (kDetails && has_no_places(*entry))) [[unlikely]]
        break;
      filled += copy(*word, *entry, filled);
    }
    resize(filled);
    return word;
  }

  bool write_other(const Word& word) {
    if (word.key.high == kNewWord) return false;
    if (word.key.high == kLongWord) return write_long(word);
    const WordCache::Entry* entry = cache_.find(word.key);
    if (entry == nullptr || (kDetails && has_no_places(*entry))) return false;
    const size_t filled = out_.ids.size();
    resize(filled + WordCache::kMostTokens);
    resize(filled + copy(word, *entry, filled));
    return true;
  }

  // Of a word that was new where there were no details, only the ids are known.
  bool has_no_places(const WordCache::Entry& entry) const {
    return WordCache::is_long(entry) ? cache_.tokens_of(entry).back().end == 0 : entry.ends[0] == 0;
  }

  // Copies the tokens of an entry to where there is room for the most, and returns how many there are.
  size_t copy(const Word& word, const WordCache::Entry& entry, size_t at) {
    if (WordCache::is_long(entry)) {
      const std::span<const WordToken> tokens = cache_.tokens_of(entry);
      write(word, tokens, at);
    } else {
      // What stands behind the ids is copied too, and those that count are read.
      std::memcpy(&out_.ids[at], entry.ids, sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));
      if constexpr (kDetails) {
        Span* const spans = &out_.spans[at];
        for (size_t i = 0; i < WordCache::kMaxTokens; ++i) {
          spans[i] = span(word, entry.ends[i] >> 4, entry.ends[i] & 0xF);
        }
      }
    }
    if constexpr (kDetails) {
      std::fill_n(&out_.words[at], std::max<size_t>(WordCache::kMaxTokens, entry.count), out_.word_count);
      out_.word_count += words_per_word_;
    }
    return entry.count;
  }

  // Without the words' numbers.
  void write(const Word& word, std::span<const WordToken> tokens, size_t at) {
    for (size_t i = 0; i < tokens.size(); ++i) out_.ids[at + i] = tokens[i].id;
    if constexpr (kDetails) {
      Span* const spans = &out_.spans[at];
      for (size_t i = 0; i < tokens.size(); ++i) spans[i] = span(word, tokens[i].begin, tokens[i].end);
    }
  }

  static Span span(const Word& word, uint32_t begin, uint32_t end) {
    return {word.character + begin, word.character + end};
  }

  void resize(size_t size) {
    out_.ids.resize(size);
    if constexpr (kDetails) {
      out_.spans.resize(size);
      out_.words.resize(size);
    }
  }

  // Long words are kept with their ids and then, as as many ids more, the places of the tokens.
  bool write_long(const Word& word) {
    const std::span<const uint32_t> known = long_words_.find(word.text(), static_cast<uint32_t>(word.key.low)).ids;
    const auto ids = known.first(known.size() / 2), places = known.last(known.size() / 2);
    if (ids.empty() || (kDetails && places[0] == 0)) return false;
    const size_t at = out_.ids.size();
    resize(at + ids.size());
    std::copy(ids.begin(), ids.end(), &out_.ids[at]);
    if constexpr (kDetails) {
      Span* const spans = &out_.spans[at];
      for (size_t i = 0; i < ids.size(); ++i) spans[i] = span(word, places[i] >> 16, places[i] & 0xFFFF);
      std::fill_n(&out_.words[at], ids.size(), out_.word_count);
      out_.word_count += words_per_word_;
    }
    return true;
  }

  void keep_long(const Word& word, WordTokens& tokens) {
    const size_t count = tokens.size();
    tokens.resize(count * 2);
    for (size_t i = 0; i < count; ++i) {
      tokens[count + i] = {tokens[i].begin << 16 | tokens[i].end, 0, 0};
      tokens[i].begin = tokens[i].end = 0;
    }
    long_words_.insert(word.text(), static_cast<uint32_t>(word.key.low), tokens);
  }

  WordCache& cache_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  int32_t words_per_word_;
  WordCache::Places places_;
  const WordCache::Entry* entries_;
  std::array<Word, 192> words_;
  Word* next_ = words_.data();
};

}  // namespace leanformers
