// A word of a text that waits to be looked up in the caches.
#pragma once

#include <cstdint>
#include <string_view>

#include "simd/words.h"

namespace leanformers {

struct GatheredWord {
  // What the keys of long words have in place of bytes 8 to 15: no short word has it. The rest is their size and hash.
  static constexpr uint64_t kLong = ~uint64_t{0};
  static constexpr uint64_t kMedium = kLong - 1;  // likewise, of words that MediumWords has at `place`

  GatheredWord(const WordKey& own_key, const char* text) : key(own_key), begin(text), place(0), character(0) {}
  GatheredWord(const GatheredWords& words, size_t number)
      : key(words.keys[number]),
        begin(words.begins[number]),
        place(words.places[number]),
        character(words.characters[number]) {}

  WordKey key;
  const char* begin;
  uint32_t place;      // in the cache
  uint32_t character;  // with details: the number of its first character

  std::string_view text() const { return {begin, size()}; }
  size_t size() const { return key.high >= kMedium ? key.low >> 32 : key.high >> 56 & 0x7F; }
  bool is_medium() const { return key.high == kMedium; }
  bool is_long() const { return key.high == kLong; }
  uint32_t hash() const { return static_cast<uint32_t>(key.low); }  // of a long word
};

}  // namespace leanformers
