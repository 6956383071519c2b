// Looks up words in the caches and writes their tokens: the hot loop of a fused scan.
//
// Words are gathered first, so that their entries in the caches are on their way when they are looked at.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
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
      : cache_(worker.cache), medium_words_(worker.medium_words), long_words_(worker.long_words), out_(out), end_(end) {
    prepare();
  }

  // Puts words into their places, one after the other. To be kept as a local variable: what it reads is at hand then.
  class Putter {
   public:
    bool has_room(size_t words) const { return static_cast<size_t>(last_ - next_) >= words; }

    // `kReadable`: 16 bytes can be read from the word's first one on, even if it has less.
    template <bool kReadable = false>
    void put(const char* begin, const char* end, uint32_t character) {
      const std::string_view word(begin, end);
      if (word.size() <= WordCache::kMaxBytes) {
        return put(word, WordCache::key(word, kReadable || end_ - begin >= 16), character);
      }
      const bool is_medium = word.size() <= MediumWords::kMaxBytes;
      has_medium_word_ |= is_medium;
      has_long_word_ |= !is_medium;
      set_other(*next_++, *medium_words_, *long_words_, word, character);
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

    // A word that is not short. Not inlined, so that the loop over words has its registers for short ones.
    [[gnu::noinline]] static void set_other(Word& to, const MediumWords& medium_words, const LongWords& long_words,
                                            std::string_view word, uint32_t character) {
      if (word.size() <= MediumWords::kMaxBytes) {
        const size_t place = medium_words.place(word);
        medium_words.prefetch(place);
        return to.set({0, Word::kMedium}, word, place, character);
      }
      const uint32_t hash = long_words.hash(word);
      long_words.prefetch_set(hash);
      to.set({hash, Word::kLong}, word, 0, character);
    }

    Word* next_;
    const Word* last_;
    const char* end_;
    WordCache::Places places_;
    const WordCache::Entry* entries_;
    const MediumWords* medium_words_;
    const LongWords* long_words_;
    bool has_medium_word_ = false, has_long_word_ = false;
  };

  Putter putter() {
    Putter putter;
    putter.next_ = words_.data();
    putter.last_ = words_.data() + words_.size();
    putter.end_ = end_;
    putter.places_ = cache_.places();
    putter.entries_ = cache_.entries();
    putter.medium_words_ = &medium_words_;
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
      const size_t words = static_cast<size_t>(end - word);
      if (putter.has_medium_word_) {
        writer.make_room(words * std::max(TokenWriter<kDetails>::kRoomOfWord, MediumWords::kMostTokens));
        word = write_known<true>(writer, word, end);
      } else {
        writer.make_room(words * TokenWriter<kDetails>::kRoomOfWord);
        word = write_known<false>(writer, word, end);
      }
      if (word == end) break;
      if (word->is_medium()) {
        write_medium(writer, *word, tokenize);
      } else {
        word->is_long() ? write_long(writer, *word, tokenize) : write_short(writer, *word, tokenize);
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

  // Words up to the first one that has no entry at its places, which is returned.
  template <bool kHasMediumWord>
  [[gnu::noinline]] const Word* write_known(TokenWriter<kDetails>& writer, const Word* word, const Word* end) const {
    TokenWriter<kDetails> own = writer;
    const WordCache::Entry* const entries = cache_.entries();
    for (; word != end; ++word) {
      if (kHasMediumWord && word->is_medium()) {
        const MediumWords::Entry* entry = medium_words_.find(word->text(), word->place);
        if (entry == nullptr) [[unlikely]]
          break;
        write_entry(own, *word, *entry);
        continue;
      }
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
    if (!WordCache::is_long(entry)) return writer.put(word.character, entry);
    if constexpr (kDetails) return writer.put(word.character, cache_.tokens_of(entry));
    writer.put_ids(cache_.ids_of(entry), entry.count);
  }

  void write_entry(TokenWriter<kDetails>& writer, const Word& word, const MediumWords::Entry& entry) const {
    const LongWords::Tokens tokens = medium_words_.tokens_of(entry);
    if (kDetails || entry.count > MediumWords::kMaxTokens) return writer.put(word.character, tokens);
    writer.template put_ids<8>(tokens.ids.data(), entry.count);
  }

  template <typename Tokenize>
  void write_medium(TokenWriter<kDetails>& writer, const Word& word, const Tokenize& tokenize) {
    if (const MediumWords::Entry* entry = medium_words_.fetch(word.text(), word.place)) {
      return write_entry(writer, word, *entry);
    }
    const WordTokens& tokens = tokenize(word);
    writer.make_room(tokens.size());
    writer.put(word.character, tokens);
    medium_words_.insert(word.text(), tokens);
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
  MediumWords& medium_words_;
  LongWords& long_words_;
  Sequence& out_;
  const char* end_;
  std::array<Word, kRoom> words_;
};

}  // namespace leanformers
