// Remembers the tokens of words that are too long for the WordCache. Four places for each hash; when there is no more
// room, all are forgotten. It never changes a result, only how fast it comes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "huge_pages.h"
#include "model/word_token.h"

namespace leanformers {

class LongWords {
 public:
  static constexpr size_t kMinBytes = 16, kMaxBytes = 255;
  static constexpr size_t kReadable = 16;  // ids, from the first one of a word on

  struct Tokens {
    std::span<const uint32_t> ids;  // empty: the word is not there
    // Of each token: which character of the word it begins with, and in the lower byte how many there are up to its
    // end; 0: that is not known.
    const uint16_t* places;
    bool are_several_words = false;
  };

  explicit LongWords(uint64_t seed) : seed_(seed) {}

  // Words have at least kMinBytes. Not inlined: the loop that calls it needs its registers for short words.
  [[gnu::noinline]] uint32_t hash(std::string_view word) const {
    uint64_t even = seed_ ^ word.size(), odd = ~seed_;
    for_each_part(word.size(), [&](size_t at) {
      even = mix(even ^ load(word.data() + at));
      odd = mix(odd ^ load(word.data() + at + 8));
    });
    return static_cast<uint32_t>((even ^ odd * 0xD6E8FEB86659FD93) * 0xD6E8FEB86659FD93 >> 32);
  }

  // For a `find` that comes soon, in this order: first for many words, and then for the same ones.
  [[gnu::always_inline]] void prefetch_set(uint32_t hash) const {
    if (!sets_.empty()) __builtin_prefetch(&sets_[index(hash)]);
  }
  [[gnu::always_inline]] void prefetch_record(uint32_t hash) const {
    if (sets_.empty()) return;
    for (const Slot& slot : sets_[index(hash)]) {
      if (slot.hash == hash) __builtin_prefetch(&records_[slot.place]);
    }
  }

  Tokens find(std::string_view word, uint32_t hash) const {
    if (sets_.empty()) return {};
    for (const Slot& slot : sets_[index(hash)]) {
      if (slot.hash != hash || slot.place == 0) continue;
      const uint32_t* record = &records_[slot.place];
      const uint32_t size = *record & 0xFF, count = *record >> 8;
      const auto* places = reinterpret_cast<const uint16_t*>(record + 1 + count);
      if (size == word.size() && same(reinterpret_cast<const char*>(places + count), word)) {
        return {{record + 1, count}, places};
      }
    }
    return {};
  }

  // The places of tokens are in characters from the word's first one, or all 0.
  void insert(std::string_view word, uint32_t hash, std::span<const WordToken> tokens) {
    if (tokens.empty() || word.size() > kMaxBytes) return;
    if (sets_.empty()) sets_.resize(kSets);
    const size_t count = tokens.size(), place = records_.size() - kReadable;
    const size_t units = 1 + count + (2 * count + word.size() + 3) / 4;
    if (records_.size() + units > kMostUnits) return forget();
    records_.resize(records_.size() + units);
    uint32_t* record = &records_[place];
    auto* places = reinterpret_cast<uint16_t*>(record + 1 + count);
    *record = static_cast<uint32_t>(word.size() | count << 8);
    for (size_t i = 0; i < count; ++i) {
      record[1 + i] = tokens[i].id;
      places[i] = static_cast<uint16_t>(tokens[i].begin << 8 | tokens[i].end);
    }
    std::memcpy(places + count, word.data(), word.size());
    if (++kept_ > sets_.size() && sets_.size() < kMostSets) grow();
    put({hash, static_cast<uint32_t>(place)});
  }

 private:
  struct Slot {
    uint32_t hash = 0, place = 0;  // place 0: free
  };
  using Set = std::array<Slot, 4>;
  using Sets = std::vector<Set, HugePages<Set>>;
  static constexpr size_t kSets = size_t{1} << 10;       // 32 KiB
  static constexpr size_t kMostSets = size_t{1} << 16;   // 2 MiB
  static constexpr size_t kMostUnits = size_t{1} << 22;  // 16 MiB

  // Of 16 bytes each.
  template <typename Visit>
  static void for_each_part(size_t size, const Visit& visit) {
    for (size_t at = 0; at + 16 < size; at += 16) visit(at);
    visit(size - 16);
  }
  static uint64_t load(const char* at) {
    uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
  }
  static uint64_t mix(uint64_t state) {
    state *= 0x9E3779B97F4A7C15;
    return state ^ state >> 32;
  }
  // To the end: what has the same hash is the same word but for accidents.
  static bool same(const char* known, std::string_view word) {
    uint64_t difference = 0;
    for_each_part(word.size(), [&](size_t at) {
      difference |= load(known + at) ^ load(word.data() + at);
      difference |= load(known + at + 8) ^ load(word.data() + at + 8);
    });
    return difference == 0;
  }
  size_t index(uint32_t hash) const { return hash & (sets_.size() - 1); }

  // The newest comes first, and pushes out the oldest.
  void put(Slot slot) {
    Set& set = sets_[index(slot.hash)];
    std::copy_backward(set.begin(), set.end() - 1, set.end());
    set[0] = slot;
  }

  void grow() {
    const Sets old = std::exchange(sets_, Sets(sets_.size() * 2));
    for (const Set& set : old) {
      for (size_t i = set.size(); i-- > 0;) {  // the newest comes last
        if (set[i].place != 0) put(set[i]);
      }
    }
  }

  void forget() {
    std::fill(sets_.begin(), sets_.end(), Set{});
    records_.assign(1 + kReadable, 0);
    kept_ = 0;
  }

  uint64_t seed_;
  Sets sets_;
  // Size and number of tokens, ids, places, bytes of each word, after one that is none; and room to be read.
  std::vector<uint32_t, HugePages<uint32_t>> records_ = std::vector<uint32_t, HugePages<uint32_t>>(1 + kReadable);
  size_t kept_ = 0;
};

}  // namespace leanformers
