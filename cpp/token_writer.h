// Writes the tokens of words to a sequence, into room that was made for many of them at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "character_counter.h"
#include "plan.h"

namespace leanformers {

// With kDetails spans and words too. To be kept as a local variable: what it writes to is at hand then.
template <bool kDetails>
class TokenWriter {
 public:
  // Of entries of the cache: places that are written, of which those that it has count.
  static constexpr size_t kRoomOfWord = WordCache::kMostTokens;

  explicit TokenWriter(Sequence& out) : out_(&out), word_(out.word_count), count_(out.ids.size()) {}

  void make_room(size_t tokens) { resize(count_ + tokens); }
  // The sequence has what was written.
  void finish() {
    resize(count_);
    out_->word_count = word_;
  }

  // Each of these needs room. `word` is the text of a word, and `character` the number of its first character.

  void put(std::string_view word, bool ascii, uint32_t character, const WordCache::Entry& entry) {
    // The ids are copied with what stands behind them.
    std::memcpy(ids_ + count_, entry.ids, sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));
    if constexpr (kDetails) {
      if (ascii) {
        Span* const spans = spans_ + count_;
        uint32_t begin = character;
        for (size_t i = 0; i < WordCache::kMaxTokens; ++i) {
          const uint32_t end = character + entry.ends[i];
          spans[i] = {begin, end};
          begin = end;
        }
        std::fill_n(words_ + count_, WordCache::kMaxTokens, word_);
      } else {
        put_details(word, character, entry.count, entry.ends);
      }
    }
    pass(entry.count);
  }

  void put(std::string_view word, uint32_t character, const LongWords::Tokens& tokens) {
    if constexpr (!kDetails) return put_ids(tokens.ids.data(), tokens.ids.size());
    std::copy(tokens.ids.begin(), tokens.ids.end(), ids_ + count_);
    put_details(word, character, tokens.ids.size(), tokens.ends);
    pass(tokens.ids.size());
  }

  // So many at once, of which those that there are count: most words have no more.
  template <size_t kBlock = 16>
  void put_ids(const uint32_t* ids, size_t count) {
    std::memcpy(ids_ + count_, ids, kBlock * sizeof(uint32_t));
    for (size_t i = kBlock; i < count; i += kBlock) {
      std::memcpy(ids_ + count_ + i, ids + i, kBlock * sizeof(uint32_t));
    }
    pass(count);
  }

  void put(std::string_view word, uint32_t character, std::span<const WordToken> tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) ids_[count_ + i] = tokens[i].id;
    if constexpr (kDetails) {
      CharacterCounter characters(word);
      for (size_t i = 0; i < tokens.size(); ++i) {
        spans_[count_ + i] = span(characters, character, tokens[i].begin, tokens[i].end);
      }
      std::fill_n(words_ + count_, tokens.size(), word_);
    }
    pass(tokens.size());
  }

 private:
  // Bytes of a character are each the whole of it.
  static Span span(CharacterCounter& characters, uint32_t first, uint32_t from, uint32_t to) {
    const uint32_t begin = first + characters.at(from + 1) - 1;
    return {begin, std::max(first + characters.at(to), begin + 1)};
  }

  // Of tokens that tile the word.
  void put_details(std::string_view word, uint32_t character, size_t count, const uint8_t* ends) {
    CharacterCounter characters(word);
    uint32_t begin = 0;
    for (size_t i = 0; i < count; ++i) {
      spans_[count_ + i] = span(characters, character, begin, ends[i]);
      begin = ends[i];
    }
    std::fill_n(words_ + count_, count, word_);
  }

  void pass(size_t tokens) {
    count_ += tokens;
    ++word_;
  }

  void resize(size_t size) {
    out_->ids.resize(size);
    ids_ = out_->ids.data();
    if constexpr (kDetails) {
      out_->spans.resize(size);
      out_->words.resize(size);
      spans_ = out_->spans.data();
      words_ = out_->words.data();
    }
  }

  Sequence* out_;
  uint32_t* ids_ = nullptr;
  Span* spans_ = nullptr;
  int32_t* words_ = nullptr;
  int32_t word_;  // the number of the next one
  size_t count_;  // tokens so far
};

}  // namespace leanformers
