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

// number · 10^exponent, rounded twice. Nothing beyond the powers of ten that a double holds, or if it is infinite.
std::optional<double> scaled(uint64_t number, int exponent) {
  if (exponent < -kLargest || exponent > kLargest) return std::nullopt;
  const auto value = static_cast<double>(number);
  const double power = powers_of_ten()[static_cast<size_t>(std::abs(exponent))];
  const double result = exponent < 0 ? value / power : value * power;
  if (!std::isfinite(result)) return std::nullopt;
  return result;
}

// Takes the digits that stand first; whether there are any.
bool read_digits(std::string_view& text, Decimal& digits) {
  size_t count = 0;
  for (; count < text.size() && '0' <= text[count] && text[count] <= '9'; ++count) {
    digits.add(static_cast<uint64_t>(text[count] - '0'));
  }
  text.remove_prefix(count);
  return count > 0;
}

// Takes one of two characters, if it stands first; NUL: neither does.
char read_one(char one, char other, std::string_view& text) {
  if (text.empty() || (text[0] != one && text[0] != other)) return '\0';
  const char first = text[0];
  text.remove_prefix(1);
  return first;
}

}  // namespace

std::optional<Decimal> read_whole(std::string_view& text) {
  const bool zero = text.starts_with('0');  // JSON wants no zeros before a number
  Decimal digits;
  if (!read_digits(text, digits) || (zero && digits.count > 1)) return std::nullopt;
  return digits;
}

std::optional<double> read_score(std::string_view& text) {
  const bool negative = read_one('-', '-', text) != '\0';
  const std::optional<Decimal> before_point = read_whole(text);
  if (!before_point) return std::nullopt;
  Decimal digits = *before_point;
  bool decimal = false;
  if (read_one('.', '.', text) != '\0') {
    if (!read_digits(text, digits)) return std::nullopt;
    decimal = true;
  }
  int exponent = before_point->count - digits.count + digits.dropped;
  if (read_one('e', 'E', text) != '\0') {
    const char sign = read_one('+', '-', text);
    Decimal size;
    if (!read_digits(text, size) || size.count > 4) return std::nullopt;
    exponent += static_cast<int>(sign == '-' ? 0 - size.number : size.number);
    decimal = true;
  }
  if (!decimal && digits.dropped > 0) return std::nullopt;  // to JSON, a whole number of any size
  const std::optional<double> value = scaled(digits.number, exponent);
  if (!value) return std::nullopt;
  return negative && (decimal || digits.number != 0) ? -*value : *value;
}

std::optional<double> read_again(double score) {
  // Larger ones are written with zeros before the point, which count as digits.
  constexpr double kMost = 1e9;
  if (!(std::abs(score) < kMost)) return std::nullopt;
  char written[32];
  const char* const end = std::to_chars(written, written + sizeof written, score, std::chars_format::scientific).ptr;
  std::string_view text(written, static_cast<size_t>(end - written));
  return read_score(text);
}

}  // namespace leanformers
