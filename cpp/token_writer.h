// Writes the tokens of words to a sequence, into room that was made for many of them at once.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "plan.h"

namespace leanformers {

// With kDetails spans and words too. To be kept as a local variable: what it writes to is at hand then.
template <bool kDetails>
class TokenWriter {
 public:
  // Of entries of the cache: places that are written, of which those that it has count.
  static constexpr size_t kRoomOfWord = WordCache::kMostTokens;

  // `words_per_word`: 0 when the caller sees all of them as one word, otherwise 1.
  explicit TokenWriter(Sequence& out, int32_t words_per_word = 1)
      : out_(&out), words_per_word_(words_per_word), word_(out.word_count), count_(out.ids.size()) {}

  // And for what is copied behind the last ones.
  void make_room(size_t tokens) { resize(count_ + tokens + LongWords::kReadable); }
  // The sequence has what was written.
  void finish() {
    resize(count_);
    out_->word_count = word_;
  }

  // Each of these needs room. `character` is the number of the word's first character, from which the places of tokens
  // are counted.

  void put(uint32_t character, const WordCache::Entry& entry) {
    const size_t count = entry.count;  // read once: the compiler cannot know that the ids are written elsewhere
    // The ids are copied with what stands behind them.
    std::memcpy(ids_ + count_, entry.ids, sizeof(WordCache::Entry) - offsetof(WordCache::Entry, ids));
    if constexpr (kDetails) {
      const uint64_t first = as_bits({character, character});
      for (size_t i = 0; i < WordCache::kMaxTokens; ++i) {
        spans_[count_ + i] = std::bit_cast<Span>(first + kBitsOfPlaces[entry.places[i]]);
      }
      std::fill_n(words_ + count_, WordCache::kMaxTokens + 1, word_);  // one more: four are as fast as one
    }
    pass(count);
  }

  void put(uint32_t character, const LongWords::Tokens& tokens) {
    const size_t count = tokens.ids.size();
    if constexpr (kDetails) {
      std::copy(tokens.ids.begin(), tokens.ids.end(), ids_ + count_);
      for (size_t i = 0; i < count; ++i) {
        spans_[count_ + i] = {character + (tokens.places[i] >> 8), character + (tokens.places[i] & 0xFFU)};
      }
      std::fill_n(words_ + count_, count, word_);
      pass(count);
    } else {
      put_ids(tokens.ids.data(), count);
    }
  }

  // So many at once, of which those that there are count: most words have no more.
  template <size_t kBlock = LongWords::kReadable>
  void put_ids(const uint32_t* ids, size_t count) {
    std::memcpy(ids_ + count_, ids, kBlock * sizeof(uint32_t));
    for (size_t i = kBlock; i < count; i += kBlock) {
      std::memcpy(ids_ + count_ + i, ids + i, kBlock * sizeof(uint32_t));
    }
    pass(count);
  }

  void put(uint32_t character, std::span<const WordToken> tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) ids_[count_ + i] = tokens[i].id;
    if constexpr (kDetails) {
      for (size_t i = 0; i < tokens.size(); ++i) {
        spans_[count_ + i] = {character + tokens[i].begin, character + tokens[i].end};
      }
      std::fill_n(words_ + count_, tokens.size(), word_);
    }
    pass(tokens.size());
  }

 private:
  static constexpr uint64_t as_bits(Span span) { return std::bit_cast<uint64_t>(span); }

  // Of what entries have as places: both numbers of a span are added to at once, and neither overflows.
  static constexpr auto kBitsOfPlaces = [] {
    std::array<uint64_t, 256> bits;
    for (uint32_t place = 0; place < bits.size(); ++place) bits[place] = as_bits({place >> 4, place & 0xF});
    return bits;
  }();

  void pass(size_t tokens) {
    count_ += tokens;
    word_ += words_per_word_;
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
  int32_t words_per_word_;
  int32_t word_;  // the number of the next one
  size_t count_;  // tokens so far
};

}  // namespace leanformers
