// Compiled for AVX-512BW: see ascii_masks_of.h.
#include <immintrin.h>

#include "simd/ascii_masks_of.h"
#include "simd/wide_masks_of.h"

namespace leanformers {
namespace {

class Block {
 public:
  explicit Block(const char* bytes) : bytes_(_mm512_loadu_si512(bytes)) {}
  Block(const char* bytes, size_t size)
      : bytes_(_mm512_maskz_loadu_epi8(size >= 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1, bytes)) {}

  Block minus(char byte) const { return Block(_mm512_sub_epi8(bytes_, _mm512_set1_epi8(byte))); }
  Block with(char byte) const { return Block(_mm512_or_si512(bytes_, _mm512_set1_epi8(byte))); }
  uint64_t at_most(char byte) const { return _mm512_cmple_epu8_mask(bytes_, _mm512_set1_epi8(byte)); }
  uint64_t equal(char byte) const { return _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(byte)); }
  uint64_t high() const { return _mm512_movepi8_mask(bytes_); }

 private:
  explicit Block(__m512i bytes) : bytes_(bytes) {}
  __m512i bytes_;
};

}  // namespace

const MaskFunctions avx512_masks{ascii_masks_of<Block>, bert_masks_of<Block>, wide_masks_of<Block>};

}  // namespace leanformers
