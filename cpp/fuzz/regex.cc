// Fuzzes the regular expressions: the first byte says how long the pattern is, the rest is the text. A pattern is
// refused or finds matches in order; libFuzzer's own limit of time for an input is the limit of the search.
#include <stdexcept>
#include <vector>

#include "fuzz/fuzz.h"
#include "pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace leanformers;
  if (size == 0) return 0;
  const size_t length = std::min<size_t>(data[0], size - 1);
  const std::string expression = fuzz::read_text(data + 1, length);
  const std::string text = fuzz::read_text(data + 1 + length, size - 1 - length);
  std::u32string codes;
  for (size_t at = 0; at < text.size();) {
    const auto [code, bytes] = unicode::decode(text.data() + at);
    codes += code;
    at += bytes;
  }
  try {
    const Pattern pattern = Pattern::regex(expression);
    std::vector<Pattern::Match> matches;
    pattern.find_all(codes, matches);
    size_t end = 0;
    for (const auto& match : matches) {
      fuzz::require(end <= match.begin && match.begin <= match.end && match.end <= codes.size(),
                    "matches are in order");
      end = match.end;
    }
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
