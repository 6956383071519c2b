// A pattern as a tree. Its shape is the one that the reference's parser gives it, because that decides which literals
// stand together, and so which multi-character case folds apply.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "regex/character_set.h"

namespace leanformers::regex {

enum class Assertion : uint8_t {
  kTextBegin,
  kTextEnd,
  kTextEndOrLastNewline,
  kLineBegin,
  kLineEnd,
  kWordBoundary,
  kNotWordBoundary,
};

inline constexpr uint32_t kUnlimited = std::numeric_limits<uint32_t>::max();

struct Node {
  enum class Kind : uint8_t {
    kEmpty,
    kString,        // text, ignore_case
    kSet,           // set: any one of its characters
    kList,          // children, one after the other
    kAlternatives,  // children, in order of preference
    kRepeat,        // the only child, min to max times
    kGroup,         // the only child; literals do not join across its ends
    kAtomic,        // the only child, as it matches first
    kLook,          // the only child matches here (or does not, if negative), consuming nothing
    kAssertion,     // assertion
  };

  Kind kind = Kind::kEmpty;
  bool ignore_case = false;
  bool greedy = true;
  bool negative = false;
  bool is_dot = false;  // a kSet that was written as a dot, or as \N or \O
  Assertion assertion = Assertion::kTextBegin;
  uint32_t min = 0, max = 0;
  std::u32string text;
  CharacterSet set;
  std::vector<Node> children;
};

inline Node make_set(CharacterSet set) {
  Node node;
  node.kind = Node::Kind::kSet;
  node.set = std::move(set);
  return node;
}

inline Node make_string(std::u32string text, bool ignore_case) {
  Node node;
  node.kind = Node::Kind::kString;
  node.text = std::move(text);
  node.ignore_case = ignore_case;
  return node;
}

inline Node make_parent(Node::Kind kind, std::vector<Node> children) {
  Node node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

inline Node make_parent(Node::Kind kind, Node child) {
  Node node;
  node.kind = kind;
  node.children.push_back(std::move(child));
  return node;
}

bool can_be_empty(const Node& node);

// The reference refuses to repeat what is nothing but an assertion.
bool is_repeatable(const Node& node);

// The reference takes a pattern that begins with .* or .+ to match only where a line begins (or, where the dot takes
// line feeds, the search), even if an assertion before it holds only further on. Such a pattern it searches wrongly.
bool is_searched_wrongly(const Node& pattern);

inline Node make_dot(bool matches_newline) {
  CharacterSet set;
  if (!matches_newline) set.add(U'\n', U'\n');
  set.negate();
  Node node = make_set(std::move(set));
  node.is_dot = true;
  return node;
}

// Throws std::invalid_argument.
Node parse(std::u32string_view pattern);

// --- case folding (fold.cc) ---

// What a literal matches when case is ignored: characters, and sequences where one character folds to several.
Node expand_case(std::u32string_view text);

// What a class matches when case is ignored. `set` is what stands in the brackets, before the negation.
Node expand_case(CharacterSet set, bool negated);

}  // namespace leanformers::regex
