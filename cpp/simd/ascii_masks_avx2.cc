// Compiled for AVX2: see ascii_masks_of.h.
#include <immintrin.h>

#include "simd/ascii_masks_of.h"
#include "simd/wide_masks_of.h"

namespace leanformers {
namespace {

class Block {
 public:
  explicit Block(const char* bytes)
      : Block(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)),
              _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32))) {}

  Block minus(char byte) const {
    const __m256i all = _mm256_set1_epi8(byte);
    return {_mm256_sub_epi8(low_, all), _mm256_sub_epi8(high_, all)};
  }
  Block with(char byte) const {
    const __m256i all = _mm256_set1_epi8(byte);
    return {_mm256_or_si256(low_, all), _mm256_or_si256(high_, all)};
  }
  uint64_t at_most(char byte) const {
    const __m256i all = _mm256_set1_epi8(byte);
    return Block(_mm256_cmpeq_epi8(_mm256_min_epu8(low_, all), low_),
                 _mm256_cmpeq_epi8(_mm256_min_epu8(high_, all), high_))
        .high();
  }
  uint64_t equal(char byte) const {
    const __m256i all = _mm256_set1_epi8(byte);
    return Block(_mm256_cmpeq_epi8(low_, all), _mm256_cmpeq_epi8(high_, all)).high();
  }
  uint64_t high() const {
    return static_cast<uint32_t>(_mm256_movemask_epi8(low_)) |
           uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(high_))} << 32;
  }

 private:
  Block(__m256i low, __m256i high) : low_(low), high_(high) {}
  __m256i low_, high_;
};

}  // namespace

const MaskFunctions avx2_masks{ascii_masks_of<Block>, bert_masks_of<Block>, wide_masks_of<Block>};

}  // namespace leanformers
