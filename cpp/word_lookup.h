// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string_view>
#include <utility>

#include "gathered_word.h"
#include "plan.h"
#include "simd/ascii_masks.h"
#include "token_writer.h"

namespace leanformers {

template <bool kDetails>
class WordLookup {
 public:
  using Word = GatheredWord;
  static constexpr size_t kRoom = GatheredWords::kRoom;  // for words, between two writes

  // `end` is that of the text.
  WordLookup(Worker& worker, Sequence& out, const char* end)
      : cache_(worker.cache), medium_words_(worker.medium_words), long_words_(worker.long_words), out_(out), end_(end) {
    prepare();
  }

  // Puts words into their places, one after the other. To be kept as a local variable: what it reads is at hand then.
  class Putter {
   public:
    bool has_room(size_t words) const { return kRoom - count_ >= words; }

    // `kReadable`: 16 bytes can be read from the word's first one on, even if it has less.
    template <bool kReadable = false>
    void put(const char* begin, const char* end, uint32_t character) {
      const std::string_view word(begin, end);
      if (word.size() <= WordCache::kMaxBytes) {
        return put(word, WordCache::key(word, kReadable || end_ - begin >= 16), character);
      }
      words_->begins[count_] = begin;
      if constexpr (kDetails) words_->characters[count_] = character;
      set_other(count_++, word);
    }
    // A word of at most WordCache::kMaxBytes that is known by this key.
    void put(std::string_view word, const WordCache::Key& key, uint32_t character) {
      const uint32_t place = table_.place(key);
      __builtin_prefetch(table_.at(place));
      // One by one: a key copied as a whole is read from the stack before it has got there.
      words_->keys[count_].low = key.low;
      words_->keys[count_].high = key.high;
      words_->places[count_] = place;
      words_->begins[count_] = word.data();
      if constexpr (kDetails) words_->characters[count_] = character;
      ++count_;
    }
    // The words of a window, for which there is room.
    void put(const WindowWords& window) {
      if (window.lasts == 0) return;
      const size_t first = std::exchange(count_, functions_.put(window, table_, *words_, count_));
      for (uint64_t others = words_->others; others != 0; others &= others - 1) [[unlikely]] {
        const auto number = static_cast<size_t>(std::countr_zero(others));
        set_other(first + number, {words_->begins[first + number], words_->sizes[number]});
      }
    }

   private:
    friend class WordLookup;

    // A word that is not short. Not inlined, so that the loop over words has its registers for short ones.
    [[gnu::noinline]] void set_other(size_t number, std::string_view word) {
      const uint64_t size = uint64_t{word.size()} << 32;
      words_->places[number] = 0;
      if (word.size() <= MediumWords::kMaxBytes) {
        const uint32_t place = medium_words_->place(word);
        medium_words_->prefetch(place);
        words_->keys[number] = {size | place, GatheredWords::kMedium};
      } else {
        const uint32_t hash = long_words_->hash(word);
        long_words_->prefetch_set(hash);
        words_->keys[number] = {size | hash, Word::kLong};
        has_long_word_ = true;
      }
    }

    size_t count_ = 0;
    GatheredWords* words_;
    WordFunctions functions_;
    const char* end_;
    WordTable table_;
    const MediumWords* medium_words_;
    const LongWords* long_words_;
    bool has_long_word_ = false;
  };

  Putter putter() {
    Putter putter;
    putter.words_ = &words_;
    putter.functions_ = functions_;
    putter.end_ = end_;
    putter.table_ = cache_.table();
    putter.medium_words_ = &medium_words_;
    putter.long_words_ = &long_words_;
    return putter;
  }

  // Writes the tokens of all words that have been put, and returns what puts the next ones. `tokenize(word)` gives the
  // tokens of words that are not known, with their places in characters from the word's first one.
  template <typename Tokenize>
  Putter write(const Putter& putter, const Tokenize& tokenize) {
    const size_t end = putter.count_;
    if (putter.has_long_word_) {
      for (size_t i = 0; i < end; ++i) {
        if (words_.keys[i].high == Word::kLong) long_words_.prefetch_record(GatheredWord(words_, i).hash());
      }
    }
    TokenWriter<kDetails> writer(out_);
    for (size_t i = 0; i < end; ++i) {
      writer.make_room((end - i) * TokenWriter<kDetails>::kRoomOfWord);
      i = functions_.write(words_, i, end, cache_.table(), medium_words_.table(), writer.columns());
      if (i == end) break;
      const GatheredWord word(words_, i);
      if (word.is_medium()) {
        write_medium(writer, word, tokenize);
      } else {
        word.is_long() ? write_long(writer, word, tokenize) : write_short(writer, word, tokenize);
      }
    }
    writer.finish();
    prepare();
    return this->putter();
  }

 private:
  void prepare() {
    cache_.prepare();
    medium_words_.prepare();
  }

  template <typename Tokenize>
  void write_medium(TokenWriter<kDetails>& writer, const Word& word, const Tokenize& tokenize) {
    if (const MediumEntry* entry = medium_words_.fetch(word.text(), word.medium_place())) {
      return writer.put(word.character, medium_words_.tokens_of(*entry));
    }
    const WordTokens& tokens = tokenize(word);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    medium_words_.insert(word.text(), tokens);
  }

  template <typename Tokenize>
  void write_short(TokenWriter<kDetails>& writer, const Word& word, const Tokenize& tokenize) {
    if (const WordCache::Entry* entry = cache_.fetch(word.key, word.place)) {
      writer.put(word.character, *entry, cache_.table());
      return;
    }
    const WordTokens& tokens = tokenize(word);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    cache_.insert(word.key, tokens);
  }

  template <typename Tokenize>
  void write_long(TokenWriter<kDetails>& writer, const Word& word, const Tokenize& tokenize) {
    if (const LongWords::Tokens known = long_words_.find(word.text(), word.hash()); !known.ids.empty()) {
      writer.make_room(known.ids.size());
      return writer.put(word.character, known);
    }
    const WordTokens& tokens = tokenize(word);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    long_words_.insert(word.text(), word.hash(), tokens);
  }

  WordCache& cache_;
  MediumWords& medium_words_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  const WordFunctions functions_ = instructions().words(details_of<kDetails>(out_));
  GatheredWords words_;
};

}  // namespace leanformers
