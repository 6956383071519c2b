#include "simd/ascii_masks.h"

#include <array>
#include <cstring>

#include "simd/ascii_masks_of.h"
#include "simd/wide_masks_of.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace leanformers {
namespace {

// The twin for every processor.
class ScalarBlock {
 public:
  explicit ScalarBlock(const char* bytes) { std::memcpy(bytes_.data(), bytes, 64); }

  ScalarBlock minus(char byte) const {
    return map(
        [byte](unsigned char own) { return static_cast<unsigned char>(own - static_cast<unsigned char>(byte)); });
  }
  ScalarBlock with(char byte) const {
    return map(
        [byte](unsigned char own) { return static_cast<unsigned char>(own | static_cast<unsigned char>(byte)); });
  }
  uint64_t at_most(char byte) const {
    return bits([byte](unsigned char own) { return own <= static_cast<unsigned char>(byte); });
  }
  uint64_t equal(char byte) const {
    return bits([byte](unsigned char own) { return own == static_cast<unsigned char>(byte); });
  }
  uint64_t high() const {
    return bits([](unsigned char own) { return own >= 0x80; });
  }

 private:
  ScalarBlock() = default;
  template <typename Function>
  ScalarBlock map(Function function) const {
    ScalarBlock result;
    for (size_t i = 0; i < 64; ++i) result.bytes_[i] = function(bytes_[i]);
    return result;
  }
  template <typename Predicate>
  uint64_t bits(Predicate predicate) const {
    uint64_t result = 0;
    for (size_t i = 0; i < 64; ++i) result |= uint64_t{predicate(bytes_[i])} << i;
    return result;
  }
  std::array<unsigned char, 64> bytes_;
};

#if defined(__SSE2__)

class Sse2Block {
 public:
  explicit Sse2Block(const char* bytes) {
    for (size_t i = 0; i < 4; ++i) part_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
  }

  Sse2Block minus(char byte) const {
    return map([all = _mm_set1_epi8(byte)](__m128i own) { return _mm_sub_epi8(own, all); });
  }
  Sse2Block with(char byte) const {
    return map([all = _mm_set1_epi8(byte)](__m128i own) { return _mm_or_si128(own, all); });
  }
  uint64_t at_most(char byte) const {
    return map([all = _mm_set1_epi8(byte)](__m128i own) { return _mm_cmpeq_epi8(_mm_min_epu8(own, all), own); }).high();
  }
  uint64_t equal(char byte) const {
    return map([all = _mm_set1_epi8(byte)](__m128i own) { return _mm_cmpeq_epi8(own, all); }).high();
  }
  uint64_t high() const {
    uint64_t result = 0;
    for (size_t i = 0; i < 4; ++i) {
      result |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(part_[i]))} << (16 * i);
    }
    return result;
  }

 private:
  Sse2Block() = default;
  template <typename Function>
  Sse2Block map(Function function) const {
    Sse2Block result;
    for (size_t i = 0; i < 4; ++i) result.part_[i] = function(part_[i]);
    return result;
  }
  __m128i part_[4];
};

#elif defined(__aarch64__)  // 32-bit ARM has no vpaddq_u8

class NeonBlock {
 public:
  explicit NeonBlock(const char* bytes) {
    for (size_t i = 0; i < 4; ++i) part_[i] = vld1q_u8(reinterpret_cast<const uint8_t*>(bytes) + 16 * i);
  }

  NeonBlock minus(char byte) const {
    return map([all = vdupq_n_u8(static_cast<uint8_t>(byte))](uint8x16_t own) { return vsubq_u8(own, all); });
  }
  NeonBlock with(char byte) const {
    return map([all = vdupq_n_u8(static_cast<uint8_t>(byte))](uint8x16_t own) { return vorrq_u8(own, all); });
  }
  uint64_t at_most(char byte) const {
    return map([all = vdupq_n_u8(static_cast<uint8_t>(byte))](uint8x16_t own) { return vcleq_u8(own, all); }).high();
  }
  uint64_t equal(char byte) const {
    return map([all = vdupq_n_u8(static_cast<uint8_t>(byte))](uint8x16_t own) { return vceqq_u8(own, all); }).high();
  }
  // Each byte keeps the bit of its place among eight; additions of neighbours gather these.
  uint64_t high() const {
    static constexpr uint8_t kPlaces[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t places = vld1q_u8(kPlaces);
    const NeonBlock placed = map([places](uint8x16_t own) {
      return vandq_u8(vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(own), 7)), places);
    });
    const uint8x16_t pairs =
        vpaddq_u8(vpaddq_u8(placed.part_[0], placed.part_[1]), vpaddq_u8(placed.part_[2], placed.part_[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)), 0);
  }

 private:
  NeonBlock() = default;
  template <typename Function>
  NeonBlock map(Function function) const {
    NeonBlock result;
    for (size_t i = 0; i < 4; ++i) result.part_[i] = function(part_[i]);
    return result;
  }
  uint8x16_t part_[4];
};

#endif

}  // namespace

const MaskFunctions scalar_masks{ascii_masks_of<ScalarBlock>, bert_masks_of<ScalarBlock>, wide_masks_of<ScalarBlock>};
#if defined(__SSE2__)
const MaskFunctions baseline_masks{ascii_masks_of<Sse2Block>, bert_masks_of<Sse2Block>, wide_masks_of<Sse2Block>};
#elif defined(__aarch64__)
const MaskFunctions baseline_masks{ascii_masks_of<NeonBlock>, bert_masks_of<NeonBlock>, wide_masks_of<NeonBlock>};
#endif

}  // namespace leanformers
