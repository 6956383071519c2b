#include "charsmap.h"

#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

uint32_t read_number(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (int i = 3; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[at + static_cast<size_t>(i)]);
  return number;
}

// One unit of the double array.
uint32_t offset(uint32_t unit) { return unit >> 10 << ((unit & 1 << 9) >> 6); }
uint32_t label(uint32_t unit) { return unit & (1U << 31 | 0xFF); }
uint32_t value(uint32_t unit) { return unit & ~(1U << 31); }
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }

}  // namespace

Charsmap::Charsmap(std::string_view blob) {
  if (blob.size() < 4) throw std::invalid_argument("the charsmap has no size");
  const size_t count = read_number(blob, 0) / 4;
  if (count > (blob.size() - 4) / 4) {
    throw std::invalid_argument("the charsmap says that it has " + std::to_string(count) + " units, but its " +
                                std::to_string(blob.size()) + " bytes have room for " +
                                std::to_string((blob.size() - 4) / 4));
  }
  auto data = std::make_shared<Data>();
  data->units.reserve(count);
  for (size_t i = 0; i < count; ++i) data->units.push_back(read_number(blob, 4 + 4 * i));
  data->texts = blob.substr(4 + 4 * count);
  if (!unicode::is_valid(data->texts)) throw std::invalid_argument("the charsmap's texts are not UTF-8");
  data_ = std::move(data);
}

std::optional<std::string_view> Charsmap::find(std::string_view text) const {
  const std::vector<uint32_t>& units = data_->units;
  if (units.empty()) return std::nullopt;
  uint32_t at = offset(units[0]);
  for (const char byte : text) {
    const auto wanted = static_cast<unsigned char>(byte);
    at ^= wanted;
    // A damaged array may point anywhere.
    if (wanted == 0 || at >= units.size() || label(units[at]) != wanted) return std::nullopt;
    const bool leaf = has_leaf(units[at]);
    at ^= offset(units[at]);
    if (!leaf) continue;
    if (at >= units.size() || value(units[at]) >= data_->texts.size()) return std::nullopt;
    const std::string_view rest = std::string_view(data_->texts).substr(value(units[at]));
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

}  // namespace leanformers
