#include "scan/spaced_windows.h"

#include <bit>
#include <cstring>
#include <utility>

namespace leanformers {

uint64_t SpacedWindows::begins(const char* window) {
  const auto left = static_cast<size_t>(end_ - window);
  char copy[kBytes];
  const char* bytes = window;
  if (left < kBytes) {
    std::memset(copy, 0, kBytes);
    std::memcpy(copy, window, left);
    bytes = copy;
  }
  const AsciiMasks masks = ascii_masks_(bytes);
  high_before_ = std::exchange(high_, masks.high);
  const uint64_t gaps = gaps_of(masks, bytes);
  const uint64_t before = gaps << 1 | gap_before_;
  uint64_t begins = stages_.gap == SpacedText::Gap::kEachMark ? gaps : gaps & ~before;
  if (stages_.cuts) begins |= cuts(masks.spaces & ~gaps, gaps | before, window);
  gap_before_ = gaps >> 63;
  if (window == begin_) begins &= ~uint64_t{1};
  return begins;
}

// Beside white space that is no gap. Elsewhere the model is given less only when a word is new: known words are found
// faster the fewer they are.
uint64_t SpacedWindows::cuts(uint64_t others, uint64_t beside_gaps, const char* window) {
  uint64_t candidates = (others | others << 1 | other_before_) & ~beside_gaps;
  other_before_ = others >> 63;
  if (window == begin_) candidates &= ~uint64_t{1};
  if (const auto left = static_cast<size_t>(end_ - window); left < kBytes) candidates &= (uint64_t{1} << left) - 1;
  uint64_t cuts = 0;
  for (; candidates != 0; candidates &= candidates - 1) {
    const char* const at = window + std::countr_zero(candidates);
    if (stages_.cuts->has(at[-1], at[0])) cuts |= candidates & -candidates;
  }
  return cuts;
}

uint64_t SpacedWindows::gaps_of(const AsciiMasks& masks, const char* window) const {
  if (stages_.one_gap) return masks.blanks;
  if (stages_.all_gaps) return masks.spaces;
  uint64_t gaps = masks.spaces;
  for (uint64_t left = gaps & ~masks.blanks; left != 0; left &= left - 1) {
    const auto byte = static_cast<unsigned char>(window[std::countr_zero(left)]);
    if (!stages_.is_gap[byte]) gaps &= ~(left & -left);
  }
  return gaps;
}

}  // namespace leanformers
