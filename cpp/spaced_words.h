// Looks up the words between spaces in the caches and writes their tokens: the hot loop of SpacedEncoder.
//
// What a token stands for is kept in characters from the first one of its word, so that nothing is counted for a known
// word.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "longer_words.h"
#include "new_words.h"
#include "plan.h"
#include "token_writer.h"
#include "unicode/unicode.h"
#include "word_gatherer.h"

namespace leanformers {

template <bool kDetails>
class SpacedWords {
 public:
  using Word = GatheredWord;
  using Writer = TokenWriter<kDetails>;

  // `words_per_word`: 0 when the caller sees all of them as one word, otherwise 1.
  SpacedWords(Worker& worker, Sequence& out, int32_t words_per_word)
      : cache_(worker.cache), longer_words_(worker), out_(out), words_per_word_(words_per_word), words_(out) {
    prepare();
  }

  // Words that come are those of a text with this end.
  void begin_text(const char* end) { words_.begin_text(end); }
  // What comes belongs to the next text. There is room for an end.
  void end_text() { words_.end_text(); }
  bool has_room_for_end() const { return words_.has_room_for_end(); }
  // That have ended, and whose words wait.
  size_t texts() const { return words_.ends().size(); }

  bool has_room(size_t words) const { return words_.has_room(words); }

  // The words of a window, for which there is room.
  void put(const WindowWords& window) {
    words_.put(window, [&](std::string_view word) {
      return longer_words_.key_of(word, (window.unmarked >> (word.data() - window.text) & 1) != 0);
    });
  }
  // `unmarked` tells a word from one of the same bytes that has a mark before it.
  void put(std::string_view word, bool unmarked, uint32_t character) {
    if (word.size() > LongWords::kMaxBytes) return put_new(word, character);
    if (word.size() > WordCache::kMaxBytes)
      return words_.put_other(word, longer_words_.key_of(word, unmarked), character);
    words_.put(word, key_of(word, unmarked), character);
  }
  // A word whose tokens depend on more than its bytes.
  void put_new(std::string_view word, uint32_t character) { words_.put_other(word, key_of_new(word), character); }

  // A part of a word, to be looked up alone.
  Word part(std::string_view text, bool unmarked) const {
    const bool is_short = text.size() <= WordCache::kMaxBytes;
    return {is_short ? key_of(text, unmarked) : key_of_new(text), text.data()};
  }

  // Adds the tokens of a part that is known, and says whether it is. Their places are in characters from `first` on.
  bool append(const Word& part, uint32_t first, WordTokens& tokens) const {
    const WordCache::Entry* entry = part.is_new() ? nullptr : cache_.find(part.key);
    if (entry == nullptr) return false;
    const auto [ids, places] = cache_.tokens_of(*entry);
    if (places[0] == 0) return false;  // not known
    for (size_t i = 0; i < ids.size(); ++i) {
      tokens.push_back({ids[i], first + (places[i] >> 4), first + (places[i] & 0xFU)});
    }
    return true;
  }

  // Writes the tokens of all words that wait, of one text after the other. Of `new_words` it calls
  // - `begin_text(number)` before words of the text with this number are looked at, or of the one that has not ended;
  // - `search()`, `add_text_of(word, some)` and `keep(word, tokens)` as `tokenize_new` wants them;
  // - `add_new(word)` for a word that is still not known, to write its tokens, or to say no: then no more of its text
  //   are written;
  // - `end_text(number, written, writer)` where a text ends, if all of it was written or not.
  // Returns whether all words of the text that has not ended were.
  template <typename NewWords>
  bool write(NewWords& new_words) {
    longer_words_.prefetch(words_);
    has_learnt_ = false;
    Writer writer = new_writer();
    size_t first = 0, number = 0;
    for (const uint16_t end : words_.ends()) {
      new_words.begin_text(number);
      const bool written = write(first, end, writer, new_words);
      new_words.end_text(number++, written, writer);
      first = end;
    }
    new_words.begin_text(number);
    const bool written = write(first, words_.count(), writer, new_words);
    writer.finish();
    prepare();
    return written;
  }

  // For tokens behind those that the sequence has.
  Writer new_writer() { return Writer(out_, words_per_word_); }

  // Writes the tokens of a word that was new, which are as those of `keep`.
  void add(const Word& word, std::span<const WordToken> tokens) {
    Writer writer = new_writer();
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    writer.finish();
  }

  // Remembers the tokens of a word, whose places are in characters from the word's first one, or all 0.
  void keep(const Word& word, std::span<const WordToken> tokens, bool are_several_words = false) {
    if (word.is_new()) return;
    word.is_longer() ? longer_words_.insert(word, tokens, are_several_words)
                     : cache_.insert(word.key, tokens, are_several_words);
  }

  // Before words are gathered, and after the caches have been changed by others.
  void prepare() {
    cache_.prepare();
    longer_words_.prepare();
    words_.begin(cache_.table());
  }

 private:
  template <typename NewWords>
  bool write(size_t first, size_t end, Writer& writer, NewWords& new_words) {
    for (size_t i = first; i < end; ++i) {
      i = words_.write(i, end, cache_.table(), longer_words_.table(), writer);
      if (i == end) break;
      const Word word = words_[i];
      if (write_other(writer, word)) continue;
      if (!std::exchange(has_learnt_, true) && new_words.search() != nullptr) {
        learn(i--, new_words);
        continue;
      }
      writer.finish();
      const bool written = new_words.add_new(word);
      writer = new_writer();
      if (!written) return false;
    }
    return true;
  }

  // Tokenizes the new ones of the words from `first` on side by side.
  template <typename NewWords>
  void learn(size_t first, NewWords& new_words) {
    size_t number_of_text = std::upper_bound(words_.ends().begin(), words_.ends().end(), first) - words_.ends().begin();
    new_words.begin_text(number_of_text);
    const size_t own = number_of_text;
    tokenize_new(
        words_, first, cache_, *new_words.search(),
        [&](size_t number, SideBySide& some) {
          while (number_of_text < words_.ends().size() && words_.ends()[number_of_text] <= number) {
            new_words.begin_text(++number_of_text);
          }
          return new_words.add_text_of(words_[number], some);
        },
        [&](size_t number, std::span<WordToken> tokens) { new_words.keep(words_[number], tokens); });
    new_words.begin_text(own);
  }

  WordKey key_of(std::string_view word, bool unmarked) const {
    WordKey key = words_.key_of(word);
    if (unmarked) key.high |= WordKey::kUnmarked;
    return key;
  }
  static WordKey key_of_new(std::string_view word) { return Word::other_key(word, GatheredWords::kNew); }

  bool write_other(Writer& writer, const Word& word) {
    if (word.is_new()) return false;
    if (word.is_longer()) return longer_words_.write(writer, word);
    const WordEntry* entry = cache_.find(word.key, word.place);
    return entry != nullptr && writer.put(word.character, *entry, cache_.table());
  }

  WordCache& cache_;
  LongerWords longer_words_;
  Sequence& out_;
  int32_t words_per_word_;
  bool has_learnt_ = false;
  WordGatherer<kDetails> words_;
};

}  // namespace leanformers
