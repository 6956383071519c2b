// The parser's state, shared by parse.cc (expressions), parse_escape.cc and parse_class.cc (brackets). It follows the
// reference's parser token by token (regparse.c, ONIG_SYNTAX_ONIGURUMA); what is not supported is an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "regex/syntax.h"

namespace leanformers::regex {

struct Options {
  bool ignore_case = false;
  bool dot_matches_newline = false;
  bool extended = false;
};

class Parser {
 public:
  explicit Parser(std::u32string_view pattern) : pattern_(pattern) {}

  Node parse();

 private:
  struct Quantifier {
    uint32_t min, max;
    bool greedy = true, possessive = false;
  };
  struct ClassToken;
  class Depth;

  // parse.cc
  Node parse_alternatives(Options options);
  Node parse_branch(Options options);
  Node parse_expression(Options options);
  Node parse_atom(Options options, bool& is_group);
  Node parse_group(Options options, bool& is_group);
  Node parse_options(Options options);
  std::optional<Quantifier> read_quantifier();
  std::optional<Quantifier> read_interval();
  std::optional<uint32_t> read_number();
  void skip_ignored(Options options);

  // parse_escape.cc; the backslash has been read, except for is_literal
  bool is_literal() const;
  Node parse_escape();
  std::optional<CharacterSet> read_type(char32_t letter, bool in_class);
  std::optional<CharacterSet> read_property(bool negated, bool in_class);
  std::optional<char32_t> read_control(char32_t letter) const;
  std::optional<char32_t> read_code_point(char32_t letter);
  char32_t read_hexadecimal(size_t most_digits, size_t& digits);

  // parse_class.cc; the bracket has been read
  Node parse_class(Options options);
  CharacterSet read_class(bool& negated);
  ClassToken read_class_token();
  std::optional<CharacterSet> read_posix_class();

  bool at_end() const { return position_ == pattern_.size(); }
  bool next_is(char32_t code) const { return !at_end() && pattern_[position_] == code; }
  bool accept(char32_t code);
  bool accept(std::u32string_view text);
  char32_t take() { return pattern_[position_++]; }
  // `at` is where the construct begins.
  [[noreturn]] void fail(const std::string& what, size_t at) const;

  std::u32string_view pattern_;
  size_t position_ = 0;
  size_t depth_ = 0;  // of brackets of all kinds
};

// Brackets inside each other: bounds the recursion of everything that walks the tree.
class Parser::Depth {
 public:
  explicit Depth(Parser& parser);
  ~Depth() { --parser_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Parser& parser_;
};

CharacterSet named_property(std::string_view name);

}  // namespace leanformers::regex
