// A word of a text that waits to be looked up in the caches.
#pragma once

#include <cstdint>
#include <string_view>

#include "simd/words.h"

namespace leanformers {

struct GatheredWord {
  // The key of a word that is not looked up in the cache: `kind` is one of GatheredWords.
  static WordKey other_key(std::string_view word, uint64_t kind, uint32_t number = 0) {
    return {uint64_t{word.size()} << 32 | number, kind};
  }

  // Of a word of 16 to 32 bytes. `unmarked` tells it from one of the same bytes that has a mark before it.
  static WordKey medium_key(std::string_view word, bool unmarked, uint32_t place) {
    return {uint64_t{MediumEntry::size_of(word.size(), unmarked)} << 32 | place, GatheredWords::kMedium};
  }

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
  size_t size() const {
    if (key.high < kLeastOther) return key.high >> 56 & 0x7F;
    return is_medium() ? key.low >> 32 & MediumEntry::kBytes : key.low >> 32;
  }
  bool is_medium() const { return key.high == GatheredWords::kMedium; }
  bool is_long() const { return key.high == GatheredWords::kLong; }
  bool is_longer() const { return is_medium() || is_long(); }
  bool is_new() const { return key.high == GatheredWords::kNew; }
  uint32_t hash() const { return static_cast<uint32_t>(key.low); }                    // of a long word
  uint32_t medium_place() const { return static_cast<uint32_t>(key.low); }            // of a medium one
  bool is_unmarked() const { return (key.low >> 32 & MediumEntry::kUnmarked) != 0; }  // likewise

 private:
  static constexpr uint64_t kLeastOther = uint64_t{0xFF} << 56;  // no size is so large
};

}  // namespace leanformers
