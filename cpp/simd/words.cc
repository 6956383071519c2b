// The twin of words_avx512.cc for every processor: one word after the other.
#include "simd/words.h"

#include <bit>
#include <cstring>

#include "token_writer.h"
#include "word_cache.h"

namespace leanformers {
namespace {

// What is asked of all words of a window, so that it is not asked of each.
enum class Kind : uint8_t { kPlain, kLowercase, kUnmarked };

// `bytes` are those of the window, with 16 that can be read behind them.
template <bool kDetails, Kind kKind>
size_t put_all(const WindowWords& window, const char* bytes, const WordTable& from, GatheredWords& words,
               size_t count) {
  const WordTable table = from;  // a copy, as the compiler cannot know that writing words leaves it alone
  const char* const text = window.text;
  uint64_t others = 0, begins = window.begins;
  WordKey* key_at = words.keys + count;
  size_t number = count;
  for (uint64_t lasts = window.lasts; lasts != 0; begins &= begins - 1, lasts &= lasts - 1, ++number, ++key_at) {
    // std::countr_zero would ask whether there is a bit, as older processors cannot count without.
    const auto begin = static_cast<uint32_t>(__builtin_ctzll(begins));
    const uint32_t size = static_cast<uint32_t>(__builtin_ctzll(lasts)) - begin + 1;
    const std::string_view word(bytes + begin, size);
    words.begins[number] = text + begin;
    if constexpr (kDetails) {
      words.characters[number] = window.character + begin;
      if (window.inner != 0) {
        words.characters[number] -= static_cast<uint32_t>(std::popcount(window.inner & ((uint64_t{1} << begin) - 1)));
      }
    }
    if (size > WordKey::kMaxBytes) [[unlikely]] {
      others |= uint64_t{1} << (number - count);
      words.sizes[number - count] = static_cast<uint8_t>(size);
      continue;
    }
    WordKey key = kKind == Kind::kLowercase ? WordCache::lowercase_key(word) : WordCache::key(word, true);
    if constexpr (kKind == Kind::kUnmarked) key.high |= window.unmarked >> begin << 63;
    // One by one: a key copied as a whole is read from the stack before it has got there.
    key_at->low = key.low;
    key_at->high = key.high;
    const uint32_t place = table.place(key);
    words.places[number] = place;
    __builtin_prefetch(table.at(place));
  }
  words.others = others;
  return number;
}

template <bool kDetails>
size_t put(const WindowWords& window, const WordTable& table, GatheredWords& words, size_t count) {
  constexpr size_t kWindow = 64, kKey = 16;
  const char* bytes = window.text;
  char copy[kWindow + kKey];
  if (!window.reads_behind) {
    std::memset(copy, 0, sizeof copy);
    std::memcpy(copy, bytes, kWindow - static_cast<size_t>(std::countl_zero(window.lasts)));
    bytes = copy;
  }
  if (window.lowercases) return put_all<kDetails, Kind::kLowercase>(window, bytes, table, words, count);
  if (window.unmarked == 0) return put_all<kDetails, Kind::kPlain>(window, bytes, table, words, count);
  return put_all<kDetails, Kind::kUnmarked>(window, bytes, table, words, count);
}

template <TokenDetails kDetails>
[[gnu::noinline]] bool write_medium(const GatheredWords& words, size_t i, const MediumTable& table, TokenColumns& to) {
  const WordKey& word = words.keys[i];
  if (word.high != GatheredWords::kMedium) return false;
  MediumEntry key;
  key.size = static_cast<uint8_t>(word.low >> 32);
  const size_t size = key.size & MediumEntry::kBytes;
  std::memcpy(key.parts, words.begins[i], 16);
  std::memcpy(key.parts + 2, words.begins[i] + size - 16, 16);
  const MediumEntry* entry = table.at(static_cast<uint32_t>(word.low));
  entry += entry->differs(key);
  if (entry->differs(key)) return false;
  const bool has_more = entry->count > MediumEntry::kMaxTokens;
  if (kDetails == TokenDetails::kSpansAndWords && (entry->count & kSeveralWords) != 0) return false;
  const uint16_t* const places = has_more ? table.more_places + entry->ids[0] : entry->places;
  if (kDetails != TokenDetails::kNone && places[0] == 0) return false;
  put_tokens<kDetails>(to, words.characters[i], has_more ? table.more_ids + entry->ids[0] : entry->ids, places,
                       entry->count & ~kSeveralWords);
  return true;
}

template <TokenDetails kDetails>
size_t write(const GatheredWords& words, size_t first, size_t end, const WordTable& table, const MediumTable& medium,
             TokenColumns& to) {
  TokenColumns own = to;  // a copy in registers, as nobody is told where it is
  size_t i = first;
  for (; i < end; ++i) {
    const WordKey key = words.keys[i];
    const WordEntry* entry = table.at(words.places[i]);
    entry += entry->differs(key);
    if (entry->differs(key)) [[unlikely]] {
      to = own;
      const bool is_known = write_medium<kDetails>(words, i, medium, to);
      own = to;
      if (is_known) continue;
      break;
    }
    if (!put_entry<kDetails>(own, words.characters[i], *entry, table)) [[unlikely]]
      break;
  }
  to = own;
  return i;
}

size_t find_new(const GatheredWords& words, size_t first, size_t end, const WordTable& table, uint16_t* numbers) {
  size_t count = 0;
  for (size_t i = first; i < end; ++i) {
    const WordKey key = words.keys[i];
    const WordEntry* const pair = table.at(words.places[i]);
    numbers[count] = static_cast<uint16_t>(i);
    count += size_t{pair[0].differs(key)} & size_t{pair[1].differs(key)} & size_t{key.high < GatheredWords::kNew};
  }
  return count;
}

}  // namespace

const WordFunctions word_functions[] = {
    {put<false>, write<TokenDetails::kNone>, find_new},
    {put<true>, write<TokenDetails::kSpans>, find_new},
    {put<true>, write<TokenDetails::kSpansAndWords>, find_new},
};

}  // namespace leanformers
