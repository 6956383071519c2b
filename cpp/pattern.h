// What Split and Replace look for: a literal text or a regular expression.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"

namespace leanformers {

class Pattern {
 public:
  using Match = Regex::Match;

  static Pattern literal(std::string_view text);
  // Throws std::invalid_argument when the expression is wrong or uses what is not supported.
  static Pattern regex(std::string_view expression);

  bool is_regex() const { return regex_ != nullptr; }
  // The expression, or the literal text.
  const std::u32string& source() const { return source_; }

  // All matches, leftmost first and without overlap.
  void find_all(std::span<const char32_t> text, std::vector<Match>& matches) const;

 private:
  std::u32string source_;
  std::shared_ptr<const Regex> regex_;  // null: a literal
};

}  // namespace leanformers
