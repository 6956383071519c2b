#include "regex/character_set.h"

#include <algorithm>

namespace leanformers::regex {

void CharacterSet::add(char32_t first, char32_t last) {
  // All ranges that touch the new one become one with it.
  const auto begin = std::lower_bound(ranges_.begin(), ranges_.end(), first,
                                      [](const CodeRange& range, char32_t code) { return range.last + 1 < code; });
  auto end = begin;
  for (; end != ranges_.end() && end->first <= last + 1; ++end) {
    first = std::min(first, end->first);
    last = std::max(last, end->last);
  }
  if (begin == end) {
    ranges_.insert(begin, {first, last});
  } else {
    *begin = {first, last};
    ranges_.erase(begin + 1, end);
  }
}

void CharacterSet::add(const CharacterSet& other) {
  for (const CodeRange& range : other.ranges_) add(range.first, range.last);
}

void CharacterSet::negate() {
  std::vector<CodeRange> gaps;
  char32_t begin = 0;
  for (const CodeRange& range : ranges_) {
    if (range.first > begin) gaps.push_back({begin, range.first - 1});
    begin = range.last + 1;
  }
  if (begin <= kLastCode) gaps.push_back({begin, kLastCode});
  ranges_ = std::move(gaps);
}

void CharacterSet::intersect(CharacterSet other) {
  negate();
  other.negate();
  add(other);
  negate();
}

bool CharacterSet::has(char32_t code) const {
  const auto range = std::lower_bound(ranges_.begin(), ranges_.end(), code,
                                      [](const CodeRange& candidate, char32_t c) { return candidate.last < c; });
  return range != ranges_.end() && range->first <= code;
}

CharacterBitmap::CharacterBitmap(const CharacterSet& set) : block_of_((kLastCode + 1) >> 8, 0) {
  constexpr uint64_t kAll = ~uint64_t{0};
  blocks_ = {{0, 0, 0, 0}, {kAll, kAll, kAll, kAll}};  // most blocks are one of these
  for (const CodeRange& range : set.ranges()) {
    for (char32_t block = range.first >> 8; block <= range.last >> 8; ++block) {
      const char32_t first = std::max<char32_t>(range.first, block << 8);
      const char32_t last = std::min<char32_t>(range.last, block << 8 | 0xFF);
      if (last - first == 0xFF) {
        block_of_[block] = 1;
        continue;
      }
      if (block_of_[block] == 0) {
        block_of_[block] = static_cast<uint16_t>(blocks_.size());
        blocks_.push_back({});
      }
      auto& bits = blocks_[block_of_[block]];
      for (char32_t code = first; code <= last; ++code) bits[code >> 6 & 3] |= uint64_t{1} << (code & 63);
    }
  }
  const auto& first_block = blocks_[block_of_[0]];
  ascii_ = {first_block[0], first_block[1]};
}

}  // namespace leanformers::regex
