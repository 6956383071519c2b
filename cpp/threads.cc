#include "threads.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "cpu_quota.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace leanformers {

size_t allowed_threads() {
  size_t processors = std::thread::hardware_concurrency();
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) processors = static_cast<size_t>(CPU_COUNT(&set));
  static const size_t quota = cpu_quota().value_or(SIZE_MAX);  // read once: it takes files
  processors = std::min(processors, quota);
#endif
  return std::max<size_t>(1, processors);
}

void share_out(size_t count, size_t threads, const std::function<void(size_t)>& task) {
  std::atomic<size_t> next{0}, failed{count};
  std::vector<std::exception_ptr> errors(count);
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      if (i > failed) return;  // an earlier one has failed, and its error is the one to tell
      try {
        task(i);
      } catch (...) {
        errors[i] = std::current_exception();
        for (size_t lowest = failed; i < lowest && !failed.compare_exchange_weak(lowest, i);) {
        }
      }
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that are there do it.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failed < count) std::rethrow_exception(errors[failed]);
}

}  // namespace leanformers
