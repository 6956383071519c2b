// The words that are too long for the WordCache, and are remembered elsewhere by their size: what the hot loops ask of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gathered_word.h"
#include "plan.h"
#include "token_writer.h"

namespace leanformers {

class LongerWords {
 public:
  explicit LongerWords(Worker& worker) : medium_words_(worker.medium_words), long_words_(worker.long_words) {}

  // Before words are gathered, and after others have been kept.
  void prepare() {
    medium_words_.prepare();
    has_long_word_ = false;
  }
  // To be kept at hand until the next change.
  MediumTable table() const { return medium_words_.table(); }

  // The key of a word, which is on its way then. `unmarked` tells it from one of the same bytes that has a mark before
  // it.
  WordKey key_of(std::string_view word, bool unmarked = false) {
    if (word.size() <= MediumWords::kMaxBytes) {
      const uint32_t place = medium_words_.place(word, unmarked);
      medium_words_.prefetch(place);
      return GatheredWord::medium_key(word, unmarked, place);
    }
    const uint32_t hash = long_words_.hash(word) ^ uint32_t { unmarked };
    long_words_.prefetch_set(hash);
    has_long_word_ = true;
    return GatheredWord::other_key(word, GatheredWords::kLong, hash);
  }
  // Of all that wait, before they are looked for.
  template <typename Words>
  void prefetch(const Words& words) const {
    if (!has_long_word_) return;
    for (size_t i = 0; i < words.count(); ++i) {
      if (const GatheredWord word = words[i]; word.is_long()) long_words_.prefetch_record(word.hash());
    }
  }

  // Writes the tokens of a word that has such a key, or says that they, or their places if these are wanted, are not
  // known.
  template <bool kDetails>
  bool write(TokenWriter<kDetails>& writer, const GatheredWord& word) {
    const LongWords::Tokens known = word.is_long()
                                        ? long_words_.find(word.text(), word.hash())
                                        : medium_words_.find(word.text(), word.is_unmarked(), word.medium_place());
    writer.make_room(known.ids.size());
    return !known.ids.empty() && writer.put(word.character, known);
  }
  // The places of tokens are in characters from the word's first one, or all 0.
  void insert(const GatheredWord& word, std::span<const WordToken> tokens, bool are_several_words = false) {
    if (word.is_medium()) return medium_words_.insert(word.text(), word.is_unmarked(), tokens, are_several_words);
    if (!are_several_words) long_words_.insert(word.text(), word.hash(), tokens);  // has no room to say so
  }

 private:
  MediumWords& medium_words_;
  LongWords& long_words_;
  bool has_long_word_ = false;
};

}  // namespace leanformers
