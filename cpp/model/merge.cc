#include "model/merge.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>
#include <memory_resource>
#include <queue>
#include <random>

namespace leanformers {

size_t merge_by_scanning(const MergeTable& merges, std::span<WordToken> symbols) {
  assert(symbols.size() <= kScanned);
  size_t count = symbols.size();
  std::array<uint32_t, kScanned> ranks{};  // of each symbol with the next one
  for (size_t i = 0; i + 1 < count; ++i) ranks[i] = merges.rank(symbols[i], symbols[i + 1]);
  for (; count > 1; --count) {
    uint64_t first = UINT64_MAX;  // rank and then place, in one comparison
    for (size_t i = 0; i + 1 < count; ++i) first = std::min(first, uint64_t{ranks[i]} << 32 | i);
    const auto rank = static_cast<uint32_t>(first >> 32);
    if (rank == MergeTable::kNoRank) break;
    const size_t at = first & UINT32_MAX;
    symbols[at] = {merges.result(rank), symbols[at].begin, symbols[at + 1].end};
    std::copy(symbols.begin() + at + 2, symbols.begin() + count, symbols.begin() + at + 1);
    std::copy(ranks.begin() + at + 2, ranks.begin() + count, ranks.begin() + at + 1);
    if (at > 0) ranks[at - 1] = merges.rank(symbols[at - 1], symbols[at]);
    if (at + 2 < count) ranks[at] = merges.rank(symbols[at], symbols[at + 1]);
  }
  return count;
}

namespace {

// Uniform in [0, 1), of as many bits as a float has.
float random_fraction() {
  thread_local std::mt19937 engine{std::random_device{}()};
  return static_cast<float>(engine() >> 8) * 0x1p-24F;
}

struct Links {
  uint32_t previous, next;
};
constexpr uint32_t kNowhere = UINT32_MAX;     // beyond the ends of the word
constexpr uint32_t kMerged = UINT32_MAX - 1;  // `next` of a symbol that its left neighbour has taken in

}  // namespace

size_t merge_by_queue(const MergeTable& merges, float dropout, std::span<WordToken> symbols) {
  const auto count = static_cast<uint32_t>(symbols.size());
  if (count < 2) return count;
  std::array<std::byte, 16384> room;  // the heap is only for long words
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());

  std::pmr::vector<Links> links(count, &memory);
  std::pmr::vector<uint64_t> waiting(&memory);  // rank and place of the left symbol
  waiting.reserve(2 * size_t{count});           // a merge takes one away and adds at most two
  const auto entry = [&](uint32_t place, uint32_t next) -> uint64_t {
    return uint64_t{merges.rank(symbols[place], symbols[next])} << 32 | place;
  };
  const auto has_rank = [](uint64_t entry) { return entry >> 32 != MergeTable::kNoRank; };
  for (uint32_t i = 0; i < count; ++i) {
    links[i] = {i == 0 ? kNowhere : i - 1, i + 1 == count ? kNowhere : i + 1};
    if (i + 1 == count) break;
    if (const uint64_t pair = entry(i, i + 1); has_rank(pair)) waiting.push_back(pair);
  }
  std::priority_queue queue(std::greater<uint64_t>(), std::move(waiting));
  std::pmr::vector<uint64_t> put_off(&memory);

  while (!queue.empty()) {
    const uint64_t first = queue.top();
    queue.pop();
    if (dropout > 0 && random_fraction() < dropout) {
      put_off.push_back(first);
      continue;
    }
    for (uint64_t pair : put_off) queue.push(pair);
    put_off.clear();

    const auto place = static_cast<uint32_t>(first);
    const uint32_t next = links[place].next;
    if (next == kNowhere || next == kMerged) continue;
    // Entries are never taken out when their symbols change. As in the reference, an entry counts if the symbols that
    // are there now merge into the same one, even if by a merge of another rank.
    const uint32_t result = merges.result(static_cast<uint32_t>(first >> 32));
    const uint32_t rank_now = merges.rank(symbols[place], symbols[next]);
    if (rank_now == MergeTable::kNoRank || merges.result(rank_now) != result) continue;

    symbols[place] = {result, symbols[place].begin, symbols[next].end};
    const auto [previous, after] = Links{links[place].previous, links[next].next};
    links[place].next = after;
    links[next].next = kMerged;
    if (previous != kNowhere) {
      if (const uint64_t pair = entry(previous, place); has_rank(pair)) queue.push(pair);
    }
    if (after != kNowhere) {
      links[after].previous = place;
      if (const uint64_t pair = entry(place, after); has_rank(pair)) queue.push(pair);
    }
  }

  uint32_t kept = 0;
  for (uint32_t i = 0; i != kNowhere; i = links[i].next) symbols[kept++] = symbols[i];
  return kept;
}

}  // namespace leanformers
