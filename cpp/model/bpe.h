// BPE: a word becomes the symbols of its characters, which are then merged (merge.h), or the tokens that merging would
// give are found at once (token_search.h).
// Sennrich, Haddow and Birch, "Neural machine translation of rare words with subword units", 2016; as the reference
// does it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/character_table.h"
#include "model/merge.h"
#include "model/seams.h"
#include "model/token_search.h"
#include "model/word_token.h"
#include "tokenizer.h"

namespace leanformers {

class BpeModel {
 public:
  BpeModel() = default;  // to be read from an archive
  // Throws std::invalid_argument when a merge needs what is not in the vocabulary.
  explicit BpeModel(const Bpe& settings);

  // Replaces `tokens` by those of `word`, which is not empty; there may be none. Time is O(n log n).
  // Throws std::invalid_argument when the unknown token is needed but not in the vocabulary.
  //
  // Offsets are those of the reference, which adds up the bytes of the tokens: characters that vanish and bytes of a
  // prefix or suffix shift what follows, even beyond the end of the word.
  void tokenize(std::string_view word, WordTokens& tokens) const;

  // The same for a word whose bytes the model reads as the characters of GPT-2's alphabet (byte_level.h), with offsets
  // in these bytes. They are valid UTF-8. Each byte's character is a token; there is no prefix, suffix or dropout.
  void tokenize_bytes(std::string_view bytes, WordTokens& tokens) const;

  // Null: words are merged.
  const TokenSearch* search() const { return search_ ? &*search_ : nullptr; }
  // The same where all tokens of all words that are made of its letters come from it.
  const TokenSearch* search_of_words() const { return words_ || byte_level_ ? nullptr : search(); }
  // Whether all tokens of a word's bytes come from it.
  bool searches_bytes(std::string_view bytes) const {
    return search_ && (!byte_words_ || byte_words_->find(bytes) == Vocabulary::kMissing);
  }
  bool has_only_letters(std::string_view word) const;

  template <class Archive>
  void archive(Archive& a) {
    a(search_, letters_, byte_level_, merges_, scannable_, dropout_, seams_, prefix_, suffix_, inside_, last_);
    a(characters_, bytes_, unknown_token_, unknown_id_, fuse_unknown_, words_, byte_words_);
  }

 private:
  std::vector<Merge> read_merges(const Bpe& settings);
  void add_characters(const Bpe& settings);
  std::vector<uint32_t> first_symbols() const;
  void find_search(const Bpe& settings, std::span<const Merge> merges);
  void keep_words(const Vocabulary& vocab);

  void split(std::string_view word, WordTokens& symbols) const;
  bool is_letter(char32_t code) const;
  void search(std::string_view letters, uint32_t offset, WordTokens& tokens) const;
  void merge(WordTokens& symbols) const;
  size_t merge_part(std::span<WordToken> symbols) const;
  bool has_bytes(std::string_view text) const;
  uint32_t unknown() const;

  // Stretches of letters are searched where the merges allow it. Else, and with dropout, all symbols are merged.
  std::optional<TokenSearch> search_;
  std::array<uint32_t, 256> letters_{};  // the ids of the bytes' characters
  bool byte_level_ = false;              // these are what is searched for, as bytes; otherwise all characters

  MergeTable merges_{{}};
  bool scannable_ = false;  // merging by scanning gives the same as the queue of the reference
  float dropout_ = 0;
  std::optional<Seams> seams_;

  // A character is looked up with the prefix and the suffix of its place, a set of these bits.
  static constexpr unsigned kInside = 1, kLast = 2;
  std::string_view prefix(unsigned place) const { return place & kInside ? std::string_view(prefix_) : ""; }
  std::string_view suffix(unsigned place) const { return place & kLast ? std::string_view(suffix_) : ""; }
  std::string prefix_, suffix_;
  unsigned inside_ = 0, last_ = 0;  // the bits; without a prefix or suffix 0, because then all places are alike
  std::array<CharacterTable, 4> characters_;  // by place

  std::array<uint32_t, 256> bytes_{};  // without byte_fallback all are missing
  std::optional<std::string> unknown_token_;
  std::optional<uint32_t> unknown_id_;
  bool fuse_unknown_ = false;

  // Whole words that are tokens, when merges are ignored: those that may have others without it.
  std::optional<Vocabulary> words_;
  std::optional<Vocabulary> byte_words_;  // their bytes
};

}  // namespace leanformers
