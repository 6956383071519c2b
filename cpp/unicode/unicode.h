// What the reference knows of each Unicode scalar value. It mixes several Unicode versions, so every predicate has a
// table of its own, made by generate.py.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leanformers::unicode {

inline constexpr char32_t kScalarEnd = 0x110000;
inline constexpr char32_t kReplacement = 0xFFFD;

enum Property : uint16_t {
  kControl = 1 << 0,          // deleted by BertNormalizer's clean_text
  kWhiteSpace = 1 << 1,       // White_Space
  kChinese = 1 << 2,          // BertNormalizer puts spaces around it
  kBertPunctuation = 1 << 3,  // BertPreTokenizer makes it a word of its own
  kNonspacingMark = 1 << 4,   // deleted by BertNormalizer's strip_accents, after decomposition
  kWord = 1 << 5,             // \w, for single_word added tokens
  kDecomposes = 1 << 6,       // has a canonical decomposition
  kLowers = 1 << 7,           // has another lower-case form
  kMark = 1 << 8,             // any combining mark: deleted by StripAccents
  kNumeric = 1 << 9,          // any number, for Digits
};

// One load from a flat table of 2.2 MB; only the pages of the scripts in use are ever touched.
uint16_t properties(char32_t code);
inline bool has(char32_t code, Property property) { return (properties(code) & property) != 0; }

uint8_t combining_class(char32_t code);

// A number for the script of each code point, with kana counted as Han; kNoScript for spaces and what has none.
inline constexpr uint8_t kNoScript = 0;
uint8_t script(char32_t code);

// What one code point becomes: at most 18 code points, for compatibility; at most four otherwise.
struct Expansion {
  char32_t codes[18];
  uint8_t size;
  const char32_t* begin() const { return codes; }
  const char32_t* end() const { return codes + size; }
};
Expansion decompose(char32_t code);                 // canonical, in full
Expansion decompose_compatibility(char32_t code);   // likewise
char32_t compose(char32_t first, char32_t second);  // 0: they do not compose
// Whether normal form C leaves the code point and its neighbours as they are, where all of them are such.
bool is_nfc_stable(char32_t code);
Expansion lowercase(char32_t code);

// Predicate -> the Unicode version whose table it follows.
std::vector<std::pair<std::string, std::string>> versions();

// --- UTF-8. Text that comes in has been validated: these do not check. ---

struct Decoded {
  char32_t code;
  uint32_t bytes;
};

inline Decoded decode(const char* at) {
  const auto byte = [at](int i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

// Writes at most four bytes and returns their number.
inline uint32_t encode(char32_t code, char* out) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0 | code >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

inline bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

size_t count_characters(std::string_view text);

// Short texts by their first and last bytes, which may share some: how long words are is anybody's guess.
inline bool is_ascii(std::string_view text) {
  const auto has_other = [](const char* first, const char* second, auto bytes) {
    auto more = bytes;
    std::memcpy(&bytes, first, sizeof bytes);
    std::memcpy(&more, second, sizeof more);
    return ((bytes | more) & static_cast<decltype(bytes)>(0x8080808080808080)) != 0;
  };
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.size() >= 8) {
    for (; end - at > 16; at += 8) {
      if (has_other(at, at, uint64_t{0})) return false;
    }
    return !has_other(at, end - 8, uint64_t{0});
  }
  if (text.size() >= 4) return !has_other(at, end - 4, uint32_t{0});
  if (text.size() >= 2) return !has_other(at, end - 2, uint16_t{0});
  return text.empty() || static_cast<unsigned char>(*at) < 0x80;
}

std::string to_utf8(std::u32string_view codes);

// --- Bytes that may be no UTF-8 ---

bool is_valid(std::string_view bytes);

// Each longest beginning of a sequence that cannot be finished becomes one U+FFFD (The Unicode Standard, section 3.9).
std::string replace_invalid(std::string_view bytes);

// The code point that ends at `end`, which is not the beginning of the text.
char32_t decode_before(std::string_view text, size_t end);

}  // namespace leanformers::unicode
