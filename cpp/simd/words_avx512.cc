// Compiled for AVX-512 as of Ice Lake and Zen 4: eight words are put at once, and a pair of entries is one register.
// See ascii_masks_of.h for what such files may include.
#include <immintrin.h>

#include "simd/words.h"
#include "span.h"

namespace leanformers {
namespace {

constexpr int kLanes = 8;

// 0 to 63, one a byte.
__m512i numbers() {
  const __m128i zero = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i steps = _mm512_set_epi64(0x3030303030303030, 0x3030303030303030, 0x2020202020202020, 0x2020202020202020,
                                         0x1010101010101010, 0x1010101010101010, 0, 0);
  return _mm512_add_epi8(_mm512_broadcast_i32x4(zero), steps);
}

__m512i in_lower_case(__m512i text) {
  const __m512i from_a = _mm512_sub_epi8(text, _mm512_set1_epi8('A'));
  return _mm512_mask_add_epi8(text, _mm512_cmple_epu8_mask(from_a, _mm512_set1_epi8('Z' - 'A')), text,
                              _mm512_set1_epi8('a' - 'A'));
}

template <bool kDetails>
size_t put(const WindowWords& window, const WordTable& table, GatheredWords& words, size_t count) {
  const auto found = static_cast<int>(_mm_popcnt_u64(window.lasts));
  __m512i text = _mm512_maskz_loadu_epi8(~uint64_t{0} >> __builtin_clzll(window.lasts), window.text);
  if (window.lowercases) text = in_lower_case(text);
  const __m512i begins = _mm512_maskz_compress_epi8(window.begins, numbers());
  const __m512i lasts = _mm512_maskz_compress_epi8(window.lasts, numbers());
  const __m512i sizes = _mm512_sub_epi8(lasts, _mm512_sub_epi8(begins, _mm512_set1_epi8(1)));

  // Each word has eight bytes here: its number, and which of its bytes each of these is.
  const __m512i order = _mm512_set1_epi64(0x0706050403020100), eight = _mm512_set1_epi8(kLanes);
  __m512i number = _mm512_set_epi64(0x0707070707070707, 0x0606060606060606, 0x0505050505050505, 0x0404040404040404,
                                    0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
  const __m512i first_four = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
  const __m512i last_four = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
  const __m512i last_byte = _mm512_set1_epi64(static_cast<int64_t>(uint64_t{0xFF} << 56));
  const __m512i low_factor = _mm512_set1_epi64(static_cast<int64_t>(table.low_factor));
  const __m512i high_factor = _mm512_set1_epi64(static_cast<int64_t>(table.high_factor));
  const __m128i shift = _mm_cvtsi32_si128(table.shift);
  const auto* const entries = reinterpret_cast<const char*>(table.entries);
  for (int i = 0; i < found; i += kLanes) {
    const size_t at = count + static_cast<size_t>(i);
    const __m512i begin = _mm512_permutexvar_epi8(number, begins), size = _mm512_permutexvar_epi8(number, sizes);
    number = _mm512_add_epi8(number, eight);
    const __m512i place_of_low = _mm512_add_epi8(begin, order), after = _mm512_add_epi8(order, eight);
    const __m512i low = _mm512_maskz_permutexvar_epi8(_mm512_cmplt_epu8_mask(order, size), place_of_low, text);
    __m512i high =
        _mm512_maskz_permutexvar_epi8(_mm512_cmplt_epu8_mask(after, size), _mm512_add_epi8(place_of_low, eight), text);
    high = _mm512_ternarylogic_epi64(high, size, last_byte, 0xF8);  // high | (size & last_byte)
    const __m512i first = _mm512_and_si512(begin, _mm512_set1_epi64(0xFF));
    if (window.unmarked != 0) {
      const __m512i unmarked = _mm512_set1_epi64(static_cast<int64_t>(window.unmarked));
      high = _mm512_or_si512(high, _mm512_slli_epi64(_mm512_srlv_epi64(unmarked, first), 63));
    }
    _mm512_storeu_si512(words.keys + at, _mm512_permutex2var_epi64(low, first_four, high));
    _mm512_storeu_si512(words.keys + at + 4, _mm512_permutex2var_epi64(low, last_four, high));

    const __m512i sum = _mm512_add_epi64(_mm512_mullo_epi64(low, low_factor), _mm512_mullo_epi64(high, high_factor));
    const __m512i place = _mm512_slli_epi64(_mm512_srl_epi64(sum, shift), 6);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words.places + at), _mm512_cvtepi64_epi32(place));
    _mm512_storeu_si512(words.begins + at,
                        _mm512_add_epi64(first, _mm512_set1_epi64(reinterpret_cast<int64_t>(window.text))));
    if constexpr (kDetails) {
      const __m512i one = _mm512_set1_epi64(1);
      const __m512i before = _mm512_sub_epi64(_mm512_sllv_epi64(one, first), one);
      const __m512i inner = _mm512_and_si512(before, _mm512_set1_epi64(static_cast<int64_t>(window.inner)));
      const __m512i character =
          _mm512_add_epi64(_mm512_sub_epi64(first, _mm512_popcnt_epi64(inner)), _mm512_set1_epi64(window.character));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(words.characters + at), _mm512_cvtepi64_epi32(character));
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      _mm_prefetch(entries + words.places[at + static_cast<size_t>(lane)], _MM_HINT_T0);
    }
  }
  const auto all = static_cast<uint32_t>(found);
  words.others = _bzhi_u64(_mm512_cmpgt_epu8_mask(sizes, _mm512_set1_epi8(WordKey::kMaxBytes)), all);
  if (words.others != 0) _mm512_storeu_si512(words.sizes, sizes);
  return count + all;
}

