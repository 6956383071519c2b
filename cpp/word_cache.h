// Remembers the tokens of short words: two places for each hash and two that it shares; new words push out others. It
// never changes a result, only how fast it comes. Its size is bounded: it grows while a job has more words than there
// is room for.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "huge_pages.h"
#include "model/word_token.h"
#include "secret_factors.h"
#include "simd/words.h"

namespace leanformers {

class WordCache {
 public:
  using Key = WordKey;
  using Entry = WordEntry;
  static constexpr size_t kMaxBytes = Key::kMaxBytes;      // of a word
  static constexpr size_t kMaxTokens = Entry::kMaxTokens;  // in an entry
  static constexpr size_t kMostTokens = 16;                // of a word

  explicit WordCache(uint64_t seed) : factors_(seed) {}

  // The word has at most kMaxBytes. When 16 bytes can be read from its first one on, they are, and then masked.
  [[gnu::always_inline]] static Key key(std::string_view word, bool readable) {
    if (!readable) {
      Key key{0, 0};
      std::memcpy(&key, word.data(), word.size());
      key.high |= uint64_t{word.size()} << 56;
      return key;
    }
    const char* const mask = kMask.data() + 16 - word.size();
    return {load(word.data()) & load(mask), (load(word.data() + 8) & load(mask + 8)) | uint64_t{word.size()} << 56};
  }

  // The key of a word with its ASCII letters in lower case. 16 bytes can be read from its first one on.
  static Key lowercase_key(std::string_view word) {
#ifdef __SSE2__
    const auto load = [](const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); };
    const __m128i text = _mm_and_si128(load(word.data()), load(kMask.data() + 16 - word.size()));
    // 'Z' becomes the largest number that a byte with a sign can be.
    const __m128i moved = _mm_add_epi8(text, _mm_set1_epi8(0x7F - 'Z'));
    const __m128i upper = _mm_cmpgt_epi8(moved, _mm_set1_epi8(0x7F - 'Z' + 'A' - 1));
    const __m128i lower = _mm_or_si128(text, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    Key key;
    std::memcpy(&key, &lower, 16);
    key.high |= uint64_t{word.size()} << 56;
    return key;
#else
    const Key own = key(word, true);
    constexpr uint64_t kLength = uint64_t{0xFF} << 56;
    return {lowercase(own.low), lowercase(own.high & ~kLength) | (own.high & kLength)};
#endif
  }

  // Null when the word is not there.
  const Entry* find(const Key& key) const { return entries_.empty() ? nullptr : find(key, table().place(key)); }

  // Of a word whose place is known.
  const Entry* find(const Key& key, uint32_t place) const {
    for (const uint32_t pair : {place, place ^ kPairBytes}) {
      const Entry* entry = &entries_[pair / sizeof(Entry)];
      if (!entry[0].differs(key)) return entry;
      if (entry[1].count == 0) return nullptr;  // nothing had to go elsewhere
      if (!entry[1].differs(key)) return entry + 1;
    }
    return nullptr;
  }
  // Whether a word that its pair does not have is in the neighbouring one.
  bool is_pushed_out(const Key& key, uint32_t place) const {
    const Entry* const neighbour = table().at(place ^ kPairBytes);
    return (unsigned{neighbour[0].differs(key)} & unsigned{neighbour[1].differs(key)}) == 0;
  }
  // As `find`. One that was pushed out to the neighbouring pair comes home: those that are looked for stay near.
  const Entry* fetch(const Key& key, uint32_t place) {
    const Entry* found = find(key, place);
    if (found == nullptr) return nullptr;
    Entry* const last = &pair(place)[1];
    if (found + 1 != last && found != last) std::swap(*last, entries_[static_cast<size_t>(found - entries_.data())]);
    return found + 1 == last ? found : last;
  }

  // For those who look at many words at once: the table is there after `prepare`, and stays as it is until the next
  // one, but for its contents. Most words are at their place or the next one; `find` has them all.
  void prepare() {
    if (entries_.empty()) entries_.resize(kEntries);
    if (pushed_out_ > entries_.size() / 16 && entries_.size() < kMostEntries) resize(entries_.size() * 2);
  }
  // Makes so many places, or more, at once.
  void reserve(size_t places) {
    const size_t entries = std::min(std::bit_ceil(places), kMostEntries);
    if (entries > std::max(entries_.size(), kEntries)) resize(entries);
  }
  // For a look at what was pushed out of a pair, and for an `insert` there, that come soon.
  [[gnu::always_inline]] void prefetch_pushed_out(uint32_t place) const {
    __builtin_prefetch(table().at(place ^ kPairBytes));
  }
  [[gnu::always_inline]] void prefetch(uint32_t place) const { __builtin_prefetch(table().at(place), 1); }
  // For an `insert` that comes soon.
  [[gnu::always_inline]] void prefetch(const Key& key) const { __builtin_prefetch(table().at(table().place(key)), 1); }
  // Words that have been inserted so far.
  size_t kept() const { return kept_; }

  // To be kept at hand until the next change.
  WordTable table() const {
    return {factors_[0],     factors_[1],      std::countl_zero(entries_.size()) + 2,
            entries_.data(), more_ids_.data(), more_places_.data()};
  }

