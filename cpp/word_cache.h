// Remembers the tokens of short words: two places for each hash, the newer word pushes out the older one.
// It never changes a result, only how fast it comes, and its size is fixed.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
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
    const Entry* pair = &entries_[index(key)];
    const Entry* entry = pair + (pair[0].key == key ? 0 : 1);
    return entry->key == key ? entry : nullptr;
  }

  // For a `find` that comes soon.
  void prefetch(const Key& key) const {
    if (!entries_.empty()) __builtin_prefetch(&entries_[index(key)]);
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
    if (entries_.empty()) entries_.resize(kEntries);
    Entry* pair = &entries_[index(key)];
    pair[1] = pair[0];
    pair[0] = entry;
  }

 private:
  // Eight ASCII bytes at once: the high bit of each sum says whether the byte is at least 'A', or beyond 'Z'.
  static uint64_t lowercase(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    const uint64_t from_a = bytes + kOnes * (0x80 - 'A');
    const uint64_t beyond_z = bytes + kOnes * (0x7F - 'Z');
    return bytes | ((from_a & ~beyond_z & kOnes * 0x80) >> 2);
  }

  static constexpr size_t kEntries = size_t{1} << 14;  // 512 KiB: half of a common L2

  size_t index(const Key& key) const {
    uint64_t state = (key.low ^ seed_) * 0x9E3779B97F4A7C15;
    state = ((state ^ state >> 32) + key.high) * 0xD6E8FEB86659FD93;
    return (state >> 40 & (kEntries / 2 - 1)) * 2;
  }

  uint64_t seed_;
  std::vector<Entry> entries_;
};

}  // namespace leanformers
