// The text between added tokens whose words are looked at, and what can be said of them without a model.
#pragma once

#include <cstdint>
#include <string_view>

#include "gathered_word.h"
#include "scan/spaced.h"
#include "simd/words.h"

namespace leanformers {

struct SpacedStretch {
  using Gap = SpacedText::Gap;
  using Verdict = PlainCharacters::Verdict;
  using Word = GatheredWord;

  const SpacedText& stages;
  std::string_view text = {};
  uint32_t first = 0;               // its place in the text
  bool prepends = stages.prepends;  // a mark to the first word

  // What stands before the letters of a word.
  struct Marks {
    uint32_t count;   // of those that the model sees
    uint32_t spaces;  // of the text
  };

  bool is_gap(const char* at) const { return stages.is_gap[static_cast<unsigned char>(*at)]; }
  const char* skip_gap(const char* at, const char* end) const {
    while (at < end && is_gap(at)) ++at;
    return at;
  }

  // Whether a word without a space that becomes one has a mark.
  bool is_marked(const char* word) const {
    using Scheme = Metaspace::PrependScheme;
    const bool begins = word == text.data();
    if (stages.gap != Gap::kNothing && !begins) return false;
    return stages.prepends || stages.scheme == Scheme::kAlways ||
           (stages.scheme == Scheme::kFirst && first == 0 && begins);
  }

  std::string_view letters_of(const Word& word) const {
    const char* const end = word.begin + word.size();
    return {skip_gap(word.begin, end), end};
  }

  Marks marks_of(const Word& word, const char* letters) const {
    return marks(static_cast<uint32_t>(letters - word.begin), [&] { return is_marked(letters); });
  }
  // Of a short word, whose key says whether it has a mark.
  Marks marks_of(const WordKey& key, size_t spaces) const {
    return marks(static_cast<uint32_t>(spaces), [&] { return (key.high & WordKey::kUnmarked) == 0; });
  }
  template <typename IsMarked>
  Marks marks(uint32_t spaces, const IsMarked& is_marked) const {
    if (spaces == 0) return {is_marked(), 0};
    return {stages.gap == Gap::kOneMark ? 1 : spaces, spaces};
  }

  bool is_after_gap(std::string_view letters) const {
    return letters.data() != text.data() && is_gap(letters.data() - 1);
  }
  // What the normalizers do with a word.
  Verdict judge(std::string_view letters) const {
    const bool has_gap = is_after_gap(letters);
    return stages.characters.judge(
        letters, has_gap ? stages.characters.of(static_cast<unsigned char>(letters.data()[-1])) : uint8_t{0});
  }
};

}  // namespace leanformers
