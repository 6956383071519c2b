#include "scan/spaced_windows.h"

#include <bit>
#include <cstring>

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
  const uint64_t gaps = gaps_of(ascii_masks_(bytes), bytes);
  const uint64_t before = gaps << 1 | gap_before_;
  gap_before_ = gaps >> 63;
  uint64_t begins = stages_.gap == SpacedText::Gap::kEachMark ? gaps : gaps & ~before;
  if (window == begin_) begins &= ~uint64_t{1};
  return begins;
}

uint64_t SpacedWindows::gaps_of(const AsciiMasks& masks, const char* window) const {
  if (only_blanks_) return masks.blanks;
  if (all_spaces_) return masks.spaces;
  uint64_t gaps = masks.spaces;
  for (uint64_t left = gaps & ~masks.blanks; left != 0; left &= left - 1) {
    const auto byte = static_cast<unsigned char>(window[std::countr_zero(left)]);
    if (!stages_.is_gap[byte]) gaps &= ~(left & -left);
  }
  return gaps;
}

}  // namespace leanformers
