// How a trainer tells how far it is, and learns that it should stop.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>

namespace leanformers {

// Thrown by trainers when their caller wants them to stop.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("training was stopped") {}
};

class Progress {
 public:
  // Gets what is done and what there is to do; false stops the training.
  using Report = std::function<bool(size_t done, size_t total)>;

  explicit Progress(Report report = {}) : report_(std::move(report)) {}

  // Cheap enough for a hot loop: reports at most ten times a second.
  void at(size_t done, size_t total) {
    if (!report_ || ++calls_ % 16 != 1) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    if (!report_(done, total)) throw Stopped();
  }

  // Where steps are long: reports each.
  void step(size_t done, size_t total) const {
    if (report_ && !report_(done, total)) throw Stopped();
  }

 private:
  Report report_;
  size_t calls_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace leanformers
