// The twin of words_avx512.cc for every processor: one word after the other.
#include "simd/words.h"

#include <bit>

#include "token_writer.h"
#include "word_cache.h"

namespace leanformers {
namespace {

template <bool kDetails>
uint64_t put(const WindowWords& window, const WordTable& from, GatheredWords& words, size_t count) {
  const WordTable table = from;  // a copy, as the compiler cannot know that writing words leaves it alone
  const char* const text = window.text;
  const uint64_t inner = window.inner, unmarked = window.unmarked;
  const uint32_t character = window.character;
  const bool lowercases = window.lowercases, readable = window.reads_behind;
  uint64_t others = 0;
  uint64_t begins = window.begins;
  size_t number = count;
  for (uint64_t lasts = window.lasts; lasts != 0; begins &= begins - 1, lasts &= lasts - 1, ++number) {
    const int begin = std::countr_zero(begins);
    const auto size = static_cast<size_t>(std::countr_zero(lasts) - begin + 1);
    const std::string_view word(text + begin, size);
    words.begins[number] = word.data();
    if constexpr (kDetails) {
      const uint64_t before = inner & ((uint64_t{1} << begin) - 1);
      words.characters[number] = character + static_cast<uint32_t>(begin - std::popcount(before));
    }
    if (size > WordKey::kMaxBytes) {
      others |= uint64_t{1} << (number - count);
      words.sizes[number - count] = static_cast<uint8_t>(size);
      continue;
    }
    WordKey key = lowercases ? WordCache::lowercase_key(word) : WordCache::key(word, readable);
    key.high |= unmarked >> begin << 63;
    // One by one: a key copied as a whole is read from the stack before it has got there.
    words.keys[number].low = key.low;
    words.keys[number].high = key.high;
    const uint32_t place = table.place(key);
    words.places[number] = place;
    __builtin_prefetch(table.at(place));
  }
  return others;
}

template <TokenDetails kDetails>
bool write_medium(const GatheredWords& words, size_t i, const MediumTable& table, TokenColumns& to) {
  const WordKey& word = words.keys[i];
  if (word.high != GatheredWords::kMedium) return false;
  const size_t size = word.low >> 32;
  MediumEntry key;
  std::memcpy(key.parts, words.begins[i], 16);
  std::memcpy(key.parts + 2, words.begins[i] + size - 16, 16);
  key.size = static_cast<uint8_t>(size);
  const MediumEntry* entry = table.at(static_cast<uint32_t>(word.low));
  entry += entry->differs(key);
  if (entry->differs(key)) return false;
  const size_t count = entry->count;
  const bool has_more = count > MediumEntry::kMaxTokens;
  put_tokens<kDetails>(to, words.characters[i], has_more ? table.more_ids + entry->ids[0] : entry->ids,
                       has_more ? table.more_places + entry->ids[0] : entry->places, count);
  return true;
}

template <TokenDetails kDetails>
size_t write(const GatheredWords& words, size_t first, size_t end, const WordTable& table, const MediumTable& medium,
             TokenColumns& to) {
  TokenColumns own = to;
  size_t i = first;
  for (; i < end; ++i) {
    const WordKey key = words.keys[i];
    const WordEntry* entry = table.at(words.places[i]);
    entry += entry->differs(key);
    if (entry->differs(key)) [[unlikely]] {
      if (write_medium<kDetails>(words, i, medium, own)) continue;
      break;
    }
    if (!put_entry<kDetails>(own, words.characters[i], *entry, table)) [[unlikely]]
      break;
  }
  to = own;
  return i;
}

}  // namespace

WordFunctions word_functions(TokenDetails details) {
  switch (details) {
    case TokenDetails::kNone:
      return {put<false>, write<TokenDetails::kNone>};
    case TokenDetails::kSpans:
      return {put<true>, write<TokenDetails::kSpans>};
    default:
      return {put<true>, write<TokenDetails::kSpansAndWords>};
  }
}

}  // namespace leanformers
