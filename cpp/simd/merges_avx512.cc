// Compiled for AVX-512 as of Ice Lake and Zen 4: a word's symbols are one register, and what its neighbours give
// another one. See ascii_masks_of.h for what such files may include.
#include <immintrin.h>

#include <cstddef>

#include "simd/merges.h"

namespace leanformers {
namespace {

constexpr int kFirstBits = 7;
static_assert(JoinedSymbols::kFirst == 1 << kFirstBits);

// A word while it is merged, in three lines of the processor's cache.
struct alignas(64) Merging {
  uint32_t joined[16];  // what each symbol gives with the next one, or kNone
  // What is asked of the last symbol that was made and its neighbours, which one it is, and where.
  JoinedSymbols::Asked with_previous, with_next;
  uint8_t ends[16];
  uint32_t least, count, place;
  uint32_t symbols[1 + 16];  // symbol 0 is at symbols[1], in a line of its own; all but the last place may have one

  static_assert(MergedWord::kMost < 16);
};
static_assert(offsetof(Merging, symbols) % 64 == 60 && sizeof(Merging) == 192);

// The values of a table at those of these places that are asked for, and kNone for the others. All of them are among
// the first `count`, which are few most often: then half as much is read.
__m512i pairs_at(const uint32_t* table, __m512i places, __mmask16 asked, uint32_t count) {
  const __m512i none = _mm512_set1_epi32(-1);
  if (count > 8) return _mm512_mask_i32gather_epi32(none, asked, places, table, 4);
  return _mm512_inserti64x4(none,
                            _mm256_mmask_i32gather_epi32(_mm512_castsi512_si256(none), static_cast<__mmask8>(asked),
                                                         _mm512_castsi512_si256(places), table, 4),
                            0);
}

void begin(const JoinedSymbols& joined, const MergedWord& word, Merging& merging) {
  const __mmask16 there = static_cast<__mmask16>((1U << word.count) - 1);
  const __m512i symbols =
      _mm512_mask_loadu_epi32(_mm512_set1_epi32(static_cast<int>(JoinedSymbols::kNowhere)), there, word.symbols);
  _mm512_storeu_si512(merging.symbols + 1, symbols);
  merging.symbols[0] = JoinedSymbols::kNowhere;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(merging.ends),
                   _mm_loadu_si128(reinterpret_cast<const __m128i*>(word.ends)));
  merging.count = word.count;
  const __m512i none = _mm512_set1_epi32(-1), next = _mm512_alignr_epi32(none, symbols, 1);
  const __mmask16 have_next = there >> 1;
  const __mmask16 are_first =
      _mm512_mask_cmplt_epu32_mask(have_next, _mm512_or_si512(symbols, next), _mm512_set1_epi32(JoinedSymbols::kFirst));
  const __m512i pairs = _mm512_add_epi32(_mm512_slli_epi32(symbols, kFirstBits), next);
  _mm512_store_si512(merging.joined, pairs_at(joined.first_pairs, pairs, are_first, word.count - 1));
  for (uint32_t others = have_next & ~are_first; others != 0; others &= others - 1) {
    const uint32_t i = _tzcnt_u32(others);
    merging.joined[i] = joined(joined.ask(merging.symbols[i + 1], merging.symbols[i + 2]));
  }
  // Nothing is asked yet: what nobody is next to.
  merging.place = 16;
  merging.with_previous = joined.ask(JoinedSymbols::kNowhere, JoinedSymbols::kNowhere);
  merging.with_next = joined.ask(JoinedSymbols::kNowhere, JoinedSymbols::kNowhere);
}

// A merge is two steps, for many words side by side. The first one looks for the least symbol. False when there is
// none.
bool choose(const JoinedSymbols& joined, Merging& merging) {
  __m512i pairs = _mm512_load_si512(merging.joined);
  const uint32_t changed = 1U << merging.place;
  pairs = _mm512_mask_set1_epi32(pairs, static_cast<__mmask16>(changed), static_cast<int>(joined(merging.with_next)));
  pairs = _mm512_mask_set1_epi32(pairs, static_cast<__mmask16>(changed >> 1),
                                 static_cast<int>(joined(merging.with_previous)));
  const uint32_t least = _mm512_reduce_min_epu32(pairs);
  const __mmask16 are_least = _mm512_cmpeq_epi32_mask(pairs, _mm512_set1_epi32(static_cast<int>(least)));
  merging.least = least;
  merging.place = _tzcnt_u32(are_least);
  _mm512_store_si512(merging.joined, pairs);
  return least != JoinedSymbols::kNone;
}

// The left symbol becomes the new one, the right one goes, and so do what they gave and the left one's end.
void merge(const JoinedSymbols& joined, Merging& merging) {
  const uint32_t place = merging.place, least = merging.least;
  merging.with_previous = joined.ask(merging.symbols[place], least);
  merging.with_next = joined.ask(least, merging.symbols[place + 3]);
  const uint32_t left = 1U << place;
  __m512i symbols = _mm512_loadu_si512(merging.symbols + 1);
  symbols = _mm512_mask_set1_epi32(symbols, static_cast<__mmask16>(left), static_cast<int>(least));
  symbols = _mm512_mask_compress_epi32(_mm512_set1_epi32(static_cast<int>(JoinedSymbols::kNowhere)),
                                       static_cast<__mmask16>(~(left << 1)), symbols);
  _mm512_storeu_si512(merging.symbols + 1, symbols);
  const __m512i pairs = _mm512_load_si512(merging.joined);
  _mm512_store_si512(merging.joined,
                     _mm512_mask_compress_epi32(_mm512_set1_epi32(-1), static_cast<__mmask16>(~left), pairs));
  const __m128i ends = _mm_loadu_si128(reinterpret_cast<const __m128i*>(merging.ends));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(merging.ends),
                   _mm_maskz_compress_epi8(static_cast<__mmask16>(~left), ends));
  --merging.count;
}

void merge_words(const JoinedSymbols& joined, MergedWord* words, size_t count) {
  Merging merging[MergeFunction::kRoom];
  uint8_t waiting[MergeFunction::kRoom];
  for (size_t i = 0; i < count; ++i) {
    begin(joined, words[i], merging[i]);
    waiting[i] = static_cast<uint8_t>(i);
  }
  for (size_t going = count; going > 0;) {
    size_t left = 0;
    for (size_t w = 0; w < going; ++w) {
      const uint8_t i = waiting[w];
      waiting[left] = i;
      left += choose(joined, merging[i]);
    }
    going = left;
    for (size_t w = 0; w < going; ++w) merge(joined, merging[waiting[w]]);
  }
  for (size_t i = 0; i < count; ++i) {
    _mm512_storeu_si512(words[i].symbols, _mm512_loadu_si512(merging[i].symbols + 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(words[i].ends),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(merging[i].ends)));
    words[i].count = merging[i].count;
  }
}

}  // namespace

const MergeFunction merge_function_avx512{merge_words};

}  // namespace leanformers
