// What stands in brackets.
#include <algorithm>
#include <iterator>

#include "regex/parser.h"

namespace leanformers::regex {

struct Parser::ClassToken {
  enum Type { kCharacter, kSet, kDash, kAnd, kOpen, kClose, kEnd } type;
  char32_t code = 0;
  CharacterSet set;
};

Node Parser::parse_class(Options options) {
  bool negated = false;
  CharacterSet set = read_class(negated);
  if (options.ignore_case) return expand_case(std::move(set), negated);
  if (negated) set.negate();
  return make_set(std::move(set));
}

// The set before its negation.
CharacterSet Parser::read_class(bool& negated) {
  const Depth depth(*this);
  const size_t begin = position_ - 1;
  negated = accept(U'^');
  ClassToken token = read_class_token();
  if (token.type == ClassToken::kClose) {
    // A first closing bracket is literal if there is another one, wherever it is.
    if (pattern_.find(U']', position_) == pattern_.npos) fail("an empty class", begin);
    token.type = ClassToken::kCharacter;
  }

  CharacterSet set;
  std::optional<CharacterSet> left;  // of the last &&
  // What a dash means depends on what comes before it.
  enum { kStart, kCharacter, kSet, kRange, kComplete } state = kStart;
  char32_t last = 0;  // the character that may yet begin a range
  const auto flush = [&]() {
    if (state == kCharacter) set.add(last, last);
  };
  const auto add_character = [&](char32_t code) {
    if (state == kRange) {
      if (last > code) fail("an empty range in the class", begin);
      set.add(last, code);
      state = kComplete;
      return;
    }
    flush();
    last = code;
    state = kCharacter;
  };
  while (token.type != ClassToken::kClose) {
    std::optional<ClassToken> next;
    switch (token.type) {
      case ClassToken::kCharacter:
        add_character(token.code);
        break;
      case ClassToken::kSet:
        if (state == kRange) fail("a range that ends with a set in the class", begin);
        flush();
        set.add(token.set);
        state = kSet;
        break;
      case ClassToken::kDash:
        if (state == kRange) {
          add_character(U'-');
          break;
        }
        next = read_class_token();
        if (state == kStart || state == kComplete || next->type == ClassToken::kClose ||
            next->type == ClassToken::kAnd) {
          add_character(U'-');
        } else if (state == kSet) {
          fail("a range that begins with a set in the class", begin);
        } else {
          state = kRange;
        }
        break;
      case ClassToken::kOpen: {
        if (state == kRange) fail("a range that ends with a class in the class", begin);
        flush();
        bool inner_negated = false;
        CharacterSet inner = read_class(inner_negated);
        if (inner_negated) inner.negate();
        set.add(inner);
        state = kComplete;
        break;
      }
      case ClassToken::kAnd:
        flush();
        if (left) set.intersect(std::move(*left));
        left = std::move(set);
        set = {};
        state = kStart;
        break;
      default:
        fail("a class that is not closed", begin);
    }
    token = next ? std::move(*next) : read_class_token();
  }
  flush();
  if (left) set.intersect(std::move(*left));
  return set;
}

Parser::ClassToken Parser::read_class_token() {
  if (at_end()) return {ClassToken::kEnd, 0, {}};
  const size_t begin = position_;
  const char32_t code = take();
  switch (code) {
    case U']':
      return {ClassToken::kClose, code, {}};
    case U'-':
      return {ClassToken::kDash, code, {}};
    case U'&':
      return {accept(U'&') ? ClassToken::kAnd : ClassToken::kCharacter, code, {}};
    case U'[':
      if (auto set = read_posix_class()) return {ClassToken::kSet, 0, std::move(*set)};
      return {ClassToken::kOpen, code, {}};
    case U'\\':
      break;
    default:
      return {ClassToken::kCharacter, code, {}};
  }
  if (at_end()) fail("a backslash at the end", begin);
  const char32_t letter = take();
  if (auto set = read_type(letter, true)) return {ClassToken::kSet, 0, std::move(*set)};
  if (const auto control = read_control(letter)) return {ClassToken::kCharacter, *control, {}};
  if (const auto escaped = read_code_point(letter)) return {ClassToken::kCharacter, *escaped, {}};
  if ((letter >= U'0' && letter <= U'7') || letter == U'o' || letter == U'c' || letter == U'C' || letter == U'M') {
    fail("an octal or control escape, which is not supported,", begin);
  }
  return {ClassToken::kCharacter, letter, {}};
}

// [:name:], with the opening bracket read. Without `:]` before the next closing bracket it is a class like any other.
std::optional<CharacterSet> Parser::read_posix_class() {
  const size_t begin = position_ - 1;
  if (!next_is(U':')) return std::nullopt;
  size_t end = position_ + 1;
  for (; pattern_.substr(end, 2) != U":]"; ++end) {
    if (end < pattern_.size() && pattern_[end] == U'\\') ++end;
    if (end >= pattern_.size() || pattern_[end] == U']') return std::nullopt;
  }
  ++position_;
  const bool negated = accept(U'^');
  std::string name;
  while (position_ < end) {
    const char32_t code = take();
    name += code >= U'a' && code <= U'z' ? static_cast<char>(code) : '?';
  }
  static constexpr std::string_view kNames[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                                "lower", "print", "punct", "space", "upper", "word",  "xdigit"};
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) fail("an unknown POSIX class", begin);
  position_ = end + 2;
  // Punctuation in brackets takes in the symbols.
  CharacterSet set = named_property(name == "punct" ? "posixpunct" : name);
  if (negated) set.negate();
  return set;
}

}  // namespace leanformers::regex
