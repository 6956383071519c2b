// Tree -> graph. Code is made from the end to the beginning, so that each piece knows what follows it.
//
// A loop whose body has matched nothing ends there, as in the reference. Whether it has must not be a variable of the
// matching, or what happens at a position would depend on the past. It is part of the place in the graph instead: a
// body that can be empty is compiled once for each number of innermost loops whose round has consumed nothing so far.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "regex/program.h"

namespace leanformers::regex {
namespace {

constexpr size_t kMaxInstructions = 20'000;
constexpr size_t kMaxSteps = 400'000;   // repeats of nothing make no instructions
constexpr size_t kMaxAtomicDepth = 12;  // match.cc remembers it in four bits

using Kind = Instruction::Kind;

// What follows a piece: where nothing has been consumed in the rounds of the `idle` innermost loops, `same` is for the
// case that it stays so, and `progressed` for the case that the piece consumes something.
struct Follow {
  Label same, progressed;
  uint32_t idle = 0;
  Follow moving() const { return {progressed, progressed, 0}; }
};

// The set, if the node matches exactly one character of it.
std::optional<CharacterSet> as_single(const Node& node) {
  if (node.kind == Node::Kind::kSet) return node.set;
  if (node.kind == Node::Kind::kGroup) return as_single(node.children[0]);
  if (node.kind != Node::Kind::kString) return std::nullopt;
  if (node.ignore_case) {
    const Node expanded = expand_case(node.text);
    return expanded.children.size() == 1 ? as_single(expanded.children[0]) : std::nullopt;
  }
  return node.text.size() == 1 ? std::optional(CharacterSet(node.text[0], node.text[0])) : std::nullopt;
}

class Compiler {
 public:
  Program compile(const Node& pattern);

 private:
  Label add(Instruction instruction);
  Label add(Kind kind, uint32_t argument, Label next, Label other = kNowhere);
  Label split(bool greedy, Label body, Label exit);
  uint32_t set_index(const CharacterSet& set);
  Label piece(const Node& node, Follow follow);
  Label list(const Node& node, Follow follow);
  Label repeat(const Node& node, Follow follow);
  Label loop(const Node& body, bool greedy, Follow follow);
  Label atomic(const Node& node, Follow follow);
  Label look(const Node& node, Follow follow);
  void number_points();
  void find_first();

