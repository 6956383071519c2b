// Looks up the words between spaces in the caches and writes their tokens: the hot loop of SpacedEncoder.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at. What a token
// stands for is kept in characters from the first one of its word, so that nothing is counted for a known word.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "gathered_word.h"
#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

template <bool kDetails>
class SpacedWords {
 public:
  using Word = GatheredWord<kDetails>;

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
    const WordCache::Key key = key_of(word, unmarked);
    const uint32_t characters = kDetails ? count_characters(key, word.size()) : 0;
    const size_t place = places_.of(key);
    __builtin_prefetch(entries_ + place);
    (next_++)->set(key, word, place, character);
    return characters;
  }

  // Gathers a word whose tokens depend on more than its bytes.
  uint32_t put_new(std::string_view word, uint32_t character) {
    (next_++)->set({0, kNewWord}, word, 0, character);
    return kDetails ? static_cast<uint32_t>(unicode::count_characters(word)) : 0;
  }

  // A part of a word, to be looked up alone.
  Word part(std::string_view text, bool unmarked) const {
    const bool is_short = text.size() <= WordCache::kMaxBytes;
    const WordCache::Key key = is_short ? key_of(text, unmarked) : WordCache::Key{0, kNewWord};
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
    Room room = this->room(tokens.size());
    room.put(word, tokens);
    room.word += words_per_word_;
    finish(room);
  }

  // Remembers the tokens of a word; with details, which have their places in characters from the word's first one.
  // Changes `tokens`.
  void keep(const Word& word, WordTokens& tokens) {
    if (word.key.high == kNewWord) return;
    if constexpr (!kDetails) {
      for (WordToken& token : tokens) token.begin = token.end = 0;
    }
    if (word.is_long()) return keep_long(word, tokens);
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
  static constexpr uint64_t kNewWord = Word::kLong - 1;

  void prepare() {
    cache_.prepare();
    places_ = cache_.places();
    entries_ = cache_.entries();
  }

  [[gnu::always_inline]] WordCache::Key key_of(std::string_view word, bool unmarked) const {
    WordCache::Key key = WordCache::key(word, end_ - word.data() >= 16);
    if (unmarked) key.high ^= kUnmarked;
    return key;
  }

  uint32_t put_long(std::string_view word, bool unmarked, uint32_t character) {
    if (word.size() > LongWords::kMaxBytes) return put_new(word, character);
    const uint32_t hash = long_words_.hash(word) ^ uint32_t { unmarked };
    long_words_.prefetch_set(hash);
    (next_++)->set({hash, Word::kLong}, word, 0, character);
    return kDetails ? static_cast<uint32_t>(unicode::count_characters(word)) : 0;
  }

  static uint32_t count_characters(const WordCache::Key& key, size_t size) {
    // The first bit of each byte that goes on with a character, 10xxxxxx.
    const auto inner = [](uint64_t bytes) { return bytes >> 7 & ~(bytes >> 6) & 0x0101010101010101; };
    const uint64_t counts = inner(key.low) + inner(key.high & ~kSize);
    return static_cast<uint32_t>(size - (counts * 0x0101010101010101 >> 56));
  }

  // Where tokens are written to, of which there is room for enough. To be kept as a local variable: it is at hand then.
  struct Room {
    uint32_t* ids;
    Span* spans;     // with details
    int32_t* words;  // with details
    int32_t word;    // the number of the next one

    // What stands behind the ids of an entry is copied too, and those that count are read.
    void put(const Word& from, const WordCache::Entry& entry) {
      std::memcpy(ids, entry.ids, sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));
      if constexpr (kDetails) {
        for (size_t i = 0; i < WordCache::kMaxTokens; ++i) {
          spans[i] = {from.character + (entry.ends[i] >> 4), from.character + (entry.ends[i] & 0xFU)};
        }
        std::fill_n(words, WordCache::kMaxTokens, word);
      }
      pass(entry.count);
    }
    void put(const Word& from, std::span<const WordToken> tokens) {
      for (size_t i = 0; i < tokens.size(); ++i) ids[i] = tokens[i].id;
      if constexpr (kDetails) {
        for (size_t i = 0; i < tokens.size(); ++i) {
          spans[i] = {from.character + tokens[i].begin, from.character + tokens[i].end};
        }
        std::fill_n(words, tokens.size(), word);
      }
      pass(tokens.size());
    }
    // As long words are kept: ids, and as many places.
    void put(const Word& from, std::span<const uint32_t> known) {
      const size_t count = known.size() / 2;
      std::copy_n(known.data(), count, ids);
      if constexpr (kDetails) {
        for (size_t i = 0; i < count; ++i) {
          const uint32_t place = known[count + i];
          spans[i] = {from.character + (place >> 16), from.character + (place & 0xFFFF)};
        }
        std::fill_n(words, count, word);
      }
      pass(count);
    }

   private:
    void pass(size_t tokens) {
      ids += tokens;
      if constexpr (kDetails) {
        spans += tokens;
        words += tokens;
      }
    }
  };

  // Makes room for so many tokens more.
  Room room(size_t tokens) {
    const size_t filled = out_.ids.size();
    resize(filled + tokens);
    Room room{out_.ids.data() + filled, nullptr, nullptr, out_.word_count};
    if constexpr (kDetails) {
      room.spans = out_.spans.data() + filled;
      room.words = out_.words.data() + filled;
    }
    return room;
  }
  void finish(const Room& room) {
    resize(static_cast<size_t>(room.ids - out_.ids.data()));
    out_.word_count = room.word;
  }
  void resize(size_t size) {
    out_.ids.resize(size);
    if constexpr (kDetails) {
      out_.spans.resize(size);
      out_.words.resize(size);
    }
  }

  // Words up to the first one that its place in the cache does not have, which is returned.
  const Word* write_known(const Word* word) {
    Room room = this->room(static_cast<size_t>(next_ - word) * WordCache::kMostTokens);
    const WordCache::Entry* const entries = entries_;
    for (const Word* const end = next_; word != end; ++word) {
      const WordCache::Entry* entry = entries + word->place;
      entry += entry->differs(word->key);
      if (entry->differs(word->key) || (kDetails && has_no_places(*entry))) [[unlikely]]
        break;
      put_entry(room, *word, *entry);
    }
    finish(room);
    return word;
  }

  bool write_other(const Word& word) {
    if (word.key.high == kNewWord) return false;
    if (word.is_long()) return write_long(word);
    const WordCache::Entry* entry = cache_.find(word.key);
    if (entry == nullptr || (kDetails && has_no_places(*entry))) return false;
    Room room = this->room(WordCache::kMostTokens);
    put_entry(room, word, *entry);
    finish(room);
    return true;
  }

  bool write_long(const Word& word) {
    const std::span<const uint32_t> known = long_words_.find(word.text(), word.hash()).ids;
    if (known.empty() || (kDetails && known.back() == 0)) return false;
    Room room = this->room(known.size() / 2);
    room.put(word, known);
    room.word += words_per_word_;
    finish(room);
    return true;
  }

  void put_entry(Room& room, const Word& word, const WordCache::Entry& entry) const {
    WordCache::is_long(entry) ? room.put(word, cache_.tokens_of(entry)) : room.put(word, entry);
    room.word += words_per_word_;
  }

  // Of a word that was new where there were no details, only the ids are known.
  bool has_no_places(const WordCache::Entry& entry) const {
    return WordCache::is_long(entry) ? cache_.tokens_of(entry).back().end == 0 : entry.ends[0] == 0;
  }

  // Long words are kept with their ids and then, as as many ids more, the places of the tokens.
  void keep_long(const Word& word, WordTokens& tokens) {
    const size_t count = tokens.size();
    tokens.resize(count * 2);
    for (size_t i = 0; i < count; ++i) {
      tokens[count + i] = {tokens[i].begin << 16 | tokens[i].end, 0, 0};
      tokens[i].begin = tokens[i].end = 0;
    }
    long_words_.insert(word.text(), word.hash(), tokens);
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
