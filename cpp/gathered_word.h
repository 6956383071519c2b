// A word of a text that waits to be looked up in the caches.
#pragma once

#include <cstdint>
#include <string_view>

#include "word_cache.h"

namespace leanformers {

template <bool kDetails>
struct GatheredWord {
  // What the keys of long words have in place of bytes 8 to 15: no short word has it. The rest is their hash.
  static constexpr uint64_t kLong = ~uint64_t{0};
  static constexpr uint64_t kMedium = kLong - 1;  // likewise, of words that MediumWords has at `place`

  WordCache::Key key;
  const char* begin;
  uint32_t size;
  uint32_t place;      // in the cache
  uint32_t character;  // with details: the number of its first character

  std::string_view text() const { return {begin, size}; }
  bool is_medium() const { return key.high == kMedium; }
  bool is_long() const { return key.high == kLong; }
  uint32_t hash() const { return static_cast<uint32_t>(key.low); }  // of a long word

  [[gnu::always_inline]] void set(const WordCache::Key& from, std::string_view text, size_t at, uint32_t first) {
    // One by one: a key copied as a whole is read from the stack before it has got there.
    key.low = from.low;
    key.high = from.high;
    begin = text.data();
    size = static_cast<uint32_t>(text.size());
    place = static_cast<uint32_t>(at);
    if constexpr (kDetails) character = first;
  }
};

}  // namespace leanformers
