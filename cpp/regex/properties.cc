#include <algorithm>
#include <iterator>

#include "regex/character_set.h"
#include "regex/tables.h"

namespace leanformers::regex {
namespace {

template <typename Predicate>
CharacterSet collect(std::span<const Stretch> stretches, Predicate&& wanted) {
  CharacterSet set;
  for (size_t i = 0; i < stretches.size(); ++i) {
    if (!wanted(stretches[i].index)) continue;
    set.add(stretches[i].first, i + 1 < stretches.size() ? stretches[i + 1].first - 1 : kLastCode);
  }
  return set;
}

}  // namespace

std::optional<CharacterSet> find_property(std::string_view name) {
  const Property* property =
      std::lower_bound(std::begin(kProperties), std::end(kProperties), name,
                       [](const Property& candidate, std::string_view wanted) { return candidate.name < wanted; });
  if (property == std::end(kProperties) || property->name != name) return std::nullopt;
  if (property->kind == kCategoryMask) {
    return collect(kCategories, [&](uint8_t category) { return (property->value >> category & 1) != 0; });
  }
  if (property->kind == kScript) {
    return collect(kScripts, [&](uint8_t script) { return script == property->value; });
  }
  CharacterSet set;
  for (uint32_t i = property->value; i < property->end; ++i) {
    set.add(kPropertyRanges[i].first, kPropertyRanges[i].last);
  }
  return set;
}

}  // namespace leanformers::regex
