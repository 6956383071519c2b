// The words between spaces, found in the original bytes: for tokenizers whose stages never look across a space, as
// those of SentencePiece's models.
//
// A word of characters that the normalizers leave alone (scan/plain.h) is known at once, and any other one is put
// through the stages by itself: what a word becomes does not depend on its neighbours. That this is so is shown when a
// tokenizer is made, for its own stages, charsmap and merges.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/ascii_pairs.h"
#include "scan/plain.h"
#include "tokenizer.h"

namespace leanformers {

struct SpacedText {
  // What becomes of a run of spaces.
  enum class Gap : uint8_t {
    kNothing,   // words are cut there, and it is gone
    kOneMark,   // all of it is one mark, which begins the next word
    kEachMark,  // each space is a mark, which begins a word
    kRunMarks,  // each space is a mark, and together they begin a stretch that no merge goes beyond
  };
  using Scheme = Metaspace::PrependScheme;

  Gap gap;
  std::string mark;                // what Metaspace puts for a space, in UTF-8; empty: nothing
  Scheme scheme = Scheme::kNever;  // which words get a mark that is not in the text
  bool prepends = false;           // a normalizer puts a mark before every stretch
  bool strips_end = false;         // spaces at the end of a stretch are gone
  bool one_newline = false;        // "\r\n" counts as one space
  bool changes_words = false;      // normalizers do more than to put marks for spaces
  bool has_charsmap = false;
  std::optional<Charsmap> charsmap;     // if it is the only stage that changes words
  std::vector<Normalizer> normalizers;  // for a word that is not the first of its stretch
  PlainCharacters characters;
  std::array<bool, 256> is_gap{};  // bytes that are spaces to these stages
  bool all_gaps = false;           // all of kSpaces are; or, with `one_gap`, only ' '
  bool one_gap = false;
  // Neighbours in a word between which the model does the same with each of the parts. With them normalizers change
  // nothing, and a stretch is one word to the caller.
  std::optional<AsciiPairs> cuts;

  static constexpr std::string_view kSpaces = " \t\n\v\f\r";  // ASCII's White_Space

  // A stretch of text is one word to the caller, however it is cut here.
  bool one_word() const { return gap == Gap::kRunMarks; }
  // Of several spaces the last one stands for all.
  bool joins_spaces() const { return gap == Gap::kNothing || gap == Gap::kOneMark; }
};

// What the spaces and words of these stages come to; or, in `why_not`, why they may look across a space.
std::optional<SpacedText> read_spaced_text(const Spec& spec, std::string& why_not);

}  // namespace leanformers
