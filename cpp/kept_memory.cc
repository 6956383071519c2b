#include "kept_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <vector>

#include "system_memory.h"

namespace leanformers {
namespace {

struct Block {
  void* memory;
  size_t bytes;
};

struct Kept {
  Kept() { blocks.reserve(KeptMemory::kMost / KeptMemory::kLeast + 1); }

  std::mutex mutex;
  std::vector<Block> blocks;  // the newest last
  size_t bytes = 0;
};

Kept& kept() {
  static Kept* const kept = new Kept;  // there are arrays until the process ends
  return *kept;
}

// One of a few sizes, which batches of about as much text share. What is never written to takes no memory.
size_t rounded(size_t bytes) {
  const size_t step = std::bit_ceil(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

// Nobody waits: whoever comes while another is here, or held the lock when the process was forked, does without.
// Null: there is none.
void* find(size_t bytes) {
  const std::unique_lock lock(kept().mutex, std::try_to_lock);
  if (!lock) return nullptr;
  auto& blocks = kept().blocks;
  const auto found = std::find_if(blocks.rbegin(), blocks.rend(), [=](Block block) { return block.bytes == bytes; });
  if (found == blocks.rend()) return nullptr;
  void* const memory = found->memory;
  blocks.erase(std::next(found).base());
  kept().bytes -= bytes;
  return memory;
}

}  // namespace

void* KeptMemory::take(size_t bytes) {
  void* const kept = find(rounded(bytes));
  return kept != nullptr ? kept : SystemMemory::take(rounded(bytes));
}

void* KeptMemory::take_zeros(size_t bytes) {
  void* const kept = find(rounded(bytes));
  return kept != nullptr ? std::memset(kept, 0, bytes) : SystemMemory::take(rounded(bytes));
}

void KeptMemory::give_back(void* memory, size_t bytes) {
  bytes = rounded(bytes);
  const std::unique_lock lock(kept().mutex, std::try_to_lock);
  if (!lock || bytes > kMost) return SystemMemory::give_back(memory, bytes);
  auto& blocks = kept().blocks;
  blocks.push_back({memory, bytes});
  kept().bytes += bytes;
  for (; kept().bytes > kMost; blocks.erase(blocks.begin())) {
    kept().bytes -= blocks.front().bytes;
    SystemMemory::give_back(blocks.front().memory, blocks.front().bytes);
  }
}

}  // namespace leanformers
