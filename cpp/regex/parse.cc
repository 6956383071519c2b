#include <stdexcept>

#include "regex/parser.h"
#include "unicode/unicode.h"

namespace leanformers::regex {
namespace {

constexpr size_t kMaxDepth = 100;
constexpr uint32_t kMaxRepeat = 100'000;  // the reference's

Node make_look(Node child, bool negative) {
  Node node = make_parent(Node::Kind::kLook, std::move(child));
  node.negative = negative;
  return node;
}

// Literals that stand side by side become one.
void join_strings(Node& node) {
  if (node.kind == Node::Kind::kList) {
    std::vector<Node> joined;
    for (Node& child : node.children) {
      const bool is_string = child.kind == Node::Kind::kString;
      if (is_string && !joined.empty() && joined.back().kind == Node::Kind::kString &&
          joined.back().ignore_case == child.ignore_case) {
        joined.back().text += child.text;
      } else {
        joined.push_back(std::move(child));
      }
    }
    node.children = std::move(joined);
  }
  for (Node& child : node.children) join_strings(child);
}

}  // namespace

Parser::Depth::Depth(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxDepth) parser_.fail("groups or classes are nested too deeply", parser_.position_);
}

bool Parser::accept(char32_t code) {
  if (!next_is(code)) return false;
  ++position_;
  return true;
}

bool Parser::accept(std::u32string_view text) {
  if (pattern_.substr(position_, text.size()) != text) return false;
  position_ += text.size();
  return true;
}

void Parser::fail(const std::string& what, size_t at) const {
  std::string message = "regular expression: " + what + " at character " + std::to_string(at) + " of ";
  for (const char32_t code : pattern_) {
    char bytes[4];
    message.append(bytes, unicode::encode(code, bytes));
  }
  throw std::invalid_argument(message);
}

Node Parser::parse() {
  Node node = parse_alternatives({});
  if (!at_end()) fail("a closing parenthesis without an opening one", position_);
  if (is_searched_wrongly(node)) fail("an assertion before .* or .+, which is not supported,", 0);
  join_strings(node);
  return node;
}

Node Parser::parse_alternatives(Options options) {
  const Depth depth(*this);
  std::vector<Node> branches;
  do {
    branches.push_back(parse_branch(options));
  } while (accept(U'|'));
  if (branches.size() == 1) return std::move(branches[0]);
  return make_parent(Node::Kind::kAlternatives, std::move(branches));
}

Node Parser::parse_branch(Options options) {
  std::vector<Node> items;
  for (skip_ignored(options); !at_end() && !next_is(U'|') && !next_is(U')'); skip_ignored(options)) {
    Node item = parse_expression(options);
    // A list that comes first stays a list of its own: so does the reference.
    if (!items.empty() && item.kind == Node::Kind::kList) {
      for (Node& child : item.children) items.push_back(std::move(child));
    } else {
      items.push_back(std::move(item));
    }
  }
  if (items.empty()) return {};
  if (items.size() == 1) return std::move(items[0]);
  return make_parent(Node::Kind::kList, std::move(items));
}

// An atom and its quantifiers. Literals are read together, and a quantifier takes the last one of them.
Node Parser::parse_expression(Options options) {
  const size_t begin = position_;
  bool is_group = false;
  Node node = parse_atom(options, is_group);
  std::vector<Node> before;
  for (skip_ignored(options);; skip_ignored(options)) {
    const std::optional<Quantifier> quantifier = read_quantifier();
    if (!quantifier) break;
    if (!is_repeatable(node)) fail("a quantifier after an assertion", begin);
    const bool counts = quantifier->min > 1 || (quantifier->max > 1 && quantifier->max != kUnlimited);
    if (counts && can_be_empty(node)) {
      // Whether the reference stops counting after an empty round depends on how long the code of the body is.
      fail("a counted repeat of what can be empty, which is not supported,", begin);
    }
    if (quantifier->min == 1 && quantifier->max == 1) {
      is_group = false;
      continue;
    }
    if (node.kind == Node::Kind::kString && !is_group && node.text.size() > 1) {
      before.push_back(make_string(node.text.substr(0, node.text.size() - 1), node.ignore_case));
      node.text.erase(0, node.text.size() - 1);
    }
    Node repeat = make_parent(Node::Kind::kRepeat, std::move(node));
    repeat.min = quantifier->min;
    repeat.max = quantifier->max;
    repeat.greedy = quantifier->greedy;
    node = quantifier->possessive ? make_parent(Node::Kind::kAtomic, std::move(repeat)) : std::move(repeat);
    is_group = false;
  }
  if (before.empty()) return node;
  before.push_back(std::move(node));
  return make_parent(Node::Kind::kList, std::move(before));
}

Node Parser::parse_atom(Options options, bool& is_group) {
  const size_t begin = position_;
  if (is_literal()) {
    Node node = make_string({}, options.ignore_case);
    for (; is_literal(); skip_ignored(options)) {
      accept(U'\\');
      node.text += take();
    }
    return node;
  }
  switch (take()) {
    case U'(':
      return parse_group(options, is_group);
    case U'[':
      return parse_class(options);
    case U'.':
      return make_dot(options.dot_matches_newline);
    case U'^':
    case U'$': {
      Node node;
      node.kind = Node::Kind::kAssertion;
      node.assertion = pattern_[begin] == U'^' ? Assertion::kLineBegin : Assertion::kLineEnd;
      return node;
    }
    case U'\\': {
      Node node = parse_escape();
      node.ignore_case = options.ignore_case;
      return node;
    }
    default:
      fail("a quantifier with nothing to repeat", begin);
  }
}

