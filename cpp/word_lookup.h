// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "gathered_word.h"
#include "plan.h"
#include "token_writer.h"

namespace leanformers {

template <bool kDetails>
class WordLookup {
 public:
  using Word = GatheredWord<kDetails>;
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

    void put(const char* begin, const char* end, uint32_t character) {
      const std::string_view word(begin, end);
      if (word.size() <= WordCache::kMaxBytes) {
        return put(word, WordCache::key(word, end_ - begin >= 16), character);
      }
      const uint32_t hash = long_words_->hash(word);
      long_words_->prefetch_set(hash);
      has_long_word_ = true;
      (next_++)->set({hash, Word::kLong}, word, 0, character);
    }
    // A word of at most WordCache::kMaxBytes that is known by this key.
    void put(std::string_view word, const WordCache::Key& key, uint32_t character) {
      const size_t place = places_.of(key);
      __builtin_prefetch(entries_ + place);
      next_->set(key, word, place, character);
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
  // tokens of words that are not known, with their places in characters from the word's first one.
  template <typename Tokenize>
  Putter write(const Putter& putter, const Tokenize& tokenize) {
    const Word* const end = putter.next_;
    if (putter.has_long_word_) {
      for (const Word* word = words_.data(); word != end; ++word) {
        if (word->is_long()) long_words_.prefetch_record(word->hash());
      }
    }
    TokenWriter<kDetails> writer(out_);
    for (const Word* word = words_.data(); word != end; ++word) {
      writer.make_room(static_cast<size_t>(end - word) * TokenWriter<kDetails>::kRoomOfWord);
      word = write_known(writer, word, end);
      if (word == end) break;
      word->is_long() ? write_long(writer, *word, tokenize) : write_short(writer, *word, tokenize);
    }
    writer.finish();
    cache_.prepare();
    return this->putter();
  }

 private:
  // Words up to the first one that has no entry at its places, which is returned.
  const Word* write_known(TokenWriter<kDetails>& writer, const Word* word, const Word* end) const {
    TokenWriter<kDetails> own = writer;
    const WordCache::Entry* const entries = cache_.entries();
    for (; word != end; ++word) {
      const WordCache::Entry* entry = entries + word->place;
      entry += entry->differs(word->key);
      if (entry->differs(word->key)) [[unlikely]]
        break;
      write_entry(own, *word, *entry);
    }
    writer = own;
    return word;
  }

  void write_entry(TokenWriter<kDetails>& writer, const Word& word, const WordCache::Entry& entry) const {
    WordCache::is_long(entry) ? writer.put(word.character, cache_.tokens_of(entry)) : writer.put(word.character, entry);
  }

  template <typename Tokenize>
  void write_short(TokenWriter<kDetails>& writer, const Word& word, const Tokenize& tokenize) {
    if (const WordCache::Entry* entry = cache_.fetch(word.key)) return write_entry(writer, word, *entry);
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
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  std::array<Word, kRoom> words_;
};

}  // namespace leanformers
