#include "regex/syntax.h"

#include <algorithm>

namespace leanformers::regex {

namespace {

// What comes before the first character of a match.
struct Head {
  bool has_assertion = false;  // other than ^ and \A
  bool has_line_begin = false;
  bool is_over = false;
  bool is_wrong = false;

  void read(const Node& node);
};

void Head::read(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kString:
    case Node::Kind::kSet:
      is_over = true;
      break;
    case Node::Kind::kAssertion:
      if (node.assertion == Assertion::kLineBegin) {
        has_line_begin = true;
      } else if (node.assertion != Assertion::kTextBegin) {
        has_assertion = true;
      }
      break;
    case Node::Kind::kLook:
      has_assertion = has_assertion || !node.negative;
      break;
    case Node::Kind::kAlternatives: {
      const Head before = *this;
      for (const Node& child : node.children) {
        Head head = before;
        head.read(child);
        has_assertion = has_assertion || head.has_assertion;
        has_line_begin = has_line_begin || head.has_line_begin;
        is_over = is_over || head.is_over;
        is_wrong = is_wrong || head.is_wrong;
      }
      break;
    }
    case Node::Kind::kRepeat:
      if (node.greedy && node.max == kUnlimited && node.children[0].is_dot) {
        is_wrong = has_assertion || (has_line_begin && node.children[0].set.has(U'\n'));
      }
      if (node.max > 0) read(node.children[0]);
      break;
    default:
      for (const Node& child : node.children) {
        if (!is_over) read(child);
      }
  }
}

}  // namespace

bool is_searched_wrongly(const Node& pattern) {
  Head head;
  head.read(pattern);
  return head.is_wrong;
}

bool is_repeatable(const Node& node) {
  if (node.kind == Node::Kind::kAssertion || node.kind == Node::Kind::kLook) return false;
  if (node.kind != Node::Kind::kAlternatives) return true;
  for (const Node& child : node.children) {
    if (!is_repeatable(child)) return false;
  }
  return true;
}

bool can_be_empty(const Node& node) {
  const auto child_can = [](const Node& child) { return can_be_empty(child); };
  switch (node.kind) {
    case Node::Kind::kString:
      return node.text.empty();
    case Node::Kind::kSet:
      return false;
    case Node::Kind::kAlternatives:
      return std::any_of(node.children.begin(), node.children.end(), child_can);
    case Node::Kind::kRepeat:
      return node.min == 0 || can_be_empty(node.children[0]);
    case Node::Kind::kList:
    case Node::Kind::kGroup:
    case Node::Kind::kAtomic:
      return std::all_of(node.children.begin(), node.children.end(), child_can);
    default:
      return true;
  }
}

}  // namespace leanformers::regex
