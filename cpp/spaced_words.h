// Looks up the words between spaces in the caches and writes their tokens: the hot loop of SpacedEncoder.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at. What a token
// stands for is kept in characters from the first one of its word, so that nothing is counted for a known word.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "gathered_word.h"
#include "plan.h"
#include "token_writer.h"
#include "unicode/unicode.h"

namespace leanformers {

template <bool kDetails>
class SpacedWords {
 public:
  using Word = GatheredWord;

  // `words_per_word`: 0 when the caller sees all of them as one word, otherwise 1. `end` is that of the text.
  SpacedWords(Worker& worker, Sequence& out, const char* end, int32_t words_per_word)
      : cache_(worker.cache), long_words_(worker.long_words), out_(out), end_(end), words_per_word_(words_per_word) {
    prepare();
  }

  bool has_room(size_t words) const { return GatheredWords::kRoom - count_ >= words; }

  // Gathers the words of a window, for which there is room.
  void put(const WindowWords& window) {
    const size_t first = std::exchange(count_, functions_.put(window, table_, words_, count_));
    for (uint64_t others = words_.others; others != 0; others &= others - 1) {
      const auto number = static_cast<size_t>(std::countr_zero(others));
      const std::string_view word(words_.begins[first + number], words_.sizes[number]);
      set_long(first + number, word, (window.unmarked >> (word.data() - window.text) & 1) != 0);
    }
  }

  // Gathers a word. `unmarked` tells it from a word of the same bytes that has a mark before it.
  void put(std::string_view word, bool unmarked, uint32_t character) {
    if (word.size() > LongWords::kMaxBytes) return put_new(word, character);
    words_.begins[count_] = word.data();
    words_.characters[count_] = character;
    if (word.size() > WordCache::kMaxBytes) return set_long(count_++, word, unmarked);
    const WordKey key = key_of(word, unmarked);
    words_.keys[count_] = key;
    words_.places[count_] = table_.place(key);
    __builtin_prefetch(table_.at(words_.places[count_]));
    ++count_;
  }

  // Gathers a word whose tokens depend on more than its bytes.
  void put_new(std::string_view word, uint32_t character) {
    words_.begins[count_] = word.data();
    words_.characters[count_] = character;
    words_.keys[count_] = {uint64_t{word.size()} << 32, kNewWord};
    words_.places[count_++] = 0;
  }

  // A part of a word, to be looked up alone.
  Word part(std::string_view text, bool unmarked) const {
    const bool is_short = text.size() <= WordCache::kMaxBytes;
    return {is_short ? key_of(text, unmarked) : WordKey{uint64_t{text.size()} << 32, kNewWord}, text.data()};
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
      tokens.push_back({entry->ids[i], first + (entry->places[i] >> 4), first + (entry->places[i] & 0xFU)});
    }
    return true;
  }

  // Writes the tokens of all words that have been gathered. `add_new(word)` writes those of a word that is not known,
  // or says no: then this does too, at once.
  template <typename AddNew>
  bool write(const AddNew& add_new) {
    Writer writer(out_, words_per_word_);
    for (size_t i = 0; i < count_; ++i) {
      writer.make_room((count_ - i) * Writer::kRoomOfWord);
      i = functions_.write(words_, i, count_, cache_.table(), {}, writer.columns());
      if (i == count_) break;
      const Word word(words_, i);
      if (write_other(writer, word)) continue;
      writer.finish();
      if (!add_new(word)) return false;
      writer = Writer(out_, words_per_word_);
    }
    writer.finish();
    count_ = 0;
    prepare();
    return true;
  }

  // Writes the tokens of a word that was new, which are as those of `keep`.
  void add(const Word& word, std::span<const WordToken> tokens) {
    Writer writer(out_, words_per_word_);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    writer.finish();
  }

  // Remembers the tokens of a word; with details, which have their places in characters from the word's first one.
  // Changes `tokens`.
  void keep(const Word& word, WordTokens& tokens) {
    if (word.key.high == kNewWord) return;
    if constexpr (!kDetails) {
      for (WordToken& token : tokens) token.begin = token.end = 0;
    }
    word.is_long() ? long_words_.insert(word.text(), word.hash(), tokens) : cache_.insert(word.key, tokens);
  }

 private:
  using Writer = TokenWriter<kDetails>;

  static constexpr uint64_t kNewWord = Word::kLong - 2;

  void prepare() {
    cache_.prepare();
    table_ = cache_.table();
  }

  WordKey key_of(std::string_view word, bool unmarked) const {
    WordKey key = WordCache::key(word, end_ - word.data() >= 16);
    if (unmarked) key.high |= WordKey::kUnmarked;
    return key;
  }

  void set_long(size_t number, std::string_view word, bool unmarked) {
    const uint32_t hash = long_words_.hash(word) ^ uint32_t { unmarked };
    long_words_.prefetch_set(hash);
    words_.keys[number] = {uint64_t{word.size()} << 32 | hash, Word::kLong};
    words_.places[number] = 0;
  }

  bool write_other(Writer& writer, const Word& word) const {
    if (word.key.high == kNewWord) return false;
    if (word.is_long()) return write_long(writer, word);
    const WordEntry* entry = cache_.find(word.key);
    return entry != nullptr && writer.put(word.character, *entry, cache_.table());
  }

  bool write_long(Writer& writer, const Word& word) const {
    const LongWords::Tokens known = long_words_.find(word.text(), word.hash());
    if (known.ids.empty() || (kDetails && known.places[0] == 0)) return false;
    writer.make_room(known.ids.size());
    writer.put(word.character, known);
    return true;
  }

  // Of a word that was new where there were no details, only the ids are known.
  bool has_no_places(const WordCache::Entry& entry) const {
    return WordCache::is_long(entry) ? cache_.tokens_of(entry).front().end == 0 : entry.places[0] == 0;
  }

  WordCache& cache_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  int32_t words_per_word_;
  const WordFunctions functions_ = instructions().words(details_of<kDetails>(out_));
  WordTable table_;
  GatheredWords words_;
  size_t count_ = 0;
};

}  // namespace leanformers
