#include "kept_memory.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <vector>

#include "huge_pages.h"

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

void free(Block block) { HugePages<std::byte>().deallocate(static_cast<std::byte*>(block.memory), block.bytes); }
bool offer(Block block) { return HugePages<std::byte>().offer(static_cast<std::byte*>(block.memory), block.bytes); }

}  // namespace

// Nobody waits: whoever comes while another is here, or held the lock when the process was forked, does without.

void* KeptMemory::take(size_t bytes) {
  bytes = rounded(bytes);
  if (const std::unique_lock lock(kept().mutex, std::try_to_lock); lock) {
    auto& blocks = kept().blocks;
    const auto found = std::find_if(blocks.rbegin(), blocks.rend(), [=](Block block) { return block.bytes == bytes; });
    if (found != blocks.rend()) {
      void* const memory = found->memory;
      blocks.erase(std::next(found).base());
      kept().bytes -= bytes;
      return memory;
    }
  }
  return HugePages<std::byte>().allocate(bytes);
}

void KeptMemory::give_back(void* memory, size_t bytes) {
  bytes = rounded(bytes);
  const std::unique_lock lock(kept().mutex, std::try_to_lock);
  if (!lock || bytes > kMost) return free({memory, bytes});
  auto& blocks = kept().blocks;
  blocks.push_back({memory, bytes});
  kept().bytes += bytes;
  const size_t most = kept().bytes <= kOwn || offer(blocks.back()) ? kMost : kOwn;
  for (; kept().bytes > most; blocks.erase(blocks.begin())) {
    kept().bytes -= blocks.front().bytes;
    free(blocks.front());
  }
}

}  // namespace leanformers