  Program program_;
  std::map<std::vector<std::pair<char32_t, char32_t>>, uint32_t> set_indices_;
  std::vector<CharacterSet> sets_;
  size_t steps_ = 0, atomic_depth_ = 0;
};

Program Compiler::compile(const Node& pattern) {
  const Label end = add(Kind::kAccept, 0, kNowhere);
  program_.start = piece(pattern, {end, end});
  number_points();
  find_first();
  program_.word = CharacterBitmap(find_property(kBareWord).value_or(CharacterSet()));
  return std::move(program_);
}

Label Compiler::add(Instruction instruction) {
  if (program_.instructions.size() >= kMaxInstructions) {
    throw std::invalid_argument("regular expression: the pattern is too large with its repeats written out");
  }
  program_.instructions.push_back(instruction);
  return static_cast<Label>(program_.instructions.size() - 1);
}

Label Compiler::add(Kind kind, uint32_t argument, Label next, Label other) {
  return add({kind, false, argument, next, other, -1});
}

Label Compiler::split(bool greedy, Label body, Label exit) {
  if (body == exit) return body;
  return greedy ? add(Kind::kSplit, 0, body, exit) : add(Kind::kSplit, 0, exit, body);
}

uint32_t Compiler::set_index(const CharacterSet& set) {
  std::vector<std::pair<char32_t, char32_t>> key;
  for (const CodeRange& range : set.ranges()) key.emplace_back(range.first, range.last);
  const auto [entry, is_new] = set_indices_.try_emplace(std::move(key), static_cast<uint32_t>(program_.sets.size()));
  if (is_new) {
    program_.sets.emplace_back(set);
    sets_.push_back(set);
  }
  return entry->second;
}

Label Compiler::piece(const Node& node, Follow follow) {
  if (++steps_ > kMaxSteps) {
    throw std::invalid_argument("regular expression: the pattern is too large with its repeats written out");
  }
  switch (node.kind) {
    case Node::Kind::kEmpty:
      return follow.same;
    case Node::Kind::kString: {
      if (node.ignore_case) return piece(expand_case(node.text), follow);
      if (node.text.empty()) return follow.same;
      Label label = follow.progressed;
      for (size_t i = node.text.size(); i-- > 0;) label = add(Kind::kCharacter, node.text[i], label);
      return label;
    }
    case Node::Kind::kSet:
      return add(Kind::kSet, set_index(node.set), follow.progressed);
    case Node::Kind::kList:
      return list(node, follow);
    case Node::Kind::kAlternatives: {
      std::vector<Label> branches;
      for (const Node& child : node.children) branches.push_back(piece(child, follow));
      Label label = branches.back();
      for (size_t i = branches.size() - 1; i-- > 0;) label = split(true, branches[i], label);
      return label;
    }
    case Node::Kind::kRepeat:
      return repeat(node, follow);
    case Node::Kind::kGroup:
      return piece(node.children[0], follow);
    case Node::Kind::kAtomic:
      return atomic(node, follow);
    case Node::Kind::kLook:
      return look(node, follow);
    case Node::Kind::kAssertion:
      return add(Kind::kAssert, static_cast<uint32_t>(node.assertion), follow.same);
  }
  return follow.same;
}

Label Compiler::list(const Node& node, Follow follow) {
  for (size_t i = node.children.size(); i-- > 0;) {
    const Node& child = node.children[i];
    const Label same = piece(child, follow);
    // Once something before it has been consumed, the child needs another copy.
    const Label progressed = follow.idle == 0 ? same : piece(child, follow.moving());
    follow = {same, progressed, follow.idle};
  }
  return follow.same;
}

Label Compiler::repeat(const Node& node, Follow follow) {
  const Node& body = node.children[0];
  if (node.max == 0) return follow.same;
  uint32_t copies = node.min;
  const auto prepend = [&](bool optional, Follow exit) {
    const Label same = piece(body, follow);
    const Label progressed = follow.idle == 0 ? same : piece(body, follow.moving());
    follow.same = optional ? split(node.greedy, same, exit.same) : same;
    follow.progressed = optional ? split(node.greedy, progressed, exit.progressed) : progressed;
    if (follow.idle == 0) follow.progressed = follow.same;
  };
  const Follow exit = follow;
  if (node.max == kUnlimited) {
    const Label same = loop(body, node.greedy, follow);
    const Label progressed = follow.idle == 0 ? same : loop(body, node.greedy, follow.moving());
    follow = {same, progressed, follow.idle};
  } else {
    for (uint32_t i = node.min; i < node.max; ++i) prepend(true, exit);
  }
  while (copies-- > 0) prepend(false, exit);
  return follow.same;
}

// Any number of times.
Label Compiler::loop(const Node& body, bool greedy, Follow follow) {
  if (follow.idle > 0) {
    // The first round has copies of its own; the others begin after something has been consumed.
    const Label others = loop(body, greedy, follow.moving());
    const bool nullable = can_be_empty(body);
    const Follow round{follow.same, others, nullable ? follow.idle + 1 : follow.idle};
    return split(greedy, piece(body, round), follow.same);
  }
  if (greedy) {
    if (const auto single = as_single(body)) return add(Kind::kRun, set_index(*single), follow.same);
  }
  const Label head = add(Kind::kSplit, 0, kNowhere);
  const Label round = can_be_empty(body) ? piece(body, {follow.same, head, 1}) : piece(body, {head, head, 0});
  Instruction& instruction = program_.instructions[head];
  instruction.next = greedy ? round : follow.same;
  instruction.other = greedy ? follow.same : round;
  return head;
}

Label Compiler::atomic(const Node& node, Follow follow) {
  const Node& body = node.children[0];
  if (body.kind == Node::Kind::kRepeat && body.greedy && body.max == kUnlimited && follow.idle == 0) {
    if (const auto single = as_single(body.children[0])) {
      Label label = add(Kind::kRunAll, set_index(*single), follow.same);
      for (uint32_t i = 0; i < body.min; ++i) label = add(Kind::kSet, set_index(*single), label);
      return label;
    }
  }
  if (++atomic_depth_ > kMaxAtomicDepth) {
    throw std::invalid_argument("regular expression: atomic groups or possessive quantifiers are nested too deeply");
  }
  const Label end = add(Kind::kAccept, follow.progressed, follow.same);
  const Label begin = piece(body, {end, end});
  --atomic_depth_;
  return add(Kind::kAtomic, follow.progressed, follow.same, begin);
}

Label Compiler::look(const Node& node, Follow follow) {
  Instruction instruction{Kind::kLook, node.negative, 0, follow.same, kNowhere, -1};
  if (const auto single = as_single(node.children[0])) {
    instruction.kind = Kind::kNextIs;
    instruction.argument = set_index(*single);
  } else {
    const Label end = add(Kind::kAccept, 0, kNowhere);
    instruction.other = piece(node.children[0], {end, end});
  }
  return add(instruction);
}

// Without points, each instruction is come to from one other, and so no more often than that one.
void Compiler::number_points() {
  std::vector<Instruction>& instructions = program_.instructions;
  std::vector<uint8_t> arrivals(instructions.size(), 0);
  const auto arrive = [&](Label label) {
    if (label != kNowhere && arrivals[label] < 2) ++arrivals[label];
  };
  arrive(program_.start);
  for (const Instruction& instruction : instructions) {
    if (instruction.kind == Kind::kAccept) continue;
    arrive(instruction.next);
    if (instruction.kind == Kind::kAtomic && instruction.argument != instruction.next) arrive(instruction.argument);
    arrive(instruction.other);
  }
  for (Label label = 0; label < instructions.size(); ++label) {
    Instruction& instruction = instructions[label];
    const bool is_run = instruction.kind == Kind::kRun || instruction.kind == Kind::kRunAll;
    if (instruction.kind == Kind::kAccept || (arrivals[label] < 2 && !is_run)) continue;
    instruction.point = static_cast<int32_t>(program_.points++);
  }
}

void Compiler::find_first() {
  CharacterSet first;
  std::vector<bool> seen(program_.instructions.size());
  std::vector<Label> open{program_.start};
  while (!open.empty()) {
    const Label label = open.back();
    open.pop_back();
    if (label == kNowhere || seen[label]) continue;
    seen[label] = true;
    const Instruction& instruction = program_.instructions[label];
    switch (instruction.kind) {
      case Kind::kCharacter:
        first.add(instruction.argument, instruction.argument);
        break;
      case Kind::kSet:
        first.add(sets_[instruction.argument]);
        break;
      case Kind::kRun:
      case Kind::kRunAll:
        first.add(sets_[instruction.argument]);
        open.push_back(instruction.next);
        break;
      case Kind::kSplit:
        open.push_back(instruction.next);
        open.push_back(instruction.other);
        break;
      case Kind::kAssert:
      case Kind::kNextIs:
      case Kind::kLook:
        open.push_back(instruction.next);
        break;
      case Kind::kAtomic:
        open.push_back(instruction.other);
        break;
      case Kind::kAccept:
        // The end of an atomic group leads on.
        if (instruction.next == kNowhere) program_.can_be_empty = true;
        open.push_back(instruction.next);
        break;
    }
  }
  program_.first = CharacterBitmap(first);
}

}  // namespace

Program compile(const Node& pattern) { return Compiler().compile(pattern); }

}  // namespace leanformers::regex