// Of what a pair's eight parts of eight bytes have in common with a key: where the entry of that key is in it, in
// bytes.
constexpr uint8_t kNowhere = 0xFF;
struct Entries {
  uint8_t of[256];
  constexpr Entries() : of{} {
    for (int same = 0; same < 256; ++same) {
      of[same] = (same & 0x03) == 0x03 ? 0 : (same & 0x30) == 0x30 ? sizeof(WordEntry) : kNowhere;
    }
  }
};
constexpr Entries kEntries;

// Writes the tokens of a word that may be a medium one, or says that its pair does not have it.
template <TokenDetails kDetails>
bool write_medium(const GatheredWords& words, size_t i, const MediumTable& table, const TokenColumns& to, size_t& count,
                  __m128i number) {
  constexpr bool kSpans = kDetails != TokenDetails::kNone, kWords = kDetails == TokenDetails::kSpansAndWords;
  const WordKey& word = words.keys[i];
  if (word.high != GatheredWords::kMedium) return false;
  const auto own_size = static_cast<uint8_t>(word.low >> 32);
  const size_t size = own_size & MediumEntry::kBytes;
  const auto at = [&words, i](uint64_t place) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(words.begins[i] + place));
  };
  const __m256i key = _mm256_inserti128_si256(_mm256_castsi128_si256(at(0)), at(size - 16), 1);
  const auto* entry = reinterpret_cast<const MediumEntry*>(reinterpret_cast<const char*>(table.entries) +
                                                           static_cast<uint32_t>(word.low));
  const auto has_word = [key, own_size](const MediumEntry& other) {
    const __m256i own = _mm256_load_si256(reinterpret_cast<const __m256i*>(other.parts));
    return unsigned{_mm256_cmpeq_epi64_mask(key, own) == 0xF} & unsigned{other.size == own_size};
  };
  const unsigned is_first = has_word(entry[0]);
  if ((is_first | has_word(entry[1])) == 0) return false;
  entry += 1 - is_first;

  const bool has_more = entry->count > MediumEntry::kMaxTokens;
  if (kWords && (entry->count & kSeveralWords) != 0) return false;
  const size_t tokens = entry->count & ~kSeveralWords;
  const uint32_t* const ids = has_more ? table.more_ids + entry->ids[0] : entry->ids;
  const uint16_t* const places = has_more ? table.more_places + entry->ids[0] : entry->places;
  if (kSpans && *places == 0) return false;
  const __m512i character = _mm512_set1_epi32(static_cast<int>(words.characters[i]));
  for (size_t done = 0; done < tokens; done += kLanes) {
    const size_t to_place = count + done;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.ids + to_place),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids + done)));
    if constexpr (kSpans) {
      const auto there = static_cast<__mmask8>(_bzhi_u32(0xFF, static_cast<uint32_t>(tokens - done)));
      const __m512i place = _mm512_cvtepu16_epi64(_mm_maskz_loadu_epi16(there, places + done));
      const __m512i ends = _mm512_slli_epi64(_mm512_and_si512(place, _mm512_set1_epi64(0xFF)), 32);
      const __m512i spans = _mm512_or_si512(_mm512_srli_epi64(place, 8), ends);
      _mm512_storeu_si512(to.spans + to_place, _mm512_add_epi32(spans, character));
    }
    if constexpr (kWords) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.words + to_place), _mm256_broadcastd_epi32(number));
    }
  }
  count += tokens;
  return true;
}

