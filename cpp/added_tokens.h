// Finds added tokens in text: leftmost, longest first, with the reference's rules for words and white space.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"

namespace leanformers {

class AddedTokenMatcher {
 public:
  // A stretch of the text: an added token, or (token == nullptr) what lies between two.
  struct Segment {
    const AddedToken* token;
    size_t begin, end;  // bytes
  };

  // `patterns[i]` is what to look for to find `tokens[i]`: its content, normalized where it asks for that. Both are
  // kept by reference to `tokens`, which must outlive the matcher. Empty patterns are ignored; of equal ones the lowest
  // id wins.
  AddedTokenMatcher(std::vector<const AddedToken*> tokens, std::vector<std::string> patterns);
  AddedTokenMatcher() = default;

  bool empty() const { return entries_.empty(); }

  // Whether some pattern is in the text.
  bool matches(std::string_view text) const;

  // Splits the text at its added tokens. An empty text has no segments. With rstrip, a segment may begin before the
  // one before it ended, as in the reference. With `split_special_tokens`, special tokens are text like any other, but
  // still hide shorter ones inside them.
  void split(std::string_view text, bool split_special_tokens, std::vector<Segment>& segments) const;

 private:
  struct Entry {
    std::string pattern;
    const AddedToken* token;
  };
  const Entry* longest_at(std::string_view text, size_t at) const;
  size_t next_candidate(std::string_view text, size_t from) const;

  std::vector<Entry> entries_;              // by first byte, then longest first
  std::array<uint32_t, 257> first_byte_{};  // entries_[first_byte_[b]] .. entries_[first_byte_[b + 1]] begin with b
  int only_first_byte_ = -1;                // when all begin with the same byte, as "[CLS]" and its kind do
};

}  // namespace leanformers
