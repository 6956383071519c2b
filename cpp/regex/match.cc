// Backtracking in the order that the reference tries things in, with a memory of what failed. What the memory says of a
// point and a position does not depend on how the search came there, so it holds for later searches too.
//
// Values: 0 unknown; 1 + n: this path fails, and with it the n innermost atomic groups around it (the group itself
// matched, and what follows it did not: its other ways must not be tried); kHolds: the look-ahead around it succeeds.
#include "regex/match.h"

#include <algorithm>

namespace leanformers::regex {
namespace {

constexpr uint8_t kHolds = 15;

using Kind = Instruction::Kind;

}  // namespace

std::optional<Matcher::Found> Matcher::find(size_t from) {
  for (size_t begin = from; begin <= text_.size(); ++begin) {
    if (!program_.can_be_empty) {
      while (begin < text_.size() && !program_.first.has(text_[begin])) ++begin;
      if (begin == text_.size()) break;
    }
    memory_.forget_before(begin);
    const Outcome outcome = run(program_.start, begin);
    pending_.clear();
    if (outcome.kind == Outcome::kAccepted) return Found{begin, outcome.end};
  }
  return std::nullopt;
}

// Leaves on the stack what the body could still try, when it is accepted.
Matcher::Outcome Matcher::run(Label label, size_t at) {
  const size_t height = pending_.size();
  for (;;) {
    const Instruction& instruction = program_.instructions[label];
    bool matches = true;
    // The cheap instructions come before the memory is asked: most of them fail.
    switch (instruction.kind) {
      case Kind::kAccept:
        return {Outcome::kAccepted, at, 0};
      case Kind::kCharacter:
        matches = at < text_.size() && text_[at] == instruction.argument;
        break;
      case Kind::kSet:
        matches = in_set(instruction, at);
        break;
      case Kind::kNextIs:
        matches = in_set(instruction, at) != instruction.negative;
        break;
      case Kind::kAssert:
        matches = holds(static_cast<Assertion>(instruction.argument), at);
        break;
      default:
        break;
    }
    if (matches && instruction.point >= 0) {
      const uint8_t known = memory_.get(static_cast<size_t>(instruction.point), at);
      if (known > 1) return conclude(height, known);
      matches = known == 0;
      const bool is_run = instruction.kind == Kind::kRun || instruction.kind == Kind::kRunAll;
      if (matches && !is_run) pending_.push_back({Pending::Kind::kFailed, 0, label, at, at});
    }
    if (matches) {
      switch (instruction.kind) {
        case Kind::kCharacter:
        case Kind::kSet:
          ++at;
          break;
        case Kind::kSplit:
          pending_.push_back({Pending::Kind::kTry, 0, instruction.other, at, at});
          break;
        case Kind::kRun:
        case Kind::kRunAll: {
          const size_t end = run_end(instruction, at);
          const bool gives_back = instruction.kind == Kind::kRun;
          pending_.push_back({gives_back ? Pending::Kind::kGiveBack : Pending::Kind::kFailed, 0, label, at, end});
          at = end;
          if (gives_back && in_set(instruction, end)) {
            const uint8_t known = memory_.get(static_cast<size_t>(instruction.point), end + 1);
            if (known > 1) return conclude(height, known);
          }
          break;
        }
        case Kind::kLook: {
          const size_t body_height = pending_.size();
          const Outcome outcome = run(instruction.other, at);
          if (outcome.kind == Outcome::kAccepted) settle(body_height, kHolds);
          matches = (outcome.kind != Outcome::kFailed) != instruction.negative;
          break;
        }
        case Kind::kAtomic: {
          const size_t body_height = pending_.size();
          const Outcome outcome = run(instruction.other, at);
          if (outcome.kind == Outcome::kAccepted) {
            leave_atomic(body_height);
            label = outcome.end == at ? instruction.next : instruction.argument;
            at = outcome.end;
            continue;
          }
          if (outcome.kind == Outcome::kLookHolds) return conclude(height, kHolds);
          if (outcome.levels > 0) return conclude(height, 1 + outcome.levels);
          matches = false;
          break;
        }
        default:
          break;
      }
      label = instruction.next;
      if (matches) continue;
    }
    // Backtrack.
    for (;;) {
      if (pending_.size() == height) return {Outcome::kFailed};
      Pending& last = pending_.back();
      if (last.kind == Pending::Kind::kTry) {
        label = last.label;
        at = last.first;
        pending_.pop_back();
        break;
      }
      if (last.kind == Pending::Kind::kFailed) {
        remember(last, 1 + last.levels);
      } else {
        const Instruction& run = program_.instructions[last.label];
        memory_.set(static_cast<size_t>(run.point), last.last, 1);
        if (last.last > last.first) {
          at = --last.last;
          label = run.next;
          break;
        }
      }
      pending_.pop_back();
    }
  }
}

// The end of the body that a value other than failure of the path alone brings about.
Matcher::Outcome Matcher::conclude(size_t height, uint32_t value) {
  settle(height, value);
  return value == kHolds ? Outcome{Outcome::kLookHolds} : Outcome{Outcome::kFailed, 0, value - 2};
}

// A run stops where it is known how it goes on.
size_t Matcher::run_end(const Instruction& instruction, size_t at) const {
  const CharacterBitmap& set = program_.sets[instruction.argument];
  const size_t point = static_cast<size_t>(instruction.point);
  size_t end = at;
  if (instruction.kind == Kind::kRunAll) {
    while (end < text_.size() && set.has(text_[end])) ++end;
    return end;
  }
  while (end < text_.size() && set.has(text_[end]) && memory_.get(point, end + 1) == 0) ++end;
  return end;
}

void Matcher::remember(const Pending& pending, uint32_t value) {
  const size_t point = static_cast<size_t>(program_.instructions[pending.label].point);
  for (size_t at = pending.last + 1; at-- > pending.first;) memory_.set(point, at, static_cast<uint8_t>(value));
}

// Everything above `height` on the present path has the outcome `value`.
void Matcher::settle(size_t height, uint32_t value) {
  for (size_t i = height; i < pending_.size(); ++i) {
    const Pending& pending = pending_[i];
    if (pending.kind == Pending::Kind::kTry) continue;
    // What has been left is further inside.
    const uint32_t left = pending.kind == Pending::Kind::kFailed && value != kHolds ? pending.levels : 0;
    remember(pending, value + left);
  }
  pending_.resize(height);
}

// The way that the group has matched in is the only one.
void Matcher::leave_atomic(size_t height) {
  size_t kept = height;
  for (size_t i = height; i < pending_.size(); ++i) {
    Pending pending = pending_[i];
    if (pending.kind == Pending::Kind::kTry) continue;
    pending.levels = static_cast<uint8_t>(pending.kind == Pending::Kind::kFailed ? pending.levels + 1 : 1);
    pending.kind = Pending::Kind::kFailed;
    pending_[kept++] = pending;
  }
  pending_.resize(kept);
}

bool Matcher::holds(Assertion assertion, size_t at) const {
  const size_t end = text_.size();
  const auto is_word = [&](size_t index) { return program_.word.has(text_[index]); };
  switch (assertion) {
    case Assertion::kTextBegin:
      return at == 0;
    case Assertion::kTextEnd:
      return at == end;
    case Assertion::kTextEndOrLastNewline:
      return at == end || (at + 1 == end && text_[at] == U'\n');
    case Assertion::kLineBegin:
      return at == 0 || (at < end && text_[at - 1] == U'\n');
    case Assertion::kLineEnd:
      return at == end || text_[at] == U'\n';
    default: {
      const bool is_boundary = (at > 0 && is_word(at - 1)) != (at < end && is_word(at));
      return is_boundary == (assertion == Assertion::kWordBoundary);
    }
  }
}

}  // namespace leanformers::regex
