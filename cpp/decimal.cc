#include "decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace leanformers {

namespace {

constexpr int kLargest = 308;

// Doubles nearest to 10^0, 10^1, …
const std::array<double, kLargest + 1>& powers_of_ten() {
  static const std::array<double, kLargest + 1> kPowers = [] {
    std::array<double, kLargest + 1> powers;
    for (size_t exponent = 0; exponent < powers.size(); ++exponent) {
      const std::string text = "1e" + std::to_string(exponent);
      std::from_chars(text.data(), text.data() + text.size(), powers[exponent]);
    }
    return powers;
  }();
  return kPowers;
}

}  // namespace

std::optional<double> scaled(uint64_t number, int exponent) {
  if (exponent < -kLargest || exponent > kLargest) return std::nullopt;
  const auto value = static_cast<double>(number);
  const double power = powers_of_ten()[static_cast<size_t>(std::abs(exponent))];
  const double result = exponent < 0 ? value / power : value * power;
  if (!std::isfinite(result)) return std::nullopt;
  return result;
}

std::optional<double> read_again(double score) {
  // Larger ones are written with zeros before the point, which count as digits.
  constexpr double kMost = 1e9;
  if (!(std::abs(score) < kMost)) return std::nullopt;
  char text[32];
  const char* const end = std::to_chars(text, text + sizeof text, std::abs(score), std::chars_format::scientific).ptr;
  Decimal digits;
  int fraction = 0, exponent = 0;
  const char* at = text;
  for (bool behind_point = false; *at != 'e'; ++at) {
    if (*at == '.') {
      behind_point = true;
    } else {
      digits.add(static_cast<uint64_t>(*at - '0'));
      fraction += behind_point;
    }
  }
  at += at[1] == '+' ? 2 : 1;
  std::from_chars(at, end, exponent);
  const std::optional<double> read = scaled(digits.number, exponent - fraction);
  if (!read) return std::nullopt;
  return std::signbit(score) ? -*read : *read;
}

}  // namespace leanformers
