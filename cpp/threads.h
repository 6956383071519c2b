// Work for several threads. They live for one call: nothing is left that a fork could break.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace leanformers {

// The processors that this process may use.
size_t allowed_threads();

// Calls `task(0)` … `task(count - 1)`, each once, on up to `threads` threads, the caller's among them, 0: as many as
// are allowed; they are begun in this order. Of exceptions the one of the lowest number is thrown, after all threads
// have ended.
void share_out(size_t count, size_t threads, const std::function<void(size_t)>& task);

// Likewise for `make`, whose results are handed to `take(i, result)` in their order and one at a time, by whichever
// thread has made the one that was missing. None waits for another, and what has been taken is not kept.
template <typename Make, typename Take>
void share_out_in_order(size_t count, size_t threads, const Make& make, const Take& take) {
  std::mutex mutex;
  std::vector<std::optional<decltype(make(size_t{}))>> made(count);
  size_t next = 0;
  bool taking = false;
  share_out(count, threads, [&](size_t i) {
    auto result = make(i);
    std::unique_lock lock(mutex);
    made[i] = std::move(result);
    if (std::exchange(taking, true)) return;
    for (; next < count && made[next]; ++next) {
      auto first = std::move(*std::exchange(made[next], std::nullopt));
      lock.unlock();
      take(next, std::move(first));
      lock.lock();
    }
    taking = false;
  });
}

}  // namespace leanformers
