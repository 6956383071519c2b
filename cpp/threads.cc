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
namespace {

size_t processors() {
#ifdef __linux__
  cpu_set_t set;  // may be another one with each call
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(CPU_COUNT(&set));
#endif
  static const size_t all = std::thread::hardware_concurrency();
  return std::max<size_t>(1, all);
}

}  // namespace

// What takes files is read once: a look into them lasts longer than a short text.
size_t allowed_threads() {
  static const size_t quota = cpu_quota().value_or(SIZE_MAX);
  return std::min(processors(), quota);
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
  if (threads == 0 && count > 1) threads = allowed_threads();
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
