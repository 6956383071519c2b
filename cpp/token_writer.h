// Writes the tokens of words to a sequence, into room that was made for many of them at once.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "plan.h"
#include "simd/words.h"

namespace leanformers {

// As `put_entry`, with places that have a byte for each number, and ids that can be read in blocks of eight.
template <TokenDetails kDetails>
void put_tokens(TokenColumns& to, uint32_t character, const uint32_t* ids, const uint16_t* places, size_t count) {
  for (size_t i = 0; i < count; i += 8) std::memcpy(to.ids + to.count + i, ids + i, 8 * sizeof(uint32_t));
  if constexpr (kDetails != TokenDetails::kNone) {
    for (size_t i = 0; i < count; ++i) {
      to.spans[to.count + i] = {character + (places[i] >> 8), character + (places[i] & 0xFFU)};
    }
  }
  if constexpr (kDetails == TokenDetails::kSpansAndWords) std::fill_n(to.words + to.count, count, to.word);
  to.count += count;
  to.word += to.words_per_word;
}

template <bool kDetails>
TokenDetails details_of(const Sequence& sequence) {
  if constexpr (!kDetails) return TokenDetails::kNone;
  return sequence.keeps_words ? TokenDetails::kSpansAndWords : TokenDetails::kSpans;
}

// Of the places that entries have.
[[gnu::always_inline]] inline void put_spans(TokenColumns& to, uint32_t character, const uint8_t* places,
                                             size_t count) {
  constexpr auto as_bits = [](Span span) { return std::bit_cast<uint64_t>(span); };
  // Both numbers of a span are added to at once, and neither overflows.
  static constexpr auto kBitsOfPlaces = [=] {
    std::array<uint64_t, 256> bits;
    for (uint32_t place = 0; place < bits.size(); ++place) bits[place] = as_bits({place >> 4, place & 0xF});
    return bits;
  }();
  const uint64_t first = as_bits({character, character});
  for (size_t i = 0; i < count; ++i) to.spans[to.count + i] = std::bit_cast<Span>(first + kBitsOfPlaces[places[i]]);
}

// `character` is the number of the word's first character, from which the places of tokens are counted. False, and
// nothing is written, when they are wanted and not known.
template <TokenDetails kDetails>
[[gnu::always_inline]] inline bool put_entry(TokenColumns& to, uint32_t character, const WordEntry& entry,
                                             const WordTable& table) {
  constexpr bool kSpans = kDetails != TokenDetails::kNone, kWords = kDetails == TokenDetails::kSpansAndWords;
  size_t count = entry.count;  // read once: the compiler cannot know that the ids are written elsewhere
  if (count <= WordEntry::kMaxTokens) [[likely]] {
    if (kSpans && entry.places[0] == 0) return false;
    // The ids are copied with what stands behind them.
    std::memcpy(to.ids + to.count, entry.ids, sizeof(WordEntry) - offsetof(WordEntry, ids));
    if constexpr (kSpans) put_spans(to, character, entry.places, WordEntry::kMaxTokens);
    // One more: four are as fast as one.
    if constexpr (kWords) std::fill_n(to.words + to.count, WordEntry::kMaxTokens + 1, to.word);
  } else {
    const uint8_t* const places = table.more_places + entry.ids[0];
    if ((kSpans && places[0] == 0) || (kWords && (count & kSeveralWords) != 0)) return false;
    count &= ~size_t{kSeveralWords};
    std::memcpy(to.ids + to.count, table.more_ids + entry.ids[0], WordCache::kMostTokens * sizeof(uint32_t));
    if constexpr (kSpans) put_spans(to, character, places, count);
    if constexpr (kWords) std::fill_n(to.words + to.count, count, to.word);
  }
  to.count += count;
  to.word += to.words_per_word;
  return true;
}

// With kDetails spans, and words where the sequence keeps them.
template <bool kDetails>
class TokenWriter {
 public:
  // Of entries of the caches: places that are written, of which those that it has count.
  static constexpr size_t kRoomOfWord = MediumWords::kMostTokens;

  // `words_per_word`: 0 when the caller sees all of them as one word, otherwise 1.
  explicit TokenWriter(Sequence& out, int32_t words_per_word = 1)
      : out_(&out), to_{nullptr, nullptr, nullptr, out.ids.size(), out.word_count, words_per_word} {}

  // And for what is copied behind the last ones.
  void make_room(size_t tokens) {
    const size_t size = to_.count + tokens + LongWords::kReadable;
    if (size <= out_->ids.size()) return;
    constexpr size_t kMore = size_t{1} << 12;  // so that few ask for more
    resize(std::max(size, std::min(size + kMore, out_->ids.capacity())));
  }
  // The sequence has what was written.
  void finish() {
    resize(to_.count);
    out_->word_count = to_.word;
  }

  // Of no word.
  void put_special(std::span<const uint32_t> ids) {
    make_room(ids.size());
    for (const uint32_t id : ids) {
      to_.ids[to_.count] = id;
      if constexpr (kDetails) to_.spans[to_.count] = {0, 0};
      if (kDetails && out_->keeps_words) to_.words[to_.count] = -1;
      ++to_.count;
    }
  }

  // For those who write more words than one. There is the room that was made.
  TokenColumns& columns() { return to_; }

  // Each of these needs room. `character` is as for `put_entry`, which this is.

  bool put(uint32_t character, const WordEntry& entry, const WordTable& table) {
    if constexpr (!kDetails) return put_entry<TokenDetails::kNone>(to_, character, entry, table);
    return out_->keeps_words ? put_entry<TokenDetails::kSpansAndWords>(to_, character, entry, table)
                             : put_entry<TokenDetails::kSpans>(to_, character, entry, table);
  }

  // False, and nothing is written, when places or a word's number are wanted and not known.
  bool put(uint32_t character, const LongWords::Tokens& tokens) {
    if (kDetails && (tokens.places[0] == 0 || (tokens.are_several_words && out_->keeps_words))) return false;
    const auto put = [&]<TokenDetails kKept>() {
      put_tokens<kKept>(to_, character, tokens.ids.data(), tokens.places, tokens.ids.size());
    };
    if constexpr (!kDetails) {
      put.template operator()<TokenDetails::kNone>();
    } else {
      out_->keeps_words ? put.template operator()<TokenDetails::kSpansAndWords>()
                        : put.template operator()<TokenDetails::kSpans>();
    }
    return true;
  }

  void put(uint32_t character, std::span<const WordToken> tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) to_.ids[to_.count + i] = tokens[i].id;
    if constexpr (kDetails) {
      for (size_t i = 0; i < tokens.size(); ++i) {
        to_.spans[to_.count + i] = {character + tokens[i].begin, character + tokens[i].end};
      }
    }
    pass(tokens.size());
  }

 private:
  void pass(size_t tokens) {
    if (kDetails && out_->keeps_words) std::fill_n(to_.words + to_.count, tokens, to_.word);
    to_.count += tokens;
    to_.word += to_.words_per_word;
  }

  void resize(size_t size) {
    out_->ids.resize(size);
    to_.ids = out_->ids.data();
    if constexpr (kDetails) {
      out_->spans.resize(size);
      to_.spans = out_->spans.data();
      if (out_->keeps_words) out_->words.resize(size);
      to_.words = out_->words.data();
    }
  }

  Sequence* out_;
  TokenColumns to_;
};

}  // namespace leanformers
