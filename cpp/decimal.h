// Decimals of a tokenizer.json, read as the reference reads them: see scores.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace leanformers {

// The digits of a decimal as far as 64 bits have room for them. From the first that does not fit on, all are dropped.
struct Decimal {
  uint64_t number = 0;
  int count = 0, dropped = 0;

  void add(uint64_t digit) {
    ++count;
    if (dropped > 0 || number > (UINT64_MAX - digit) / 10) {
      ++dropped;
    } else {
      number = number * 10 + digit;
    }
  }
};

// These take a number from the beginning of a text, spelled as JSON wants it. Nothing: there is none.

// Without a sign, a point and an exponent.
std::optional<Decimal> read_whole(std::string_view& text);

// A score, which the reference rounds twice. Nothing also of those beyond the powers of ten that a double holds.
std::optional<double> read_score(std::string_view& text);

// What the reference reads of the shortest decimal that stands for a score. Nothing for one that no model has.
std::optional<double> read_again(double score);

}  // namespace leanformers
