// The words of GPT-2's kind, found in the original bytes: ByteLevel by itself, or after the Splits of cl100k, o200k,
// DeepSeek V3 and their kin.
//
// What the patterns of these splits ask of a character is which of a few classes it is in, so a table of classes and a
// few rules for each pattern stand for the regular expressions.
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
  enum class Pattern : uint8_t { kGpt2, kCl100k, kO200k, kDeepSeek };
  Pattern pattern;
  std::string_view name;
  uint32_t most_digits = 0;       // of a word, for all but kGpt2
  bool contractions = true;       // for kO200k: words end with 's and the like
  bool add_prefix_space = false;  // a space comes before a text that begins with none
  bool nfc = false;               // the text is put into normal form C before

  // The split that these stages make, if it is one of these.
  static std::optional<ByteLevelSplit> recognise(std::span<const Normalizer> normalizers,
                                                 std::span<const PreTokenizer> pre_tokenizers);
};

// The classes that a pattern tells apart: letters, numbers, white space and the rest; and for
// - kO200k: upper case (with title case), lower case and marks; kLetter are the letters without case;
// - kDeepSeek: punctuation (with symbols), and each class once more among the ideographs and kana of its second Split;
//   kLetter are letters and marks.
class CharacterClasses {
 public:
  enum Class : uint8_t {
    kLetter,
    kNumber,
    kSpace,
    kOther,
    kUpper,
    kLower,
    kMark,
    kPunctuation,
    kKanaLetter,
    kKanaPunctuation,
    kKanaOther,
    kEnd
  };

  // Made once in a process for each kind of table, in about 3 ms.
  static const CharacterClasses& get(ByteLevelSplit::Pattern pattern);

  Class of(char32_t code) const { return static_cast<Class>(classes_[code] & kMask); }
  // Whether the text stays as it is in normal form C, as far as a look at its characters one by one can tell.
  bool is_nfc(std::string_view text) const;

 private:
  static constexpr uint8_t kMask = 15, kUnstable = 16;  // NFC may change it, or what stands before it

  explicit CharacterClasses(ByteLevelSplit::Pattern pattern);
  std::unique_ptr<uint8_t[]> classes_;
};

// Finds where words end. Text is valid UTF-8.
class WordScanner {
 public:
  WordScanner(const ByteLevelSplit& split, std::string_view text)
      : classes_(CharacterClasses::get(split.pattern)), split_(split), end_(text.data() + text.size()) {}

  // The end of the word that begins at `at`, which is not the end of the text.
  const char* word_end(const char* at) const;

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
  static bool is_ascii_letter(char byte) { return 'a' <= (byte | 0x20) && (byte | 0x20) <= 'z'; }
  static bool is_caseless(Class kind) { return kind == CharacterClasses::kLetter || kind == CharacterClasses::kMark; }
  static bool is_kana(Class kind) { return kind >= CharacterClasses::kKanaLetter && kind < CharacterClasses::kEnd; }
  // Whether a look-ahead of the pattern sees nothing where such a character comes next.
  bool ends_piece(Class kind) const {
    const bool cut_out = kind == CharacterClasses::kNumber || is_kana(kind);
    return kind == CharacterClasses::kEnd || (cut_out && split_.pattern == ByteLevelSplit::Pattern::kDeepSeek);
  }

  const char* run(const char* at, Class kind) const {
    if (kind == CharacterClasses::kLetter) at = skip_ascii_letters(at, end_);
    for (Next next = look(at); next.kind == kind; next = look(at)) at += next.bytes;
    return at;
  }

  // '(s|t|re|ve|m|ll|d) after an apostrophe at `at`; null if there is none. With `any_case` also ſ, which folds to s.
  const char* contraction(const char* at, bool any_case) const;
  // White space, without its last character where something else follows and there is more of it.
  const char* spaces(const char* at) const;
  // White space up to its last newline, if it has one, or as `spaces` has it.
  const char* lines_or_spaces(const char* at) const;
  // A number of at most `most_digits` digits, whose first one ends at `at`.
  const char* digits(const char* at) const;
  // A word of o200k without what may stand before it: upper case, then lower case. Null if there is none.
  const char* cased(const char* at) const;

  const char* gpt2(const char* at) const;
  const char* cl100k(const char* at) const;
  const char* o200k(const char* at) const;
  const char* deepseek(const char* at) const;

  const CharacterClasses& classes_;
  const ByteLevelSplit& split_;
  const char* end_;
};

}  // namespace leanformers
