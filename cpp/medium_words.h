// Remembers the tokens of words of 16 to 32 bytes, each in a line of the processor's cache: most words of scripts
// beyond ASCII are such. It never changes a result, only how fast it comes. Its size is bounded, as that of the
// WordCache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "huge_pages.h"
#include "long_words.h"
#include "model/word_token.h"

namespace leanformers {

class MediumWords {
 public:
  static constexpr size_t kMinBytes = 16, kMaxBytes = 32;
  static constexpr size_t kMaxTokens = 5;           // in an entry
  static constexpr size_t kMostTokens = kMaxBytes;  // of a word

  // The first 16 bytes of a word and its last ones, which share some: with its size they are the word.
  struct Key {
    uint64_t parts[4];

    explicit Key(std::string_view word) {
      std::memcpy(parts, word.data(), 16);
      std::memcpy(parts + 2, word.data() + word.size() - 16, 16);
    }
    Key() : parts{} {}
  };

  struct alignas(64) Entry {
    Key key;
    uint32_t ids[kMaxTokens]{};     // if there are more, the first one is their place
    uint16_t places[kMaxTokens]{};  // as LongWords has them
    uint8_t size = 0;               // of the word; 0: empty
    uint8_t count = 0;

    // Without a branch: which of two entries has a word is anybody's guess.
    bool differs(const Key& other, size_t bytes) const {
      uint64_t difference = size ^ bytes;
      for (size_t i = 0; i < 4; ++i) difference |= key.parts[i] ^ other.parts[i];
      return difference != 0;
    }
  };
  static_assert(sizeof(Entry) == 64);

  explicit MediumWords(uint64_t seed) : seed_(seed) {}

  // For those who look at many words at once: the table is there after `prepare`, and stays as it is until the next
  // one, but for its contents.
  void prepare() {
    if (entries_.empty()) entries_.resize(kEntries);
    // Early: those that are pushed out again and again cost more than room does.
    if (pushed_out_ > entries_.size() / 64 && entries_.size() < kMostEntries) grow();
  }

  // Of a word's two entries, the first one.
  size_t place(const Key& key, size_t size) const {
    uint64_t state = size ^ seed_;
    for (const uint64_t part : key.parts) state = mix(state ^ part);
    return state >> 40 & (entries_.size() - 2);
  }
  void prefetch(size_t place) const { __builtin_prefetch(&entries_[place]); }

  // Null when the word is not at its place or the next one: `fetch` has them all.
  const Entry* find(std::string_view word, size_t place) const {
    const Key key(word);
    const Entry* entry = &entries_[place];
    entry += entry->differs(key, word.size());
    return entry->differs(key, word.size()) ? nullptr : entry;
  }
  // A word that had to go to the neighbouring pair comes home: those that are looked for stay near.
  const Entry* fetch(std::string_view word, size_t place) {
    if (const Entry* entry = find(word, place)) return entry;
    const Entry* entry = find(word, place ^ 2);
    if (entry == nullptr) return nullptr;
    Entry* const last = &entries_[place + 1];
    std::swap(*last, entries_[static_cast<size_t>(entry - entries_.data())]);
    return last;
  }

  // From where kMostTokens ids can be read, but 8 where they are in the entry.
  LongWords::Tokens tokens_of(const Entry& entry) const {
    if (entry.count <= kMaxTokens) return {{entry.ids, entry.count}, entry.places};
    return {{more_ids_.data() + entry.ids[0], entry.count}, more_places_.data() + entry.ids[0]};
  }

  // The places of tokens are in characters from the word's first one.
  void insert(std::string_view word, size_t place, const WordTokens& tokens) {
    const size_t count = tokens.size();
    if (count == 0 || count > kMostTokens) return;
    Entry entry;
    entry.key = Key(word);
    entry.size = static_cast<uint8_t>(word.size());
    entry.count = static_cast<uint8_t>(count);
    uint32_t* ids = entry.ids;
    uint16_t* places = entry.places;
    if (count > kMaxTokens) {
      if (more_places_.size() + count > kRoomForMore) forget();
      const size_t at = more_places_.size();
      more_places_.resize(at + count);
      more_ids_.resize(at + count + kMostTokens);
      entry.ids[0] = static_cast<uint32_t>(at);
      ids = &more_ids_[at];
      places = &more_places_[at];
    }
    for (size_t i = 0; i < count; ++i) {
      ids[i] = tokens[i].id;
      places[i] = static_cast<uint16_t>(tokens[i].begin << 8 | tokens[i].end);
    }
    put(entry, place);
  }

 private:
  using Entries = std::vector<Entry, HugePages<Entry>>;
  static constexpr size_t kEntries = size_t{1} << 10;      // 64 KiB
  static constexpr size_t kMostEntries = size_t{1} << 17;  // 8 MiB
  static constexpr size_t kRoomForMore = size_t{1} << 20;  // 6 MiB

  static uint64_t mix(uint64_t state) {
    state *= 0x9E3779B97F4A7C15;
    return state ^ state >> 32;
  }

  // What has no more room in its own pair goes to the neighbouring one.
  void put(const Entry& entry, size_t place) {
    Entry* const pair = &entries_[place];
    if (pair[1].size != 0) {
      Entry* neighbour = &entries_[place ^ 2];
      neighbour += neighbour->size != 0;
      if (neighbour->size == 0) {
        *neighbour = pair[1];
      } else {
        ++pushed_out_;
      }
    }
    pair[1] = pair[0];
    pair[0] = entry;
  }

  void grow() {
    const Entries old = std::exchange(entries_, Entries(entries_.size() * 2));
    for (size_t i = old.size(); i-- > 0;) {  // the newer one of a pair comes last
      if (old[i].size != 0) put(old[i], place(old[i].key, old[i].size));
    }
    pushed_out_ = 0;
  }

  void forget() {
    std::fill(entries_.begin(), entries_.end(), Entry{});
    more_ids_.clear();
    more_places_.clear();
    pushed_out_ = 0;
  }

  uint64_t seed_;
  Entries entries_;
  // Of words that have many; kMostTokens ids can be read with the last ones.
  std::vector<uint32_t> more_ids_;
  std::vector<uint16_t> more_places_;
  size_t pushed_out_ = 0;  // words, since the table has had its size
};

}  // namespace leanformers
