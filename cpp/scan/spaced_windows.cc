#include "scan/spaced_windows.h"

#include <bit>

namespace leanformers {

SpacedWindows::Window SpacedWindows::look(const char* at, bool is_marked) const {
  const auto [gaps, parts, ascii] = read(at);
  const auto left = static_cast<size_t>(end_ - at);
  const uint64_t end = left > kBytes ? 0 : uint64_t{1} << (left - 1);  // the last byte of the text
  const uint64_t first = at == begin_ ? ~gaps & 1 : 0;                 // a letter with nothing before it
  Window window{};
  if (stages_.joins_spaces()) {
    window.begins = (stages_.gap == SpacedText::Gap::kOneMark ? gaps & ~(gaps >> 1) : ~gaps & gaps << 1) | first;
    window.lasts = ~gaps & (gaps >> 1 | end);
    const bool marks_all = stages_.prepends || stages_.scheme == SpacedText::Scheme::kAlways;
    window.unmarked = stages_.gap == SpacedText::Gap::kNothing && !marks_all ? window.begins : first;
    if (stages_.one_newline) {
      for (uint64_t pairs = ascii.newlines & ascii.newlines >> 1; pairs != 0; pairs &= pairs - 1) {
        if (at[std::countr_zero(pairs)] == '\r') window.lasts &= (pairs & -pairs) - 1;
      }
    }
  } else {
    window.begins = parts | 1;
    window.lasts = parts >> 1 | end;
    window.unmarked = window.begins & ~gaps;
  }
  if (is_marked) window.unmarked &= ~first;
  window.size = window.lasts == 0 ? 0 : kBytes - static_cast<uint32_t>(std::countl_zero(window.lasts));
  if (ascii.high != 0) window.inner = wide_masks_(at, left).inner;
  return window;
}

const char* SpacedWindows::word_end(const char* at) const {
  for (const char* block = at; block < end_; block += kBytes) {
    uint64_t parts = read(block).parts;
    if (block == at) parts &= ~uint64_t{1};
    if (parts != 0) return block + std::countr_zero(parts);
  }
  return end_;
}

SpacedWindows::Block SpacedWindows::read(const char* at) const {
  Block block{0, 0, ascii_masks_(at, static_cast<size_t>(end_ - at))};
  block.gaps = gaps_of(block.ascii, at);
  const bool after_gap = at > begin_ && is_gap(at - 1);
  const uint64_t before = block.gaps << 1 | uint64_t{after_gap};
  block.parts = stages_.gap == SpacedText::Gap::kEachMark ? block.gaps : block.gaps & ~before;
  if (stages_.cuts) {
    const AsciiMasks& ascii = block.ascii;
    const uint64_t others = ~(ascii.lower | ascii.upper | ascii.digits | ascii.high | block.gaps);
    const uint64_t kept = block.gaps | before | ascii.high | ascii.high << 1;
    block.parts |= cuts((others | others << 1 | uint64_t{at > begin_ && is_other(at[-1])}) & ~kept, at);
  }
  return block;
}

// Beside punctuation and white space that is no gap: so there are fewer distinct words. Elsewhere the model is given
// less only when a word is new, since known words are found faster the fewer they are.
uint64_t SpacedWindows::cuts(uint64_t candidates, const char* at) const {
  if (at == begin_) candidates &= ~uint64_t{1};
  if (const auto left = static_cast<size_t>(end_ - at); left < kBytes) candidates &= (uint64_t{1} << left) - 1;
  uint64_t cuts = 0;
  for (; candidates != 0; candidates &= candidates - 1) {
    const char* const second = at + std::countr_zero(candidates);
    if (stages_.cuts->has(second[-1], second[0])) cuts |= candidates & -candidates;
  }
  return cuts;
}

bool SpacedWindows::is_other(char byte) const {
  const auto from = [byte](char first) { return static_cast<unsigned char>(byte - first); };
  const bool is_letter = static_cast<unsigned char>((byte | 0x20) - 'a') < 26;
  return from(0) < 0x80 && !is_letter && from('0') >= 10 && !is_gap(&byte);
}

uint64_t SpacedWindows::gaps_of(const AsciiMasks& masks, const char* text) const {
  if (stages_.one_gap) return masks.blanks;
  if (stages_.all_gaps) return masks.spaces;
  uint64_t gaps = masks.spaces;
  for (uint64_t left = gaps & ~masks.blanks; left != 0; left &= left - 1) {
    if (!is_gap(text + std::countr_zero(left))) gaps &= ~(left & -left);
  }
  return gaps;
}

}  // namespace leanformers
