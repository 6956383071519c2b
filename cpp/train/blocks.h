// Many small pieces of work for workers that each have something of their own to write to.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "threads.h"

namespace leanformers {

// Calls work(worker, begin, end) until [0, size) is done, in blocks of at most `block`: each goes to the worker that is
// free first. No two calls with the same worker run at once.
template <typename Work>
void for_each_block(size_t size, size_t block, size_t workers, const Work& work) {
  std::atomic<size_t> next{0};
  const size_t useful = std::min(workers, (size + block - 1) / block);
  share_out(useful, useful, [&](size_t worker) {
    for (size_t begin; (begin = next.fetch_add(block)) < size;) work(worker, begin, std::min(begin + block, size));
  });
}

}  // namespace leanformers
