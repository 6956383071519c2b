// WideMasks by the operations of a Block (ascii_masks_of.h, which says what these files may include).
#pragma once

#include "simd/ascii_masks_of.h"

namespace leanformers {

// What a character is follows from its first byte and a range of the second or third one, so each rule is the mask of
// first bytes and those of such ranges, shifted. Bytes after a first one are 80 to BF, so that one bound may be enough.
template <typename Block>
class WideMasksOf {
 public:
  explicit WideMasksOf(const Block& block) : block_(block), high_(block.high()) {}

  WideMasks all() const {
    WideMasks masks{};
    const uint64_t of_three = from(0xE0);
    masks.inner = high_ & ~from(0xC0);
    if ((high_ & ~masks.inner & ~of_three) != 0) add_of_two(masks);
    if (of_three != 0) add_of_three(masks);
    return masks;
  }

 private:
  uint64_t is(int byte) const { return block_.equal(static_cast<char>(byte)); }
  uint64_t up_to(int last) const { return block_.at_most(static_cast<char>(last)); }
  uint64_t from(int first) const { return ~up_to(first - 1); }
  uint64_t in(int first, int last) const {
    return block_.minus(static_cast<char>(first)).at_most(static_cast<char>(last - first));
  }

  // Latin-1 but × and ÷, Greek, Cyrillic, Hebrew, Arabic.
  void add_of_two(WideMasks& masks) const {
    const uint64_t latin = is(0xC3) & ~(is(0x97) >> 1) & ~(is(0xB7) >> 1), greek = is(0xCE), cyrillic = is(0xD0);
    const uint64_t second_to_9e = up_to(0x9E) >> 1 & high_ >> 1, second_to_af = up_to(0xAF) >> 1 & high_ >> 1;
    const uint64_t second = high_ >> 1;
    const uint64_t upper =
        (latin & second_to_9e) | (greek & in(0x91, 0xAB) >> 1 & ~(is(0xA2) >> 1)) | (cyrillic & second_to_af);
    const uint64_t lower = (latin & second & ~second_to_9e) | (greek & second & from(0xAC) >> 1) |
                           (is(0xCF) & up_to(0x8E) >> 1) | (cyrillic & second & ~second_to_af) |
                           (is(0xD1) & up_to(0x9F) >> 1);
    const uint64_t caseless =
        (is(0xD7) & in(0x90, 0xAA) >> 1) | (is(0xD8) & in(0xA1, 0xBF) >> 1) | (is(0xD9) & up_to(0x8A) >> 1);
    masks.upper = upper | upper << 1;
    masks.lower = lower | lower << 1;
    masks.letters = masks.upper | masks.lower | caseless | caseless << 1;
  }

  // Kana, ideographs, Hangul; the commonest punctuation.
  void add_of_three(WideMasks& masks) const {
    constexpr uint64_t kWhole = ~uint64_t{0} >> 2;  // where three bytes are
    const uint64_t is_80 = is(0x80), is_b7 = is(0xB7), is_e3 = is(0xE3);
    const uint64_t hiragana = is_e3 & is(0x81) >> 1 & ~(is_80 >> 2);
    const uint64_t both = is_e3 & is(0x82) >> 1 & ~(in(0x97, 0xA0) >> 2);
    const uint64_t katakana = is_e3 & is(0x83) >> 1 & ~(is(0xBB) >> 2);
    const uint64_t ideographs = in(0xE5, 0xE9) | (is(0xE4) & ~(is_b7 >> 1));
    const uint64_t hangul = in(0xEB, 0xEC) | (is(0xEA) & from(0xB0) >> 1) | (is(0xED) & up_to(0x9D) >> 1);
    const uint64_t letters = (hiragana | both | katakana | ideographs | hangul) & kWhole;
    const uint64_t others = (is(0xE2) & is_80 >> 1 & in(0x90, 0xA7) >> 2) |
                            (is_e3 & is_80 >> 1 & (in(0x81, 0x82) | in(0x88, 0x91)) >> 2) |
                            (is(0xEF) & is(0xBC) >> 1 & (in(0x81, 0x8F) | in(0x9A, 0x9F)) >> 2);
    masks.letters |= letters | letters << 1 | letters << 2;
    masks.others = others | others << 1 | others << 2;
  }

  const Block block_;
  const uint64_t high_;
};

template <typename Block>
WideMasks wide_masks_of(const char* bytes, size_t size) {
  return WideMasksOf<Block>(block_of<Block>(bytes, size)).all();
}

}  // namespace leanformers
