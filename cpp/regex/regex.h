// Regular expressions for Split, Replace and ByteLevel patterns: the part of the reference's syntax (Oniguruma) that
// needs no unbounded work, matched in linear time whatever the text is.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace leanformers {

namespace regex {
struct Program;
}

// Supported: literals and escapes; . and classes with ranges, nesting, && and POSIX brackets; \d \s \w \h \R \N \O;
// \p{…} of general categories, scripts and common binary properties; groups, (?i) (?m) (?x) and (?i:…); alternatives;
// quantifiers, greedy, lazy and possessive; atomic groups and look-ahead; ^ $ \A \z \Z \b \B. As in Oniguruma, ^ and $
// are those of lines, (?m) lets the dot match a line feed, and {m,n}+ is a repeat of a repeat.
//
// An error: look-behind, back-references, calls, \G, \K, \X, octal escapes, absent groups, conditions, callouts,
// options other than i, m and x, and whatever Oniguruma itself rejects.
class Regex {
 public:
  // [begin, end) in characters.
  struct Match {
    size_t begin, end;
  };

  // Throws std::invalid_argument that names the construct and its position.
  explicit Regex(std::u32string_view pattern);
  explicit Regex(std::string_view utf8);

  // Replaces the contents of `matches` by those of the reference's iterator, in order: leftmost, the first alternative
  // first, not overlapping. There is no empty match right after another match, and none in an empty text.
  //
  // Takes at most time in proportion to (size of the text) × (size of the pattern), for all matches together. Memory
  // beside the matches is in proportion to what one search looks at, usually the length of a match. For patterns that
  // look far ahead in vain it is half a byte for each character and each point of the pattern where paths join, and for
  // repeats of more than one character 24 bytes for each choice on the way.
  void find_all(std::span<const char32_t> text, std::vector<Match>& matches) const;

 private:
  std::shared_ptr<const regex::Program> program_;
};

}  // namespace leanformers
