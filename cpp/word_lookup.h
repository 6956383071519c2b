// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "character_counter.h"
#include "longer_words.h"
#include "new_words.h"
#include "plan.h"
#include "token_writer.h"
#include "word_gatherer.h"

namespace leanformers {

template <bool kDetails>
class WordLookup {
 public:
  WordLookup(Worker& worker, Sequence& out) : cache_(worker.cache), longer_words_(worker), out_(out), words_(out) {
    prepare();
  }

  // Words that come are those of a text with this end.
  void begin_text(const char* end) { words_.begin_text(end); }
  // What comes belongs to the next text. There is room for an end.
  void end_text() { words_.end_text(); }
  bool has_room_for_end() const { return words_.has_room_for_end(); }

  // Words that wait to be written.
  size_t waiting() const { return words_.count(); }
  bool has_room(size_t words) const { return words_.has_room(words); }
  // All but the first ones that wait do not any more.
  void take_back(size_t kept) { words_.forget_from(kept); }

  void put(std::string_view word, uint32_t character) {
    if (word.size() > WordCache::kMaxBytes) return words_.put_other(word, longer_words_.key_of(word), character);
    words_.put(word, words_.key_of(word), character);
  }
  // A word of at most WordCache::kMaxBytes that is known by this key.
  void put(std::string_view word, const WordKey& key, uint32_t character) { words_.put(word, key, character); }
  // The words of a window, for which there is room.
  void put(const WindowWords& window) {
    words_.put(window, [this](std::string_view word) { return longer_words_.key_of(word); });
  }

  // Writes the tokens of all words that wait. `tokenize(word)` gives the tokens of words that are not known, with their
  // places in characters from the word's first one.
  template <typename Tokenize>
  void write(const Tokenize& tokenize) {
    const auto no_rows = [](TokenWriter<kDetails>&) {};
    write(tokenize, no_rows);
  }
  // Likewise, and calls `end_row(writer)` where a text ends.
  template <typename Tokenize, typename EndRow>
  void write(const Tokenize& tokenize, EndRow& end_row) {
    longer_words_.prefetch(words_);
    has_learnt_ = false;
    TokenWriter<kDetails> writer(out_);
    size_t first = 0;
    for (const uint16_t end : words_.ends()) {
      write(first, end, writer, tokenize);
      end_row(writer);
      first = end;
    }
    write(first, waiting(), writer, tokenize);
    writer.finish();
    prepare();
  }

  // Before words are gathered, and after the caches have been changed by others.
  void prepare() {
    cache_.prepare();
    longer_words_.prepare();
    words_.begin(cache_.table());
  }

 private:
  template <typename Tokenize>
  void write(size_t first, size_t end, TokenWriter<kDetails>& writer, const Tokenize& tokenize) {
    for (size_t i = first; i < end; ++i) {
      i = words_.write(i, end, cache_.table(), longer_words_.table(), writer);
      if (i == end) break;
      if (write_found(writer, words_[i])) continue;
      if constexpr (requires { tokenize.search(); }) {
        if (!std::exchange(has_learnt_, true) && learn(i, tokenize)) {
          --i;
          continue;
        }
      }
      write_new(writer, words_[i], tokenize);
    }
  }

  // Tokenizes the new ones of the words from `first` on side by side, if the model can.
  template <typename Tokenize>
  bool learn(size_t first, const Tokenize& tokenize) {
    const TokenSearch* const search = tokenize.search();
    if (search == nullptr) return false;
    tokenize_new(
        words_, first, cache_, *search,
        [&](size_t number, SideBySide& some) {
          const GatheredWord word = words_[number];
          const bool fits = tokenize.fits(word.text());
          if (fits) some.add(window_of(word.key), word.size());
          return fits;
        },
        [&](size_t number, std::span<WordToken> tokens) {
          const GatheredWord word = words_[number];
          if (!word.key.is_ascii()) count_characters(word.text(), tokens);
          cache_.insert(word.key, word.place, tokens);
        });
    return true;
  }

  // A word that is known nowhere.
  template <typename Tokenize>
  void write_new(TokenWriter<kDetails>& writer, const GatheredWord& word, const Tokenize& tokenize) {
    const WordTokens& tokens = tokenize(word);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    word.is_longer() ? longer_words_.insert(word, tokens) : cache_.insert(word.key, tokens);
  }

  // A word that is not where it would be found at once, if it is elsewhere.
  bool write_found(TokenWriter<kDetails>& writer, const GatheredWord& word) {
    if (word.is_longer()) return longer_words_.write(writer, word);
    const WordEntry* const entry = cache_.fetch(word.key, word.place);
    return entry != nullptr && writer.put(word.character, *entry, cache_.table());
  }

  WordCache& cache_;
  LongerWords longer_words_;
  Sequence& out_;
  bool has_learnt_ = false;
  WordGatherer<kDetails> words_;
};

}  // namespace leanformers
