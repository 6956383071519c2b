// The words of GPT-2's kind, found in the original bytes: ByteLevel by itself, or after the Split of cl100k and its
// kin.
//
// What the patterns of these splits ask of a character is whether it is a letter, a number, white space or something
// else, so a table of classes and a few rules for each pattern stand for the regular expression.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "scan/ascii_letters.h"
#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

// Which pattern cuts a text into words, and what comes with it.
struct ByteLevelSplit {
  enum class Pattern : uint8_t { kGpt2, kCl100k };
  Pattern pattern;
  uint32_t most_digits;   // of a word, for kCl100k
  bool add_prefix_space;  // a space comes before a text that begins with none
  bool nfc;               // the text is put into normal form C before

  // The split that these stages make, if it is one of these.
  static std::optional<ByteLevelSplit> recognise(std::span<const Normalizer> normalizers,
                                                 std::span<const PreTokenizer> pre_tokenizers);
};

class CharacterClasses {
 public:
  enum Class : uint8_t { kLetter, kNumber, kSpace, kOther, kEnd };

  // Made once in a process, about 3 ms.
  static const CharacterClasses& get();

  Class of(char32_t code) const { return static_cast<Class>(classes_[code] & kMask); }
  // Whether the text stays as it is in normal form C, as far as a look at its characters one by one can tell.
  bool is_nfc(std::string_view text) const;

 private:
  static constexpr uint8_t kMask = 7, kUnstable = 8;  // NFC may change it, or what stands before it

  CharacterClasses();
  std::unique_ptr<uint8_t[]> classes_;
};

// Finds where words end. Text is valid UTF-8.
class WordScanner {
 public:
  WordScanner(const ByteLevelSplit& split, std::string_view text)
      : classes_(CharacterClasses::get()), split_(split), end_(text.data() + text.size()) {}

  // The end of the word that begins at `at`, which is not the end of the text.
  const char* word_end(const char* at) const {
    return split_.pattern == ByteLevelSplit::Pattern::kGpt2 ? gpt2(at) : cl100k(at);
  }

 private:
  using Class = CharacterClasses::Class;
  struct Next {
    Class kind;
    uint32_t bytes;
  };

  Next look(const char* at) const {
    if (at == end_) return {CharacterClasses::kEnd, 0};
    if (const auto byte = static_cast<unsigned char>(*at); byte < 0x80) return {classes_.of(byte), 1};
    const auto [code, bytes] = unicode::decode(at);
    return {classes_.of(code), bytes};
  }
  bool is(const char* at, char byte) const { return at < end_ && *at == byte; }
  static bool is_newline(char byte) { return byte == '\n' || byte == '\r'; }

  const char* run(const char* at, Class kind) const {
    if (kind == CharacterClasses::kLetter) at = skip_ascii_letters(at, end_);
    for (Next next = look(at); next.kind == kind; next = look(at)) at += next.bytes;
    return at;
  }

  // '(s|t|re|ve|m|ll|d) after an apostrophe at `at`; null if there is none. With `any_case` also ſ, which folds to s.
  const char* contraction(const char* at, bool any_case) const;
  // White space, without its last character where something else follows and there is more of it.
  const char* spaces(const char* at) const;
  const char* gpt2(const char* at) const;
  const char* cl100k(const char* at) const;

  const CharacterClasses& classes_;
  const ByteLevelSplit& split_;
  const char* end_;
};

}  // namespace leanformers
