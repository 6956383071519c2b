// Remembers the tokens of short words: two places for each hash, the newer word pushes out the older one.
// It never changes a result, only how fast it comes. Its size is bounded: it grows while a job has more words than
// there is room for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/word_token.h"

namespace leanformers {

class WordCache {
 public:
  static constexpr size_t kMaxBytes = 15;  // of a word
  static constexpr size_t kMaxTokens = 3;

  struct Key {
    uint64_t low, high;  // the word's bytes, zeros, and its length in the last byte
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key{0, 0};
    uint32_t ids[kMaxTokens]{};
    uint8_t ends[kMaxTokens]{};  // where each token ends in the word
    uint8_t count = 0;           // 0: empty

    // Without a branch: which of two entries has a word is anybody's guess.
    bool differs(const Key& other) const { return ((key.low ^ other.low) | (key.high ^ other.high)) != 0; }
  };
  static_assert(sizeof(Entry) == 32);

  explicit WordCache(uint64_t seed) : seed_(seed | 1) {}

  // The word has at most kMaxBytes. When 16 bytes can be read from its first one on, they are, and then masked.
  static Key key(std::string_view word, bool readable) {
    static constexpr char kMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    uint64_t text[2] = {0, 0};
    uint64_t mask[2];
    if (readable) {
      std::memcpy(text, word.data(), 16);
    } else {
      std::memcpy(text, word.data(), word.size());
    }
    std::memcpy(mask, kMask + 16 - word.size(), 16);
    return {text[0] & mask[0], (text[1] & mask[1]) | uint64_t{word.size()} << 56};
  }

  // The key of an ASCII word's lower case.
  static Key lowercase(const Key& key) {
    constexpr uint64_t kLength = uint64_t{0xFF} << 56;
    return {lowercase(key.low), lowercase(key.high & ~kLength) | (key.high & kLength)};
  }

  // Null when the word is not there.
  const Entry* find(const Key& key) const {
    if (entries_.empty()) return nullptr;
    const Entry* entry = &entries_[place(key)];
    entry += entry->differs(key);
    return entry->differs(key) ? nullptr : entry;
  }

  // For a `find` that comes soon.
  void prefetch(const Key& key) const {
    if (!entries_.empty()) prefetch(place(key));
  }

  // For those who look at many words at once: the table is there after `prepare`, and stays as it is until the next
  // one, but for its contents. An entry is at its place or the next one.
  void prepare() {
    if (entries_.empty()) entries_.resize(kEntries);
    if (pushed_out_ > entries_.size() / 8 && entries_.size() < kMostEntries) grow();
  }
  const Entry* entries() const { return entries_.data(); }
  size_t place(const Key& key) const {
    uint64_t state = (key.low ^ seed_) * 0x9E3779B97F4A7C15;
    state = ((state ^ state >> 32) + key.high) * 0xD6E8FEB86659FD93;
    return state >> 40 & (entries_.size() - 2);
  }
  void prefetch(size_t place) const { __builtin_prefetch(&entries_[place]); }

  // As `insert`, for words of more tokens too: those of a `long_entry` are read with `tokens_of`.
  void insert_any(const Key& key, const WordTokens& tokens) {
    if (tokens.size() <= kMaxTokens || tokens.size() > kMostTokens) return insert(key, tokens);
    if (more_.size() + tokens.size() > kRoomForMore) {
      std::fill(entries_.begin(), entries_.end(), Entry{});
      more_.clear();
      pushed_out_ = 0;
    }
    Entry entry;
    entry.key = key;
    entry.count = static_cast<uint8_t>(tokens.size());
    entry.ids[0] = static_cast<uint32_t>(more_.size());
    more_.insert(more_.end(), tokens.begin(), tokens.end());
    keep(entry);
  }
  static bool is_long(const Entry& entry) { return entry.count > kMaxTokens; }
  std::span<const WordToken> tokens_of(const Entry& long_entry) const {
    return {more_.data() + long_entry.ids[0], long_entry.count};
  }

  // Keeps what is small and tiles the word; byte tokens of an unknown character do not.
  void insert(const Key& key, const WordTokens& tokens) {
    if (tokens.empty() || tokens.size() > kMaxTokens) return;
    Entry entry;
    entry.key = key;
    uint32_t at = 0;
    for (const WordToken& token : tokens) {
      if (token.begin != at) return;
      at = token.end;
      entry.ids[entry.count] = token.id;
      entry.ends[entry.count] = static_cast<uint8_t>(token.end);
      ++entry.count;
    }
    keep(entry);
  }

 private:
  void keep(const Entry& entry) {
    if (entries_.empty()) prepare();
    put(entry);
  }

  void put(const Entry& entry) {
    Entry* pair = &entries_[place(entry.key)];
    pushed_out_ += pair[1].count != 0;
    pair[1] = pair[0];
    pair[0] = entry;
  }

  void grow() {
    const std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
    for (size_t i = old.size(); i-- > 0;) {  // the newer one of a pair comes last
      if (old[i].count != 0) put(old[i]);
    }
    pushed_out_ = 0;
  }

  // Eight ASCII bytes at once: the high bit of each sum says whether the byte is at least 'A', or beyond 'Z'.
  static uint64_t lowercase(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    const uint64_t from_a = bytes + kOnes * (0x80 - 'A');
    const uint64_t beyond_z = bytes + kOnes * (0x7F - 'Z');
    return bytes | ((from_a & ~beyond_z & kOnes * 0x80) >> 2);
  }

  static constexpr size_t kEntries = size_t{1} << 14;      // 512 KiB: half of a common L2
  static constexpr size_t kMostEntries = size_t{1} << 17;  // 4 MiB

  uint64_t seed_;
  std::vector<Entry> entries_;
  std::vector<WordToken> more_;  // of words that have many tokens
  static constexpr size_t kMostTokens = 16;
  static constexpr size_t kRoomForMore = size_t{1} << 18;  // 3 MiB
  size_t pushed_out_ = 0;                                  // words, since the table has had its size
};

}  // namespace leanformers
