#include "scan/class_windows.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

constexpr uint64_t below(uint32_t place) {
  return place >= ClassWindows::kBytes ? ~uint64_t{0} : (uint64_t{1} << place) - 1;
}

}  // namespace

ClassWindows::ClassWindows(const WordClasses& classes, const InstructionSet& instructions)
    : classes_(classes),
      ascii_masks_(instructions.ascii_masks),
      letters_(classes.of(U'a')),
      digits_(classes.of(U'0')),
      spaces_(classes.of(U' ')) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  const auto all = [&classes](char32_t first, char32_t last, uint8_t kind) {
    for (char32_t code = first; code <= last; ++code) {
      if (classes.of(code) != kind) return false;
    }
    return true;
  };
  const auto is_barrier = [&classes](char space) { return classes.is_barrier(space); };
  const auto fits = [](uint8_t kind) {
    return kind != WordClasses::kDropped && kind != WordClasses::kDependent &&
           kind < WordClasses::kFirstRun + kMostRuns;
  };
  are_barriers_ = std::ranges::all_of(kSpaces, is_barrier);
  fits_ = all(U'a', U'z', letters_) && all(U'A', U'Z', letters_) && all(U'0', U'9', digits_) &&
          all(U'\t', U'\r', spaces_) && fits(letters_) && fits(digits_) && fits(spaces_) &&
          (are_barriers_ || !classes.has_dependent());
}

bool ClassWindows::add(Masks& masks, uint8_t kind, uint64_t own, bool each) {
  if (kind == WordClasses::kGap) return true;
  if (kind == WordClasses::kIsolated) {
    masks.isolated_begins |= each ? own : own & ~(own << 1);
    masks.isolated_lasts |= each ? own : own & ~(own >> 1);
    return true;
  }
  if (kind < WordClasses::kFirstRun || kind >= WordClasses::kFirstRun + kMostRuns) return false;
  masks.runs[kind - WordClasses::kFirstRun] |= own;
  return true;
}

ClassWindows::Window ClassWindows::read(const char* at) const {
  const AsciiMasks ascii = ascii_masks_(at, kBytes);
  Masks masks;
  const uint64_t letters = ascii.lower | ascii.upper;
  add(masks, letters_, letters, true);
  add(masks, digits_, ascii.digits, true);
  add(masks, spaces_, ascii.spaces, true);
  Window window{0, 0, are_barriers_ ? ascii.spaces : 0, 0, kBytes};
  for (uint64_t others = ~(letters | ascii.digits | ascii.spaces); others != 0;) {
    const auto place = static_cast<uint32_t>(std::countr_zero(others));
    // The last bytes of the window may be the beginning of a character.
    const auto lead = static_cast<unsigned char>(at[place]);
    const uint32_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const uint64_t own = below(size) << place;
    const bool whole = place + size <= kBytes;
    const uint8_t kind = whole ? classes_.look(at + place).kind : uint8_t{WordClasses::kDropped};
    if (!add(masks, kind, own, false)) {
      window.size = place;
      // What is before such a character, up to white space, is taken back.
      if (kind == WordClasses::kDependent) {
        window.size = kBytes - static_cast<uint32_t>(std::countl_zero(window.barriers & below(place)));
      }
      break;
    }
    window.inner |= own & own << 1;
    others &= ~own;
  }
  // A run that reaches the end may go on.
  uint32_t size = window.size;
  for (const uint64_t run : masks.runs) {
    const uint64_t known = run & below(window.size);
    const uint64_t begins = known & ~(known << 1), lasts = known & ~(known >> 1);
    window.begins |= begins;
    window.lasts |= lasts;
    if (window.size > 0 && known >> (window.size - 1) != 0) size = 63 - static_cast<uint32_t>(std::countl_zero(begins));
  }
  window.size = size;
  const uint64_t kept = below(size);
  window.begins = (window.begins | masks.isolated_begins) & kept;
  window.lasts = (window.lasts | masks.isolated_lasts) & kept;
  window.barriers &= kept;
  return window;
}

}  // namespace leanformers
