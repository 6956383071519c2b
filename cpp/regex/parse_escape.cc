// What follows a backslash.
#include <algorithm>

#include "regex/parser.h"

namespace leanformers::regex {
namespace {

Node make_assertion(Assertion assertion) {
  Node node;
  node.kind = Node::Kind::kAssertion;
  node.assertion = assertion;
  return node;
}

// \R: a line break, and not the first half of one.
Node make_line_break() {
  CharacterSet breaks(U'\n', U'\r');
  breaks.add(0x85, 0x85);
  breaks.add(0x2028, 0x2029);
  std::vector<Node> alternatives;
  alternatives.push_back(make_string(U"\r\n", false));
  alternatives.push_back(make_set(std::move(breaks)));
  return make_parent(Node::Kind::kAtomic, make_parent(Node::Kind::kAlternatives, std::move(alternatives)));
}

bool is_one_of(char32_t code, std::u32string_view codes) { return codes.find(code) != std::u32string_view::npos; }

}  // namespace

CharacterSet named_property(std::string_view name) { return find_property(name).value_or(CharacterSet()); }

// Literals, and escapes that mean the character itself, also those of letters without a meaning.
bool Parser::is_literal() const {
  if (at_end()) return false;
  const char32_t code = pattern_[position_];
  if (code != U'\\') return !is_one_of(code, U"()[|.^$*+?{") || (code == U'{' && !Parser(*this).read_interval());
  if (position_ + 1 == pattern_.size()) return false;
  const char32_t escaped = pattern_[position_ + 1];
  if (is_one_of(escaped, U"pP")) return position_ + 2 == pattern_.size() || pattern_[position_ + 2] != U'{';
  return !is_one_of(escaped, U"wWdDsShHbBAzZGKXyYRNOntrfaveockgCMxu0123456789");
}

Node Parser::parse_escape() {
  const size_t begin = position_ - 1;
  if (at_end()) fail("a backslash at the end", begin);
  const char32_t letter = take();
  if (const auto set = read_type(letter, false)) return make_set(*set);
  if (letter != U'b') {
    if (const auto code = read_control(letter)) return make_string(std::u32string(1, *code), false);
  }
  if (const auto code = read_code_point(letter)) return make_string(std::u32string(1, *code), false);
  switch (letter) {
    case U'b':
      return make_assertion(Assertion::kWordBoundary);
    case U'B':
      return make_assertion(Assertion::kNotWordBoundary);
    case U'A':
      return make_assertion(Assertion::kTextBegin);
    case U'z':
      return make_assertion(Assertion::kTextEnd);
    case U'Z':
      return make_assertion(Assertion::kTextEndOrLastNewline);
    case U'R':
      return make_line_break();
    case U'N':
      return make_dot(false);
    case U'O':
      return make_dot(true);
    default:
      fail("a back-reference or another escape, which is not supported,", begin);
  }
}

// \d \s \w \h, \p{…} and their opposites, inside and outside of brackets.
std::optional<CharacterSet> Parser::read_type(char32_t letter, bool in_class) {
  if (is_one_of(letter, U"pP") && accept(U'{')) return read_property(letter == U'P', in_class);
  static constexpr std::u32string_view kTypes = U"dshwDSHW";
  const size_t type = kTypes.find(letter);
  if (type == kTypes.npos) return std::nullopt;
  static const CharacterSet sets[] = {named_property("digit"), named_property("space"), named_property("xdigit"),
                                      named_property("word"), named_property(kBareWord)};
  CharacterSet set = sets[type % 4 + (type % 4 == 3 && !in_class)];
  if (type >= 4) set.negate();
  return set;
}

// The brace has been read.
std::optional<CharacterSet> Parser::read_property(bool negated, bool in_class) {
  const size_t begin = position_ - 3;
  if (accept(U'^')) negated = !negated;
  std::string name;
  while (!accept(U'}')) {
    if (at_end() || pattern_[position_] >= 128 || is_one_of(pattern_[position_], U"(){|")) {
      fail("an invalid property name", begin);
    }
    const char letter = static_cast<char>(take());
    if (letter == ' ' || letter == '-' || letter == '_') continue;
    name += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  std::optional<CharacterSet> set = find_property(name == "word" && !in_class ? kBareWord : name);
  if (!set) fail("the unknown property " + name, begin);
  if (negated) set->negate();
  return set;
}

std::optional<char32_t> Parser::read_control(char32_t letter) const {
  static constexpr std::u32string_view kLetters = U"ntrfvaeb", kCodes = U"\n\t\r\f\v\a\x1B\b";
  const size_t index = kLetters.find(letter);
  return index == kLetters.npos ? std::nullopt : std::optional(kCodes[index]);
}

// \xH, \xHH, \x{H…} and \uHHHH. The reference reads \xHH as a byte, so it stops at 7F here.
std::optional<char32_t> Parser::read_code_point(char32_t letter) {
  if (letter != U'x' && letter != U'u') return std::nullopt;
  const size_t begin = position_ - 2;
  const bool braces = letter == U'x' && accept(U'{');
  size_t digits = 0;
  const char32_t code = read_hexadecimal(braces ? 8 : letter == U'x' ? 2 : 4, digits);
  if (digits == 0 || (letter == U'u' && digits != 4) || (braces && !accept(U'}'))) {
    fail("an invalid code point, or several,", begin);
  }
  if (letter == U'x' && !braces && code > 0x7F) fail("a byte that is not ASCII, which is not supported,", begin);
  if (code > kLastCode || (code >= 0xD800 && code < 0xE000)) fail("a code point that is no character", begin);
  return code;
}

char32_t Parser::read_hexadecimal(size_t most_digits, size_t& digits) {
  char32_t code = 0;
  for (digits = 0; digits < most_digits && !at_end(); ++digits, ++position_) {
    const char32_t digit = pattern_[position_], lower = digit | 0x20;
    if (digit >= U'0' && digit <= U'9') {
      code = code << 4 | (digit - U'0');
    } else if (lower >= U'a' && lower <= U'f' && digit < 128) {
      code = code << 4 | (lower - U'a' + 10);
    } else {
      break;
    }
  }
  return code;
}

}  // namespace leanformers::regex
