// The classes that pre-tokenizers sort characters into, for those that cut a text by nothing else: Whitespace,
// Punctuation, Digits, splits at single characters, and sequences of them.
//
// Words are runs of characters of one class, which are found in the original bytes. Normalizers are part of it where
// most characters become the same whatever stands beside them; what stands beside other ones is given back.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

class WordClasses {
 public:
  enum Class : uint8_t {
    kGap,        // in no word
    kIsolated,   // a word of its own
    kDropped,    // leaves nothing behind
    kDependent,  // what becomes of it depends on its neighbours
    kFirstRun,   // this and all above: words are runs of one class
    kMostClasses = 0x80,
  };

  // The classes for these stages; or, in `why_not`, why a text cannot be cut by them.
  static std::optional<WordClasses> read(const Spec& spec, std::string& why_not);

  struct Character {
    uint8_t kind;
    uint32_t bytes;
  };
  // The character that begins at `at`.
  Character look(const char* at) const {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) return {ascii_[byte], 1};
    const auto [code, bytes] = unicode::decode(at);
    return {static_cast<uint8_t>(entry(code) & ~kChanges), bytes};
  }
  uint8_t of(char32_t code) const { return static_cast<uint8_t>(entry(code) & ~kChanges); }

  // Whether the normalizers make something else of the character, or may.
  bool changes(char32_t code) const { return (entry(code) & kChanges) != 0; }
  bool changes(std::string_view word) const;

  // Where the word ends that `at` is inside of, and whose characters are of class `kind`.
  const char* run_end(const char* at, const char* end, uint8_t kind) const;

  // White space that stays by itself: what is before it and what is after it do not know of each other.
  bool is_barrier(char byte) const { return barriers_[static_cast<unsigned char>(byte)]; }

  bool has_normalizers() const { return has_normalizers_; }
  bool has_dependent() const { return has_dependent_; }
  bool has_runs() const { return has_runs_; }
  // How many characters a byte becomes at most.
  uint32_t growth() const { return growth_; }

 private:
  static constexpr uint8_t kChanges = 0x80;
  static constexpr size_t kPage = 256;

  uint8_t entry(char32_t code) const { return entries_[page_of_[code / kPage] * kPage + code % kPage]; }
  void set_entries(const std::vector<uint8_t>& entries);

  std::vector<uint16_t> page_of_ = std::vector<uint16_t>(unicode::kScalarEnd / kPage);
  std::vector<uint8_t> entries_;
  std::array<uint8_t, 128> ascii_{};
  std::array<bool, 256> barriers_{};
  uint8_t letters_ = kGap;  // the class of all ASCII letters, if they have one and the same
  uint32_t growth_ = 1;
  bool has_normalizers_ = false, has_dependent_ = false, has_runs_ = false;
};

}  // namespace leanformers
