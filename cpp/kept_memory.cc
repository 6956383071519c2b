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
  bool is_offered = false;  // to the system
};

bool offer(Block block) { return HugePages<std::byte>().offer(static_cast<std::byte*>(block.memory), block.bytes); }
void free(Block block) { HugePages<std::byte>().deallocate(static_cast<std::byte*>(block.memory), block.bytes); }

class Kept {
 public:
  std::mutex mutex;

  Kept() { blocks_.reserve(KeptMemory::kMost / KeptMemory::kLeast + 1); }

  // The newest of so many bytes, if there is one.
  void* take(size_t bytes) {
    const auto found =
        std::find_if(blocks_.rbegin(), blocks_.rend(), [=](Block block) { return block.bytes == bytes; });
    return found == blocks_.rend() ? nullptr : remove(std::next(found).base()).memory;
  }
  void add(Block block) {
    block.is_offered = own_bytes_ + block.bytes > KeptMemory::kOwn && offer(block);
    blocks_.push_back(block);
    bytes_ += block.bytes;
    if (!block.is_offered) own_bytes_ += block.bytes;
    while (own_bytes_ > KeptMemory::kOwn) {
      free(remove(std::find_if(blocks_.begin(), blocks_.end(), [](Block oldest) { return !oldest.is_offered; })));
    }
    while (bytes_ > KeptMemory::kMost) free(remove(blocks_.begin()));
  }

 private:
  Block remove(std::vector<Block>::iterator at) {
    const Block block = *at;
    blocks_.erase(at);
    bytes_ -= block.bytes;
    if (!block.is_offered) own_bytes_ -= block.bytes;
    return block;
  }

  std::vector<Block> blocks_;  // the newest last
  size_t bytes_ = 0, own_bytes_ = 0;
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

}  // namespace

// Nobody waits: whoever comes while another is here, or held the lock when the process was forked, does without.

void* KeptMemory::take(size_t bytes) {
  bytes = rounded(bytes);
  if (const std::unique_lock lock(kept().mutex, std::try_to_lock); lock) {
    if (void* const memory = kept().take(bytes)) return memory;
  }
  return HugePages<std::byte>().allocate(bytes);
}

void KeptMemory::give_back(void* memory, size_t bytes) {
  bytes = rounded(bytes);
  const std::unique_lock lock(kept().mutex, std::try_to_lock);
  if (!lock || bytes > kMost) return free({memory, bytes});
  kept().add({memory, bytes});
}

}  // namespace leanformers
