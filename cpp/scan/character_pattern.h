// Patterns that look at characters one by one: sets of them, each character by itself or as long as they last.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pattern.h"
#include "regex/character_set.h"

namespace leanformers {

// From `min` to `max` characters of a set in a row, as many as there are.
struct CharacterRun {
  regex::CharacterSet set;
  uint32_t min, max;

  bool is_single() const { return min == 1 && max == 1; }
  bool is_whole() const;  // all that stand side by side
};

// The alternatives of `pattern`, if it has no others.
std::optional<std::vector<CharacterRun>> read_character_pattern(const Pattern& pattern);

// What two sets have in common.
regex::CharacterSet common(const regex::CharacterSet& a, const regex::CharacterSet& b);

}  // namespace leanformers
