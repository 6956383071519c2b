// Where a text's grapheme clusters end, as the reference's charsmap sees them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "characters.h"

namespace leanformers {

// The end of the cluster that begins at `begin`, which is not the end of the text (Unicode Standard Annex #29, extended
// clusters). Regional indicators are left apart: a cluster of them is looked up one by one in any case.
size_t cluster_end(std::span<const Character> text, size_t begin);

// How a character may join others. One that is none of these follows another in a cluster only where one of these
// stands between them.
enum class Joining : uint8_t {
  kExtends,   // whatever is before it, but for controls
  kPrepends,  // to whatever is after it, but for controls
  kConjoins,  // with its like, as the letters of a Hangul syllable
};
void visit_joining(const std::function<void(char32_t first, char32_t last, Joining joining)>& visit);

}  // namespace leanformers
