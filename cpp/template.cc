#include "template.h"

#include <algorithm>
#include <numeric>

namespace leanformers {

using Kind = TemplatePiece::Kind;

Template plain_template() { return {.single = {{Kind::kA, {}, 0}}, .pair = {{Kind::kA, {}, 0}, {Kind::kB, {}, 1}}}; }

Template without_special_tokens(const Template& full) {
  Template plain = full;
  const auto is_special = [](const TemplatePiece& piece) { return piece.kind == Kind::kSpecial; };
  std::erase_if(plain.single, is_special);
  std::erase_if(plain.pair, is_special);
  plain.overflow_type_ids = {0, 1};  // in the reference only what adds special tokens changes the types of later parts
  return plain;
}

size_t count_special_tokens(const Pieces& pieces) {
  return std::accumulate(pieces.begin(), pieces.end(), size_t{0},
                         [](size_t sum, const TemplatePiece& piece) { return sum + piece.ids.size(); });
}

size_t row_length(const Pieces& pieces, size_t first, size_t second) {
  size_t length = count_special_tokens(pieces);
  for (const TemplatePiece& piece : pieces) {
    if (piece.kind == TemplatePiece::Kind::kA) length += first;
    if (piece.kind == TemplatePiece::Kind::kB) length += second;
  }
  return length;
}

namespace {

// Tokens come off the longer sequence until both are equally long, and then off both in turn.
Kept longest_first(size_t first, size_t second, size_t room) {
  const bool swapped = first > second;
  size_t shorter = std::min(first, second);
  size_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = room - shorter;
  }
  return swapped ? Kept{longer, shorter} : Kept{shorter, longer};
}

}  // namespace

Kept truncate(size_t first, size_t second, bool pair, size_t room, Truncation strategy) {
  const size_t total = first + second;
  if (total <= room) return {first, second};
  if (room == 0) return {0, 0};
  if (strategy == Truncation::kLongestFirst) {
    return pair ? longest_first(first, second, room) : Kept{room, 0};
  }
  if (strategy == Truncation::kOnlySecond && !pair) {
    throw TruncationError("truncation \"only_second\" needs a second text");
  }
  const bool cut_first = strategy == Truncation::kOnlyFirst;
  const size_t excess = total - room;
  if ((cut_first ? first : second) <= excess) {
    throw TruncationError(std::string("truncation \"") + (cut_first ? "only_first" : "only_second") +
                          "\" cannot remove " + std::to_string(excess) + " tokens from a text of " +
                          std::to_string(cut_first ? first : second));
  }
  return cut_first ? Kept{first - excess, second} : Kept{first, second - excess};
}

std::vector<Part> overlapping_parts(size_t total, size_t kept, size_t stride, bool left) {
  if (kept >= total) return {{0, total, false}};
  if (kept == 0) return {{0, 0, false}, {0, total, true}};
  if (stride >= kept) {
    throw TruncationError("stride " + std::to_string(stride) + " must be less than the " + std::to_string(kept) +
                          " tokens that a row has of the text");
  }
  std::vector<Part> parts;
  for (size_t passed = 0;; passed += kept - stride) {  // tokens that lie wholly behind the part
    const size_t size = std::min(kept, total - passed);
    parts.push_back({left ? total - passed - size : passed, size, passed != 0});
    if (passed + size == total) return parts;
  }
}

bool repeats_a_sequence(const Pieces& pieces) {
  const auto count = [&pieces](Kind kind) {
    return std::count_if(pieces.begin(), pieces.end(),
                         [kind](const TemplatePiece& piece) { return piece.kind == kind; });
  };
  return count(Kind::kA) > 1 || count(Kind::kB) > 1;
}

TemplatePiece::Kind first_sequence(const Pieces& pieces) {
  return std::find_if(pieces.begin(), pieces.end(),
                      [](const TemplatePiece& piece) { return piece.kind != Kind::kSpecial; })
      ->kind;
}

}  // namespace leanformers
