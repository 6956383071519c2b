#pragma once

#include <optional>
#include <span>
#include <vector>

#include "regex/memory.h"
#include "regex/program.h"

namespace leanformers::regex {

// Searches of one program in one text, from left to right.
class Matcher {
 public:
  Matcher(const Program& program, std::span<const char32_t> text)
      : program_(program), text_(text), memory_(program.points) {}

  struct Found {
    size_t begin, end;
  };
  // The leftmost match that begins at `from` or later. `from` must not be smaller than before.
  std::optional<Found> find(size_t from);

 private:
  // What is to be done when the present path fails, last first.
  struct Pending {
    enum class Kind : uint8_t {
      kTry,       // go on with `label` at `first`
      kFailed,    // the point of `label` fails for first…last
      kGiveBack,  // a run of `label` from `first` stopped at `last`: try one less
    };
    Kind kind;
    uint8_t levels;  // of kFailed: how many atomic groups have been left since
    Label label;
    size_t first, last;
  };
  // Of a body, or of the whole pattern.
  struct Outcome {
    enum Kind { kAccepted, kFailed, kLookHolds } kind;
    size_t end = 0;       // kAccepted
    uint32_t levels = 0;  // kFailed: the atomic groups around the body that fail as a whole
  };

  Outcome run(Label label, size_t at);
  bool holds(Assertion assertion, size_t at) const;
  bool in_set(const Instruction& instruction, size_t at) const {
    return at < text_.size() && program_.sets[instruction.argument].has(text_[at]);
  }
  size_t run_end(const Instruction& instruction, size_t at) const;
  void remember(const Pending& pending, uint32_t value);
  Outcome conclude(size_t height, uint32_t value);
  void settle(size_t height, uint32_t value);
  void leave_atomic(size_t height);

  const Program& program_;
  std::span<const char32_t> text_;
  Memory memory_;
  std::vector<Pending> pending_;
};

}  // namespace leanformers::regex
