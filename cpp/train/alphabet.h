// The first tokens of BPE: special tokens, characters, and the forms of characters inside and at the end of words.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "train/bpe.h"
#include "train/word_counts.h"
#include "unicode/unicode.h"

namespace leanformers {

// How often each code point stands in the words, by code point.
std::vector<uint64_t> count_characters(std::span<const WordCounts::Word> words);

// Tokens by id, and ids by token.
class Vocabulary {
 public:
  uint32_t add(std::string_view token);  // the id that it has or gets
  bool has(const std::string& token) const { return ids_.contains(token); }
  const std::string& operator[](uint32_t id) const { return tokens_[id]; }
  size_t size() const { return tokens_.size(); }
  std::vector<std::string> take() { return std::move(tokens_); }

 private:
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, uint32_t> ids_;
};

class Alphabet {
 public:
  // Fills `vocabulary`. Special tokens come first, then characters by code point. Then their forms with prefix or
  // suffix that occur, by code point: the reference gives these ids in an order that changes with each run.
  Alphabet(std::span<const WordCounts::Word> words, const BpeTraining& settings, Vocabulary& vocabulary);

  // Calls visit(id) for the symbols of a word; characters that were left out have none.
  template <typename Visit>
  void visit_symbols(std::string_view word, Visit visit) const {
    visit_characters(word, [&](char32_t code, unsigned form) {
      const uint32_t row = rows_[code];
      if (row != kLeftOut) visit(ids_[row][form]);
    });
  }

 private:
  enum Form : unsigned { kFirst = 1, kLast = 2 };  // where in its word a character stands
  static constexpr uint32_t kLeftOut = UINT32_MAX;

  // Calls visit(code, form) for each character of a word.
  template <typename Visit>
  static void visit_characters(std::string_view word, Visit visit) {
    unsigned form = kFirst;
    for (size_t at = 0; at < word.size(); form = 0) {
      const auto [code, bytes] = unicode::decode(word.data() + at);
      at += bytes;
      visit(code, at == word.size() ? form | kLast : form);
    }
  }

  std::vector<uint32_t> rows_;                // code point -> place in ids_
  std::vector<std::array<uint32_t, 4>> ids_;  // by form
};

}  // namespace leanformers