  // Keeps up to kMostTokens tokens, whose places are in characters from the word's first one, or all 0.
  void insert(const Key& key, std::span<const WordToken> tokens, bool are_several_words = false) {
    insert(key, place_of(key), tokens, are_several_words);
  }
  // Of a word whose place is known.
  void insert(const Key& key, uint32_t place, std::span<const WordToken> tokens, bool are_several_words = false) {
    if (tokens.empty() || tokens.size() > kMostTokens) return;
    const auto count = static_cast<uint8_t>(tokens.size() | (are_several_words ? kSeveralWords : 0));
    const bool is_long = count > kMaxTokens;
    if (is_long && more_ids_.size() + tokens.size() > kRoomForMore) forget();
    Entry& entry = make_place(place);
    ++kept_;
    entry.key = key;
    entry.count = count;
    if (is_long) {
      const size_t at = more_ids_.size() - kMostTokens;
      entry.ids[0] = static_cast<uint32_t>(at);
      more_ids_.resize(more_ids_.size() + tokens.size());
      more_places_.resize(more_ids_.size());
      for (size_t i = 0; i < tokens.size(); ++i) {
        more_ids_[at + i] = tokens[i].id;
        more_places_[at + i] = place_of(tokens[i]);
      }
      return;
    }
    // The last one also where there are fewer, instead of a branch on how many there are.
    for (size_t i = 0; i < kMaxTokens; ++i) {
      const WordToken& token = tokens[std::min(i, tokens.size() - 1)];
      entry.ids[i] = token.id;
      entry.places[i] = place_of(token);
    }
  }
  struct Tokens {
    std::span<const uint32_t> ids;
    const uint8_t* places;  // of each
  };
  Tokens tokens_of(const Entry& entry) const {
    if (entry.count <= kMaxTokens) return {{entry.ids, entry.count}, entry.places};
    const size_t count = entry.count & ~kSeveralWords;
    return {{more_ids_.data() + entry.ids[0], count}, more_places_.data() + entry.ids[0]};
  }

  // Of a word of so many characters that is a token as a whole.
  void insert_token(const Key& key, uint32_t id, uint8_t characters) {
    // What has to go for it is no sign that a job needs more room.
    const size_t pushed_out = pushed_out_;
    Entry& entry = make_place(place_of(key));
    ++kept_;
    entry.key = key;
    entry.ids[0] = id;
    entry.places[0] = characters;
    entry.count = 1;
    pushed_out_ = pushed_out;
  }

 private:
  // From place 16 - n on: n bytes to keep.
  static constexpr auto kMask = [] {
    std::array<char, 32> mask{};
    std::fill_n(mask.begin(), 16, static_cast<char>(0xFF));
    return mask;
  }();

  static uint64_t load(const char* at) {
    uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
  }
  static uint8_t place_of(const WordToken& token) { return static_cast<uint8_t>(token.begin << 4 | token.end); }

  using Entries = std::vector<Entry, HugePages<Entry>>;
  static constexpr uint32_t kPairBytes = WordTable::kPairBytes;

  Entry* pair(uint32_t place) { return &entries_[place / sizeof(Entry)]; }

  uint32_t place_of(const Key& key) {
    if (entries_.empty()) prepare();
    return table().place(key);
  }

  void forget() {
    std::fill(entries_.begin(), entries_.end(), Entry{});
    more_ids_.resize(kMostTokens);
    more_places_.resize(kMostTokens);
    pushed_out_ = 0;
  }

  // What has no more room in its own pair goes to the neighbouring one, without a branch on whether there is something
  // and room for it. Without room in either the newest word of the pair goes, or every fourth time the oldest one: more
  // words than there is room for, one after the other and again, would otherwise never be found ("Adaptive insertion
  // policies for high performance caching", Qureshi et al. 2007). The fields of an entry are written in its place:
  // whoever copied a whole entry would wait until each of them has got to memory.
  Entry& make_place(uint32_t place) {
    Entry* const pair = this->pair(place);
    Entry* neighbour = this->pair(place ^ kPairBytes);
    neighbour += neighbour->count != 0;
    const bool has_room = neighbour->count == 0;
    const size_t is_full = size_t{!has_room} & size_t{pair[1].count != 0};
    pushed_out_ += is_full;
    *neighbour = *(has_room ? &pair[1] : neighbour);
    pair[1] = pair[is_full & size_t{kept_ % 4 != 0}];
    return pair[0];
  }

  void resize(size_t entries) {
    const Entries old = std::exchange(entries_, Entries(entries));
    for (size_t i = old.size(); i-- > 0;) {  // the newer one of a pair comes last
      if (old[i].count != 0) make_place(place_of(old[i].key)) = old[i];
    }
    pushed_out_ = 0;
  }

#ifndef __SSE2__
  // Eight bytes at once: the high bit of each sum says whether the byte is at least 'A', or beyond 'Z'.
  static uint64_t lowercase(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101, kHigh = kOnes * 0x80;
    const uint64_t low = bytes & ~kHigh;
    const uint64_t from_a = low + kOnes * (0x80 - 'A');
    const uint64_t beyond_z = low + kOnes * (0x7F - 'Z');
    return bytes | ((from_a & ~beyond_z & ~bytes & kHigh) >> 2);
  }
#endif

  static constexpr size_t kEntries = size_t{1} << 14;      // 512 KiB: half of a common L2
  static constexpr size_t kMostEntries = size_t{1} << 18;  // 8 MiB
  static constexpr size_t kRoomForMore = size_t{1} << 20;  // 5 MiB: four tokens for each of these

  SecretFactors<2> factors_;
  Entries entries_;
  // Of words that have many tokens, and kMostTokens to be read with the last ones.
  std::vector<uint32_t> more_ids_ = std::vector<uint32_t>(kMostTokens);
  std::vector<uint8_t> more_places_ = std::vector<uint8_t>(kMostTokens);
  size_t pushed_out_ = 0;  // words, since the table has had its size
  size_t kept_ = 0;
};

}  // namespace leanformers
