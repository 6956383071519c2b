// A word of a text that waits to be looked up in the caches.
#pragma once

#include <cstdint>
#include <string_view>

#include "simd/words.h"

namespace leanformers {

struct GatheredWord {
  // As GatheredWords::kMedium, of words that are longer: the rest of the key is their size and hash.
  static constexpr uint64_t kLong = ~uint64_t{0};

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
  size_t size() const { return key.high >= kLeastOther ? key.low >> 32 : key.high >> 56 & 0x7F; }
  bool is_medium() const { return key.high == GatheredWords::kMedium; }
  bool is_long() const { return key.high == kLong; }
  uint32_t hash() const { return static_cast<uint32_t>(key.low); }          // of a long word
  uint32_t medium_place() const { return static_cast<uint32_t>(key.low); }  // of a medium one

 private:
  static constexpr uint64_t kLeastOther = uint64_t{0xFF} << 56;  // no size is so large
};

}  // namespace leanformers