// What is written for an entry takes sixteen bytes or more of a column: there is room for that.
template <TokenDetails kDetails>
size_t write(const GatheredWords& words, size_t first, size_t end, const WordTable& table, const MediumTable& medium,
             TokenColumns& to) {
  constexpr bool kSpans = kDetails != TokenDetails::kNone, kWords = kDetails == TokenDetails::kSpansAndWords;
  const auto* const entries = reinterpret_cast<const char*>(table.entries);
  uint32_t* const ids = to.ids;
  Span* const spans = to.spans;
  int32_t* const numbers = to.words;
  __m128i number = _mm_set1_epi32(to.word);
  const __m128i step = _mm_set1_epi32(to.words_per_word);
  const __m256i begins_and_ends = _mm256_set_epi32(24, 28, 16, 20, 8, 12, 0, 4);  // bits before each, in all places
  size_t count = to.count;
  size_t i = first;
  for (; i < end; ++i) {
    const char* const pair = entries + words.places[i];
    const __m512i key = _mm512_broadcast_i64x2(_mm_load_si128(reinterpret_cast<const __m128i*>(words.keys + i)));
    const uint32_t where = kEntries.of[_mm512_cmpeq_epi64_mask(key, _mm512_load_si512(pair))];
    if (where == kNowhere) [[unlikely]] {
      if (!write_medium<kDetails>(words, i, medium, to, count, number)) break;
      if constexpr (kWords) number = _mm_add_epi32(number, step);
      continue;
    }
    const auto* const entry = reinterpret_cast<const WordEntry*>(pair + where);
    size_t tokens = entry->count;
    if (tokens <= WordEntry::kMaxTokens) [[likely]] {
      if (kSpans && entry->places[0] == 0) [[unlikely]]
        break;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(ids + count),
                       _mm_load_si128(reinterpret_cast<const __m128i*>(entry) + 1));
      if constexpr (kSpans) {
        const __m256i places = _mm256_broadcastd_epi32(_mm_loadu_si32(entry->places));
        const __m256i from_first = _mm256_and_si256(_mm256_srlv_epi32(places, begins_and_ends), _mm256_set1_epi32(0xF));
        const __m256i character = _mm256_broadcastd_epi32(_mm_loadu_si32(words.characters + i));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(spans + count), _mm256_add_epi32(from_first, character));
      }
      if constexpr (kWords) _mm_storeu_si128(reinterpret_cast<__m128i*>(numbers + count), number);
    } else {
      const uint8_t* const places = table.more_places + entry->ids[0];
      if ((kSpans && *places == 0) || (kWords && (tokens & kSeveralWords) != 0)) [[unlikely]]
        break;
      tokens &= ~size_t{kSeveralWords};
      _mm512_storeu_si512(ids + count, _mm512_loadu_si512(table.more_ids + entry->ids[0]));
      if constexpr (kSpans) {
        const __m512i character = _mm512_set1_epi32(static_cast<int>(words.characters[i]));
        for (size_t done = 0; done < tokens; done += kLanes) {
          const __m512i place = _mm512_cvtepu8_epi64(_mm_loadu_si64(places + done));
          const __m512i ends = _mm512_slli_epi64(_mm512_and_si512(place, _mm512_set1_epi64(0xF)), 32);
          const __m512i from_first = _mm512_or_si512(_mm512_srli_epi64(place, 4), ends);
          _mm512_storeu_si512(spans + count + done, _mm512_add_epi32(from_first, character));
        }
      }
      if constexpr (kWords) _mm512_storeu_si512(numbers + count, _mm512_broadcastd_epi32(number));
    }
    count += tokens;
    if constexpr (kWords) number = _mm_add_epi32(number, step);
  }
  to.count = count;
  to.word += static_cast<int32_t>(i - first) * to.words_per_word;
  return i;
}

size_t find_new(const GatheredWords& words, size_t first, size_t end, const WordTable& table, uint16_t* numbers) {
  const auto* const entries = reinterpret_cast<const char*>(table.entries);
  size_t count = 0;
  for (size_t i = first; i < end; ++i) {
    const __m512i key = _mm512_broadcast_i64x2(_mm_load_si128(reinterpret_cast<const __m128i*>(words.keys + i)));
    const uint32_t where = kEntries.of[_mm512_cmpeq_epi64_mask(key, _mm512_load_si512(entries + words.places[i]))];
    numbers[count] = static_cast<uint16_t>(i);
    count += size_t{where == kNowhere} & size_t{words.keys[i].high < GatheredWords::kNew};
  }
  return count;
}

}  // namespace

const WordFunctions word_functions_avx512[] = {
    {put<false>, write<TokenDetails::kNone>, find_new},
    {put<true>, write<TokenDetails::kSpans>, find_new},
    {put<true>, write<TokenDetails::kSpansAndWords>, find_new},
};

}  // namespace leanformers
