// Where a text's grapheme clusters end, as the reference's charsmap sees them.
#pragma once

#include <cstddef>
#include <span>

#include "characters.h"

namespace leanformers {

// The end of the cluster that begins at `begin`, which is not the end of the text (Unicode Standard Annex #29, extended
// clusters). Regional indicators are left apart: a cluster of them is looked up one by one in any case.
size_t cluster_end(std::span<const Character> text, size_t begin);

}  // namespace leanformers
