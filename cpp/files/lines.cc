#include "files/lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "byte_level.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

constexpr uint32_t kRankEnd = uint32_t{1} << 31;

// Takes what stands before the first of these characters, and that one, or all.
std::string_view take_until(std::string_view ends, std::string_view& text) {
  const size_t end = std::min(text.find_first_of(ends), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

void add_letter(unsigned char byte, std::string& letters) {
  char utf8[4];
  letters.append(utf8, unicode::encode(byte_to_character(static_cast<char>(byte)), utf8));
}

// Appends the letters of the bytes; false: it is no base64.
bool decode_base64(std::string_view text, std::string& letters) {
  static constexpr uint8_t kNone = 0xFF;
  static constexpr auto kValues = [] {
    std::array<uint8_t, 256> values;
    values.fill(kNone);
    uint8_t next = 0;
    for (const char digit : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) {
      values[static_cast<unsigned char>(digit)] = next++;
    }
    return values;
  }();
  if (text.empty() || text.size() % 4 != 0) return false;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  for (size_t at = 0; at < text.size(); at += 4) {
    const size_t missing = at + 4 == text.size() ? padding : 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < 4 - missing; ++i) {
      const uint8_t value = kValues[static_cast<unsigned char>(text[at + i])];
      if (value == kNone) return false;
      bits |= uint32_t{value} << (18 - 6 * i);
    }
    for (size_t i = 0; i < 3 - missing; ++i) add_letter(static_cast<unsigned char>(bits >> (16 - 8 * i)), letters);
  }
  return true;
}

bool read_rank(std::string_view text, uint32_t& rank) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, rank);
  return error == std::errc() && stop == end && rank < kRankEnd;
}

bool has_all_bytes(const Vocabulary& vocabulary) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string letter;
    add_letter(static_cast<unsigned char>(byte), letter);
    if (vocabulary.find(letter) == Vocabulary::kMissing) return false;
  }
  return true;
}

}  // namespace

std::optional<Vocabulary> read_ranks(std::string_view file) {
  if (file.size() >= UINT32_MAX) return std::nullopt;  // more than a StringList takes
  StringList<uint32_t> tokens;
  std::vector<uint32_t> ranks;
  std::string letters;
  while (!file.empty()) {
    std::string_view line = take_until("\r\n", file);
    if (line.empty()) continue;
    const std::string_view token = take_until(" ", line);
    uint32_t rank = 0;
    letters.clear();
    if (!decode_base64(token, letters) || !read_rank(line, rank)) return std::nullopt;
    tokens.add(letters, rank);
    ranks.push_back(rank);
  }
  std::sort(ranks.begin(), ranks.end());
  if (std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end()) return std::nullopt;
  Vocabulary vocabulary(std::move(tokens));
  if (vocabulary.distinct() != vocabulary.size() || !has_all_bytes(vocabulary)) return std::nullopt;
  return vocabulary;
}

std::optional<MergeList> read_merge_lines(std::string_view file, const Vocabulary& vocabulary) {
  if (file.size() >= UINT32_MAX || !unicode::is_valid(file)) return std::nullopt;
  const auto is_known = [&](std::string_view token) { return vocabulary.find(token) != Vocabulary::kMissing; };
  StringList<uint32_t> merges;
  std::string both;
  while (!file.empty()) {
    std::string_view line = take_until("\n", file);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
    if (right.find(' ') != std::string_view::npos) return std::nullopt;
    both.assign(left).append(right);
    if (!is_known(left) || !is_known(right) || !is_known(both)) return std::nullopt;
    merges.add(both, static_cast<uint32_t>(left.size()));
  }
  return MergeList(std::move(merges));
}

}  // namespace leanformers
