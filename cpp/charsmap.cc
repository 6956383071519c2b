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

std::optional<Charsmap::Data::Node> Charsmap::Data::root() const {
  if (units.empty()) return std::nullopt;
  return Node{offset(units[0]), false};
}

// A damaged array may point anywhere.
std::optional<Charsmap::Data::Node> Charsmap::Data::child(Node parent, char byte) const {
  const auto wanted = static_cast<unsigned char>(byte);
  const uint32_t at = parent.at ^ wanted;
  if (wanted == 0 || at >= units.size() || label(units[at]) != wanted) return std::nullopt;
  return Node{at ^ offset(units[at]), has_leaf(units[at])};
}

std::optional<std::string_view> Charsmap::Data::text_of(Node leaf) const {
  if (leaf.at >= units.size() || value(units[leaf.at]) >= texts.size()) return std::nullopt;
  const std::string_view rest = std::string_view(texts).substr(value(units[leaf.at]));
  return rest.substr(0, rest.find('\0'));
}

std::optional<std::string_view> Charsmap::find(std::string_view text) const {
  std::optional<Data::Node> node = data_->root();
  for (const char byte : text) {
    if (node) node = data_->child(*node, byte);
    if (!node) return std::nullopt;
    if (node->ends) return data_->text_of(*node);
  }
  return std::nullopt;
}

void Charsmap::visit_characters(const Visit& visit) const {
  const std::optional<Data::Node> root = data_->root();
  for (int byte = 1; root && byte < 0xF5; ++byte) {
    const std::optional<Data::Node> node = data_->child(*root, static_cast<char>(byte));
    if (!node) continue;
    const auto code = static_cast<char32_t>(byte);
    if (byte < 0x80) {
      data_->visit_characters(*node, code, 0, 0, visit);
    } else if (0xC2 <= byte && byte < 0xE0) {
      data_->visit_characters(*node, code & 0x1F, 1, 0x80, visit);
    } else if (0xE0 <= byte && byte < 0xF0) {
      data_->visit_characters(*node, code & 0x0F, 2, 0x800, visit);
    } else if (0xF0 <= byte) {
      data_->visit_characters(*node, code & 0x07, 3, 0x10000, visit);
    }
  }
}

// `bits` are those of the code point so far; `smallest` is the first one that is written in so many bytes.
void Charsmap::Data::visit_characters(Node node, char32_t bits, int bytes_left, char32_t smallest,
                                      const Visit& visit) const {
  if (bytes_left == 0) {
    const bool surrogate = 0xD800 <= bits && bits < 0xE000;
    if (bits < smallest || bits >= unicode::kScalarEnd || surrogate) return;
    const std::optional<std::string_view> text = node.ends ? text_of(node) : std::nullopt;
    if (text || !node.ends) visit(bits, text);
    return;
  }
  for (int byte = 0x80; byte < 0xC0; ++byte) {
    // Where a key has ended, nothing is looked at any more.
    const std::optional<Node> next = node.ends ? node : child(node, static_cast<char>(byte));
    const char32_t longer = bits << 6 | (static_cast<char32_t>(byte) & 0x3F);
    if (next) visit_characters(*next, longer, bytes_left - 1, smallest, visit);
  }
}

size_t Charsmap::count_keys(const std::function<bool(std::string_view)>& holds) const {
  size_t count = 0;
  const std::vector<uint32_t>& units = data_->units;
  for (uint32_t at = 0; at < units.size(); ++at) {
    if (label(units[at]) == 0 || label(units[at]) > 0xFF || !has_leaf(units[at])) continue;
    const std::optional<std::string_view> text = data_->text_of({at ^ offset(units[at]), true});
    if (text && holds(*text)) ++count;
  }
  return count;
}

}  // namespace leanformers
