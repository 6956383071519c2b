// Work for several threads. They live for one call: nothing is left that a fork could break.
#pragma once

#include <cstddef>
#include <functional>

namespace leanformers {

// The processors that this process may use.
size_t allowed_threads();

// Calls `task(0)` … `task(count - 1)`, each once, on up to `threads` threads, the caller's among them; they are begun
// in this order. Of exceptions the one of the lowest number is thrown, after all threads have ended.
void share_out(size_t count, size_t threads, const std::function<void(size_t)>& task);

}  // namespace leanformers
