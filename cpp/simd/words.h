// Words that wait to be looked up in the cache, many at a time, and what sets of instructions do with them: put the
// words of a window into their places, and write the tokens of those that are known.
//
// Nothing here is compiled into code of its own: files that are compiled for more than the baseline include this.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leanformers {

struct Span;

// In the number of tokens that an entry has: for callers who number words it is not known, as it is several of them.
constexpr uint8_t kSeveralWords = 0x80;

// What is wanted of tokens beside their ids.
enum class TokenDetails : uint8_t { kNone, kSpans, kSpansAndWords };

// The bytes of a short word, zeros, and its length in the last byte, with a bit of words that have no mark before them
// as others do.
struct WordKey {
  static constexpr size_t kMaxBytes = 15;
  static constexpr uint64_t kUnmarked = uint64_t{1} << 63;  // a bit of `high`

  uint64_t low, high;

  bool is_ascii() const {  // of a short word
    constexpr uint64_t kHighBits = 0x8080808080808080;
    return ((low | (high & ~kUnmarked)) & kHighBits) == 0;
  }

  // Without a branch: which of several keys is a word's is anybody's guess.
  bool operator==(const WordKey& other) const { return ((low ^ other.low) | (high ^ other.high)) == 0; }
};

// A short word and its tokens, in half a line of the processor's cache: two of them are a pair, which begins a line.
struct WordEntry {
  static constexpr size_t kMaxTokens = 3;

  WordKey key{0, 0};
  uint32_t ids[kMaxTokens]{};  // if `count` is more, the first one is their place
  // Of each token: which character of the word it begins with, and in the lower four bits how many there are up to its
  // end; 0: that is not known.
  uint8_t places[kMaxTokens]{};
  uint8_t count = 0;  // 0: empty; with kSeveralWords

  bool differs(const WordKey& other) const { return !(key == other); }
};
static_assert(sizeof(WordEntry) == 32);

// A WordCache, as it is while many words are looked up.
struct WordTable {
  static constexpr uint32_t kPairBytes = 2 * sizeof(WordEntry);

  uint64_t low_factor, high_factor;
  int shift;
  const WordEntry* entries;
  // Of entries with more than three tokens. Sixteen can be read from each place on.
  const uint32_t* more_ids;
  const uint8_t* more_places;

  // Where a word's pair begins, in bytes (secret_factors.h).
  uint32_t place(const WordKey& key) const {
    return static_cast<uint32_t>((key.low * low_factor + key.high * high_factor) >> shift) * kPairBytes;
  }
  const WordEntry* at(uint32_t place) const {
    return reinterpret_cast<const WordEntry*>(reinterpret_cast<const char*>(entries) + place);
  }
};

// A word of 16 to 32 bytes and its tokens, in a line of the processor's cache.
struct alignas(64) MediumEntry {
  static constexpr size_t kMaxTokens = 5;
  static constexpr uint8_t kUnmarked = 0x80;  // in `size`, of words that have no mark before them as others do
  static constexpr uint8_t kBytes = 0x7F;     // in `size`

  uint64_t parts[4]{};            // its first 16 bytes and its last ones, which share some
  uint32_t ids[kMaxTokens]{};     // if `count` is more, the first one is their place
  uint16_t places[kMaxTokens]{};  // as those of WordEntry, with a byte for each number
  uint8_t size = 0;               // of the word, `size_of`; 0: empty
  uint8_t count = 0;              // with kSeveralWords

  static uint8_t size_of(size_t bytes, bool unmarked) {
    return static_cast<uint8_t>(bytes | (unmarked ? kUnmarked : 0));
  }
  // Without a branch, as in WordKey.
  bool differs(const MediumEntry& other) const {
    uint64_t difference = size ^ other.size;
    for (size_t i = 0; i < 4; ++i) difference |= parts[i] ^ other.parts[i];
    return difference != 0;
  }
};
static_assert(sizeof(MediumEntry) == 64);

// The MediumWords, as WordTable is the cache.
struct MediumTable {
  const MediumEntry* entries;
  // Of entries with more than five tokens. From each place on 32 ids can be read.
  const uint32_t* more_ids;
  const uint16_t* more_places;

  const MediumEntry* at(uint32_t place) const {
    return reinterpret_cast<const MediumEntry*>(reinterpret_cast<const char*>(entries) + place);
  }
};

// In columns, so that several can be put at once.
struct GatheredWords {
  static constexpr size_t kRoom = 512;
  static constexpr size_t kBehind = 8;  // may be written behind the last one

  // What the keys of words that are not looked up in the cache have in place of bytes 8 to 15: no short word has it.
  // The rest is their size, in the higher half, and a number.
  static constexpr uint64_t kLong = ~uint64_t{0};  // of more than 32 bytes; their hash
  static constexpr uint64_t kMedium = kLong - 1;   // of 16 to 32 bytes; where their pair begins in the MediumTable;
                                                   // their size is MediumEntry::size_of
  static constexpr uint64_t kNew = kLong - 2;      // known nowhere; 0

  alignas(64) WordKey keys[kRoom + kBehind];
  const char* begins[kRoom + kBehind];
  uint32_t places[kRoom + kBehind];      // in the table
  uint32_t characters[kRoom + kBehind];  // with spans: the number of the first one
  // Of the last window: a bit for each word that is too long for a key, the first one's lowest, and if there is such a
  // word the sizes of all.
  uint64_t others;
  uint8_t sizes[64];
};

// Up to 64 bytes of text, a bit for each, the first one's lowest.
struct WindowWords {
  const char* text;
  uint64_t begins, lasts;  // of words: their first and last bytes; there may be another beginning behind the last word
  uint64_t inner;          // bytes that no character begins with
  uint64_t unmarked;       // the first bytes of words that are WordKey::kUnmarked
  uint32_t character;      // the number of the first one
  bool lowercases;         // words are known by their bytes with ASCII letters in lower case
  bool reads_behind;       // the 16 bytes after the window can be read
};

// Where the tokens of words are written to.
struct TokenColumns {
  uint32_t* ids;
  Span* spans;     // where they are wanted
  int32_t* words;  // likewise
  size_t count;    // tokens so far
  int32_t word;    // the number of the next one
  int32_t words_per_word;
};

struct WordFunctions {
  // Puts the words of a window, which has one, behind `count` others, and asks for their entries. Returns how many
  // words there are then. The keys and places of `others` are yet to be set.
  size_t (*put)(const WindowWords& window, const WordTable& table, GatheredWords& words, size_t count);
  // Writes the tokens of words [first, end) up to the first one whose pair has no entry of it, or where spans are
  // wanted one without places, and returns its number. There is room for 32 tokens a word.
  size_t (*write)(const GatheredWords& words, size_t first, size_t end, const WordTable& table,
                  const MediumTable& medium, TokenColumns& to);
  // Finds the short ones of words [first, end) whose pair does not have them, and puts their numbers. Returns how many
  // there are.
  size_t (*find_new)(const GatheredWords& words, size_t first, size_t end, const WordTable& table, uint16_t* numbers);
};
// By TokenDetails: for every processor, and with AVX-512 as of Ice Lake and Zen 4.
extern const WordFunctions word_functions[], word_functions_avx512[];

}  // namespace leanformers
