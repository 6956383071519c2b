// Sets of code points: sorted ranges while a pattern is read, bitmaps when it runs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace leanformers::regex {

inline constexpr char32_t kLastCode = 0x10FFFF;

// Both ends belong to it.
struct CodeRange {
  char32_t first, last;
  bool operator==(const CodeRange&) const = default;
};

class CharacterSet {
 public:
  CharacterSet() = default;
  CharacterSet(char32_t first, char32_t last) { add(first, last); }

  void add(char32_t first, char32_t last);
  void add(const CharacterSet& other);
  void negate();
  void intersect(CharacterSet other);

  bool has(char32_t code) const;
  // Sorted, without overlaps and neighbours.
  std::span<const CodeRange> ranges() const { return ranges_; }
  bool operator==(const CharacterSet&) const = default;

 private:
  std::vector<CodeRange> ranges_;
};

// A property by its name in lower case without spaces, hyphens and underscores.
std::optional<CharacterSet> find_property(std::string_view name);

// What the reference takes for a word outside of classes, as \w and for \b: it differs from [\w].
inline constexpr std::string_view kBareWord = "bare-word";

// The same set as a two-level bitmap.
class CharacterBitmap {
 public:
  explicit CharacterBitmap(const CharacterSet& set);

  bool has(char32_t code) const {
    if (code < 128) return (ascii_[code >> 6] >> (code & 63) & 1) != 0;
    if (code > kLastCode) return false;
    return (blocks_[block_of_[code >> 8]][code >> 6 & 3] >> (code & 63) & 1) != 0;
  }

 private:
  std::array<uint64_t, 2> ascii_;
  std::vector<uint16_t> block_of_;  // of each 256 code points
  std::vector<std::array<uint64_t, 4>> blocks_;
};

}  // namespace leanformers::regex