Node Parser::parse_group(Options options, bool& is_group) {
  const size_t begin = position_ - 1;
  const auto body = [&]() {
    Node node = parse_alternatives(options);
    if (!accept(U')')) fail("a parenthesis that is not closed", begin);
    return node;
  };
  if (next_is(U'*')) fail("a callout, which is not supported,", begin);
  if (!accept(U'?')) return make_parent(Node::Kind::kGroup, body());
  if (accept(U':')) {
    is_group = true;
    return body();
  }
  if (accept(U'>')) return make_parent(Node::Kind::kAtomic, body());
  if (accept(U'=')) return make_look(body(), false);
  if (accept(U'!')) return make_look(body(), true);
  if (accept(U"<=") || accept(U"<!")) fail("look-behind, which is not supported,", begin);
  if (next_is(U'<') || next_is(U'\'')) {
    const char32_t close = take() == U'<' ? U'>' : U'\'';
    const size_t name = position_;
    static const CharacterSet word = named_property("word"), digit(U'0', U'9');
    while (!at_end() && word.has(pattern_[position_])) ++position_;
    if (position_ == name || digit.has(pattern_[name]) || !accept(close)) fail("an invalid group name", begin);
    return make_parent(Node::Kind::kGroup, body());
  }
  if (next_is(U'~') || next_is(U'(') || next_is(U'{') || next_is(U'@')) {
    fail("an absent group, a condition or a callout, which are not supported,", begin);
  }
  return parse_options(options);
}

// (?i) holds to the end of the group, over alternatives too: a(?i)b|c is a(?i:b|c).
Node Parser::parse_options(Options options) {
  const size_t begin = position_ - 2;
  if (next_is(U')') || next_is(U':')) fail("an unknown kind of group", begin);
  bool value = true;
  while (!next_is(U')') && !next_is(U':')) {
    if (at_end()) fail("a group that is not closed", begin);
    switch (take()) {
      case U'-':
        value = false;
        break;
      case U'i':
        options.ignore_case = value;
        break;
      case U'm':
        options.dot_matches_newline = value;
        break;
      case U'x':
        options.extended = value;
        break;
      default:
        fail("an unknown kind of group or option", begin);
    }
  }
  if (take() == U')') return make_parent(Node::Kind::kGroup, parse_alternatives(options));
  Node node = make_parent(Node::Kind::kGroup, parse_alternatives(options));
  if (!accept(U')')) fail("a parenthesis that is not closed", begin);
  return node;
}

std::optional<Parser::Quantifier> Parser::read_quantifier() {
  if (next_is(U'{')) return read_interval();
  Quantifier quantifier{0, kUnlimited};
  if (accept(U'+')) {
    quantifier.min = 1;
  } else if (accept(U'?')) {
    quantifier.max = 1;
  } else if (!accept(U'*')) {
    return std::nullopt;
  }
  quantifier.greedy = !accept(U'?');
  quantifier.possessive = quantifier.greedy && accept(U'+');
  return quantifier;
}

// {m}, {m,}, {,n} or {m,n}; anything else is literal. Only {m,n} can be lazy, and none of them possessive.
std::optional<Parser::Quantifier> Parser::read_interval() {
  const size_t begin = position_;
  ++position_;
  Quantifier quantifier{0, kUnlimited};
  const std::optional<uint32_t> min = read_number();
  const bool is_range = accept(U',');
  const std::optional<uint32_t> max = is_range ? read_number() : min;
  if ((!min && !max) || !accept(U'}')) {
    position_ = begin;
    return std::nullopt;
  }
  quantifier.min = min.value_or(0);
  quantifier.max = max.value_or(kUnlimited);
  if (quantifier.min > quantifier.max) fail("a repeat of more than its maximum, which is not supported,", begin);
  quantifier.greedy = !(is_range && accept(U'?'));
  return quantifier;
}

std::optional<uint32_t> Parser::read_number() {
  const size_t begin = position_;
  uint32_t number = 0;
  while (!at_end() && pattern_[position_] >= U'0' && pattern_[position_] <= U'9') {
    number = number * 10 + (take() - U'0');
    if (number > kMaxRepeat) fail("too large a number of repeats", begin);
  }
  return position_ == begin ? std::nullopt : std::optional(number);
}

// Comments, and under (?x) white space.
void Parser::skip_ignored(Options options) {
  for (;;) {
    if (accept(U"(?#")) {
      const size_t begin = position_ - 3;
      for (;;) {
        if (at_end()) fail("a comment that is not closed", begin);
        const char32_t code = take();
        if (code == U')') break;
        if (code == U'\\' && !at_end()) take();
      }
    } else if (options.extended && accept(U'#')) {
      while (!at_end() && take() != U'\n') {
      }
    } else if (options.extended && !at_end() &&
               std::u32string_view(U" \t\n\r\f").find(pattern_[position_]) != pattern_.npos) {
      take();
    } else {
      return;
    }
  }
}

Node parse(std::u32string_view pattern) { return Parser(pattern).parse(); }

}  // namespace leanformers::regex
