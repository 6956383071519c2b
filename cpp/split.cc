#include "split.h"

#include <utility>

namespace leanformers {
namespace {

struct Stretch {
  size_t begin, end;
  bool match;
};

// The matches and what lies between them, together the whole text.
std::vector<Stretch> all_stretches(const std::vector<Pattern::Match>& matches, size_t size) {
  std::vector<Stretch> stretches;
  size_t at = 0;
  for (const auto& [begin, end] : matches) {
    if (at < begin) stretches.push_back({at, begin, false});
    stretches.push_back({begin, end, true});
    at = end;
  }
  if (at < size) stretches.push_back({at, size, false});
  return stretches;
}

// Neighbours of the same kind become one.
std::vector<Stretch> join_equal(const std::vector<Stretch>& stretches) {
  std::vector<Stretch> joined;
  for (const Stretch& stretch : stretches) {
    if (!joined.empty() && joined.back().match == stretch.match) {
      joined.back().end = stretch.end;
    } else {
      joined.push_back(stretch);
    }
  }
  return joined;
}

// Each match joins what stands before it, unless that is a match too.
std::vector<Stretch> join_previous(const std::vector<Stretch>& stretches) {
  std::vector<Stretch> joined;
  bool previous_match = false;
  for (const Stretch& stretch : stretches) {
    if (stretch.match && !previous_match && !joined.empty()) {
      joined.back().end = stretch.end;
    } else {
      joined.push_back(stretch);
    }
    previous_match = stretch.match;
  }
  return joined;
}

// Each match joins what stands after it, unless that is a match too.
std::vector<Stretch> join_next(const std::vector<Stretch>& stretches) {
  std::vector<Stretch> joined;
  bool previous_match = false;
  for (const Stretch& stretch : stretches) {
    if (!stretch.match && previous_match) {
      joined.back().end = stretch.end;
    } else {
      joined.push_back(stretch);
    }
    previous_match = stretch.match;
  }
  return joined;
}

}  // namespace

std::vector<TextPiece> split_at(const std::vector<Pattern::Match>& found, SplitBehavior behavior,
                                const TextPiece& piece, Matches matches) {
  std::vector<Stretch> stretches = all_stretches(found, piece.characters.size());
  if (matches == Matches::kBetween) {
    for (Stretch& stretch : stretches) stretch.match = !stretch.match;
  }
  switch (behavior) {
    case SplitBehavior::kRemoved:
      std::erase_if(stretches, [](const Stretch& stretch) { return stretch.match; });
      break;
    case SplitBehavior::kIsolated:
      break;
    case SplitBehavior::kContiguous:
      stretches = join_equal(stretches);
      break;
    case SplitBehavior::kMergedWithPrevious:
      stretches = join_previous(stretches);
      break;
    case SplitBehavior::kMergedWithNext:
      stretches = join_next(stretches);
      break;
  }
  std::vector<TextPiece> parts;
  for (const auto& [begin, end, match] : stretches) {
    if (begin == end) continue;
    const auto first = piece.characters.begin();
    Characters part(first + static_cast<ptrdiff_t>(begin), first + static_cast<ptrdiff_t>(end));
    const uint32_t origin = part.front().source.begin;
    parts.push_back({std::move(part), origin});
  }
  return parts;
}

}  // namespace leanformers
