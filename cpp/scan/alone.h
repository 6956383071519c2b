// What normalizers make of a character by itself: most characters become the same whatever stands beside them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scan/character_pattern.h"
#include "tokenizer.h"

namespace leanformers {

class LoneNormalizers {
 public:
  // None: one of them cannot be asked so at all.
  static std::optional<LoneNormalizers> read(std::span<const Normalizer> normalizers);

  // Whether they may make something else of `code`: a quick look.
  bool may_change(char32_t code) const;

  // What `code` becomes beside any characters of which this can be said too; none: that depends on its neighbours.
  // Strip, and Replace where it looks for several characters in a row, count as if they did nothing. They do where all
  // that they look for is nothing but gaps in the end: see `visit_gaps`.
  std::optional<std::u32string> normalize(char32_t code) const { return normalize(std::u32string(1, code), 0); }

  // Calls visit(text) for what each character that such a stage looks for, and what it puts in its place, become in the
  // end.
  template <typename Visit>
  void visit_gaps(const Visit& visit) const {
    for (size_t i = 0; i < stages_.size(); ++i) {
      for (const std::u32string& gap : stages_[i].gaps) visit(normalize(gap, i + 1));
    }
  }

 private:
  struct Stage {
    Normalizer normalizer;
    regex::CharacterSet replaced;      // by Replace, one by one
    std::vector<std::u32string> gaps;  // what this stage may take or put at any place between words
  };
  static std::optional<Stage> read_stage(const Normalizer& normalizer);
  std::optional<std::u32string> normalize(std::u32string text, size_t from) const;

  std::vector<Stage> stages_;
  uint16_t changed_ = 0;  // characters with one of these properties may change
};

}  // namespace leanformers
