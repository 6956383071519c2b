// Remembers the tokens of words of 16 to 32 bytes, each in a line of the processor's cache: most words of scripts
// beyond ASCII are such. It never changes a result, only how fast it comes. Its size is bounded, as that of the
// WordCache.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "huge_pages.h"
#include "long_words.h"
#include "model/word_token.h"
#include "secret_factors.h"
#include "simd/words.h"

namespace leanformers {

class MediumWords {
 public:
  using Entry = MediumEntry;
  static constexpr size_t kMinBytes = 16, kMaxBytes = 32;
  static constexpr size_t kMaxTokens = Entry::kMaxTokens;  // in an entry
  static constexpr size_t kMostTokens = kMaxBytes;         // of a word

  explicit MediumWords(uint64_t seed) : factors_(seed, 3) {}

  // For those who look at many words at once: the table is there after `prepare`, and stays as it is until the next
  // one, but for its contents.
  void prepare() {
    if (entries_.empty()) resize(kEntries);
    // Early: words that are pushed out again and again cost more than room does.
    if (kept_ > entries_.size() / 2 && entries_.size() < kMostEntries) resize(entries_.size() * 2);
  }
  // To be kept at hand until the next change.
  MediumTable table() const { return {entries_.data(), more_ids_.data(), more_places_.data()}; }

  // Where a word's pair of entries begins, in bytes.
  uint32_t place(std::string_view word, bool unmarked) const { return home(sum(key(word, unmarked))); }
  [[gnu::always_inline]] void prefetch(uint32_t place) const { __builtin_prefetch(table().at(place)); }

  // The tokens of a word, from where kMostTokens ids can be read, or 8. None: the word is not there. One that had to go
  // elsewhere comes home if there is room: those that are looked for stay near.
  LongWords::Tokens find(std::string_view word, bool unmarked, uint32_t place) {
    const Entry key = this->key(word, unmarked);
    if (const Entry* const entry = find(key, place)) return tokens_of(*entry);
    Entry* const found = find(key, elsewhere(sum(key)));
    if (found == nullptr) return {};
    if (!make_room(place)) return tokens_of(*found);
    put(std::exchange(*found, Entry{}), place);
    return tokens_of(*pair(place));
  }

  // The places of tokens are in characters from the word's first one, or all 0.
  void insert(std::string_view word, bool unmarked, std::span<const WordToken> tokens, bool are_several_words) {
    const size_t count = tokens.size();
    if (count == 0 || count > kMostTokens) return;
    Entry entry = key(word, unmarked);
    entry.count = static_cast<uint8_t>(count | (are_several_words ? kSeveralWords : 0));
    uint32_t* ids = entry.ids;
    uint16_t* places = entry.places;
    if (entry.count > kMaxTokens) {
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
    if (Entry* const known = find(entry, home(sum(entry)))) {  // without its places
      *known = entry;
    } else {
      put_new(entry);
      ++kept_;
    }
  }

 private:
  using Entries = std::vector<Entry, HugePages<Entry>>;
  static constexpr size_t kEntries = size_t{1} << 10;      // 64 KiB
  static constexpr size_t kMostEntries = size_t{1} << 17;  // 8 MiB
  static constexpr size_t kRoomForMore = size_t{1} << 20;  // 6 MiB

  // An entry of the word without tokens.
  static Entry key(std::string_view word, bool unmarked) {
    Entry entry;
    std::memcpy(entry.parts, word.data(), 16);
    std::memcpy(entry.parts + 2, word.data() + word.size() - 16, 16);
    entry.size = Entry::size_of(word.size(), unmarked);
    return entry;
  }

  uint64_t sum(const Entry& key) const {
    uint64_t sum = key.size * factors_[4];
    for (size_t i = 0; i < 4; ++i) sum += key.parts[i] * factors_[i];
    return sum;
  }
  uint32_t pair_of(uint64_t sum) const { return static_cast<uint32_t>(sum >> shift_) * 2 * sizeof(Entry); }
  uint32_t home(uint64_t sum) const { return pair_of(sum); }
  // Another pair that a word may be in.
  uint32_t elsewhere(uint64_t sum) const {
    const uint32_t place = pair_of((sum ^ sum >> 32) * factors_[5]);
    return place == home(sum) ? place ^ 2 * sizeof(Entry) : place;
  }

  Entry* pair(uint32_t place) { return &entries_[place / sizeof(Entry)]; }
  LongWords::Tokens tokens_of(const Entry& entry) const {
    if (entry.count <= kMaxTokens) return {{entry.ids, entry.count}, entry.places};
    const size_t count = entry.count & ~kSeveralWords;
    return {{more_ids_.data() + entry.ids[0], count}, more_places_.data() + entry.ids[0], count != entry.count};
  }
  Entry* find(const Entry& key, uint32_t place) {
    Entry* entry = pair(place);
    entry += entry->differs(key);
    return entry->differs(key) ? nullptr : entry;
  }

  // Whether a pair has room, or its second word another place to go to.
  bool make_room(uint32_t place) {
    Entry& second = pair(place)[1];
    if (second.size == 0) return true;
    const uint64_t sum = this->sum(second);
    Entry* other = pair(place == home(sum) ? elsewhere(sum) : home(sum));
    other += other->size != 0;
    if (other->size != 0) return false;
    *other = std::exchange(second, Entry{});
    return true;
  }
  void put(const Entry& entry, uint32_t place) {
    Entry* const pair = this->pair(place);
    pair[1] = pair[0];
    pair[0] = entry;
  }
  void put_new(const Entry& entry) {
    const uint64_t sum = this->sum(entry);
    const uint32_t place = home(sum), other = elsewhere(sum);
    put(entry, make_room(place) || !make_room(other) ? place : other);
  }

  void resize(size_t entries) {
    const Entries old = std::exchange(entries_, Entries(entries));
    shift_ = std::countl_zero(entries) + 2;
    for (size_t i = old.size(); i-- > 0;) {  // the newer one of a pair comes last
      if (old[i].size != 0) put_new(old[i]);
    }
  }

  void forget() {
    std::fill(entries_.begin(), entries_.end(), Entry{});
    more_ids_.clear();
    more_places_.clear();
    kept_ = 0;
  }

  SecretFactors<6> factors_;
  int shift_ = 0;
  Entries entries_;
  // Of words that have many; kMostTokens ids can be read with the last ones.
  std::vector<uint32_t> more_ids_;
  std::vector<uint16_t> more_places_;
  size_t kept_ = 0;  // words so far, those that were pushed out too
};

}  // namespace leanformers
