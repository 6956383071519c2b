// The generated tables' types. Include only where the tables are read: each inclusion is a copy.
#pragma once

#include <cstdint>

#include "regex/character_set.h"

namespace leanformers::regex {

// From `first` to the next stretch.
struct Stretch {
  char32_t first;
  uint8_t index;
};

// Either a set of general categories, or the index of a script, or a slice [value, end) of kPropertyRanges.
enum PropertyKind : uint8_t { kCategoryMask, kScript, kRanges };
struct Property {
  const char* name;
  PropertyKind kind;
  uint32_t value, end;
};

// Characters that match each other when case is ignored.
struct CaseGroup {
  char32_t codes[4];
};

// Characters that match a sequence when case is ignored, and each other.
struct CaseFold {
  char32_t folded[3];
  char32_t unfolds[2];
};

#include "unicode/regex_tables.inc"

}  // namespace leanformers::regex
