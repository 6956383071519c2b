// Which characters do normalizers leave as they are, whatever stands beside them? A word of such characters alone need
// not be normalized.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "charsmap.h"
#include "tokenizer.h"
#include "unicode/unicode.h"

namespace leanformers {

// What normalizers may do with each character, gathered stage by stage.
class PlainCharacters {
 public:
  enum Trait : uint8_t {
    kChanges = 1 << 0,  // becomes something else, or may together with others
    kMaps = 1 << 1,     // changes, but alone and only by the charsmap: to a text that is no space and has none
    kOpens = 1 << 2,    // begins a key of the charsmap that is longer
    kExtends = 1 << 3,  // may belong to a cluster that began before it
    kSpoils = 1 << 4,   // may change more than the word that it stands in
  };

  void add(char32_t code, uint8_t traits);
  void remove(uint8_t traits);  // of all characters
  uint8_t of(char32_t code) const { return traits_[page_of_[code / kPage] * kPage + code % kPage]; }

  enum class Verdict : uint8_t {
    kPlain,      // the word stays as it is
    kMapped,     // each of its characters becomes a text of its own
    kDifferent,  // it has to be normalized
    kSpoilt,     // it has to be normalized together with its neighbours
  };
  // `before` are the traits of the character before the word; 0 if there is none.
  Verdict judge(std::string_view word, uint8_t before) const;

 private:
  static constexpr size_t kPage = 128;
  uint8_t& at(char32_t code);

  std::vector<uint16_t> page_of_ = std::vector<uint16_t>(unicode::kScalarEnd / kPage);
  std::vector<uint8_t> traits_ = std::vector<uint8_t>(kPage);  // page 0: of characters without traits
};

}  // namespace leanformers
