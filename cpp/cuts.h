// Where long texts may be cut, so that several threads share one: the parts have the tokens that they have in the text.
//
// A text may be cut before white space, a comma or a full stop that comes after a letter or digit, where a word ends
// for the fused scan that the tokenizer has:
//
// - BERT: there all of these end a word. Its normalizers handle characters one by one, but for combining marks, which
//   they put in order between others.
// - byte-level splits: no pattern has such a character in the word of the letter before it, and none looks back. Normal
//   form C changes neither of the two, nor joins them.
// - words between spaces (scan/spaced.h): if it is a single space to the normalizers, between two characters that stay
//   as they are. That nothing looks from a word across its space is that scan's own proof.
// - classes of characters (scan/word_classes.h): if it is white space that stays by itself; or where the classes alone
//   say what a word is, and those of the two differ.
//
// Added tokens are looked for in each part by itself. Where one may have both characters, or looks at the other side
// of a cut, texts are not cut there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leanformers {

struct Plan;

// What a plan says about cuts.
struct Cuts {
  std::u32string before;  // characters that a part may begin with
  std::string why_not;    // if there are none

  // For a plan that has chosen its scan.
  static Cuts read(const Plan& plan);
};

// Parts of a text, of at least `bytes` each; a part ends at the first cut from there on.
std::vector<std::string_view> cut(const Plan& plan, std::string_view text, size_t bytes);

}  // namespace leanformers
