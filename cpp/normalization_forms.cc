#include "normalization_forms.h"

#include <algorithm>
#include <vector>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

// A character on its way: `change` is how many old characters it stands for beyond the first (as -n), or 1 when it was
// added.
struct Part {
  char32_t code;
  uint8_t combining_class;
  int change;
};

// Every character in full, then runs of combining marks in the order of their classes.
std::vector<Part> decompose(const Characters& characters, bool compatibility) {
  std::vector<Part> parts;
  parts.reserve(characters.size());
  for (const Character& character : characters) {
    int change = 0;
    const unicode::Expansion expansion =
        compatibility ? unicode::decompose_compatibility(character.code) : unicode::decompose(character.code);
    for (const char32_t code : expansion) {
      parts.push_back({code, unicode::combining_class(code), change});
      change = 1;
    }
  }
  for (auto begin = parts.begin(); begin != parts.end();) {
    const auto end = std::find_if(begin, parts.end(), [](const Part& part) { return part.combining_class == 0; });
    std::stable_sort(begin, end, [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    begin = end == parts.end() ? end : end + 1;
  }
  return parts;
}

// Marks join the starter before them where the two have a composite and nothing between them stands in the way.
std::vector<Part> compose(const std::vector<Part>& parts) {
  std::vector<Part> composed;
  size_t starter = SIZE_MAX;  // in `composed`
  uint8_t last_class = 0;     // of what came after the starter
  for (const Part& part : parts) {
    if (starter != SIZE_MAX) {
      const bool adjacent = starter + 1 == composed.size();
      const bool blocked = !adjacent && last_class >= part.combining_class;
      const char32_t composite = blocked ? 0 : unicode::compose(composed[starter].code, part.code);
      if (composite != 0) {
        composed[starter].code = composite;
        composed[starter].change += part.change - 1;
        continue;
      }
    }
    if (part.combining_class == 0) starter = composed.size();
    last_class = part.combining_class;
    composed.push_back(part);
  }
  return composed;
}

}  // namespace

Characters to_form(UnicodeForm::Form form, const Characters& characters) {
  using Form = UnicodeForm::Form;
  std::vector<Part> parts = decompose(characters, form == Form::kNfkc || form == Form::kNfkd);
  if (form == Form::kNfc || form == Form::kNfkc) parts = compose(parts);
  Replacement normalized(characters);
  for (const Part& part : parts) {
    if (part.change > 0) {
      normalized.add(part.code);
    } else {
      normalized.replace(part.code);
      normalized.drop(static_cast<size_t>(-part.change));
    }
  }
  return normalized.take();
}

}  // namespace leanformers
