#include "regex/regex.h"

#include <optional>
#include <string>

#include "regex/match.h"
#include "regex/program.h"
#include "regex/syntax.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

std::u32string decode(std::string_view utf8) {
  std::u32string text;
  for (size_t at = 0; at < utf8.size();) {
    const unicode::Decoded decoded = unicode::decode(utf8.data() + at);
    text += decoded.code;
    at += decoded.bytes;
  }
  return text;
}

}  // namespace

Regex::Regex(std::u32string_view pattern)
    : program_(std::make_shared<const regex::Program>(regex::compile(regex::parse(pattern)))) {}

Regex::Regex(std::string_view utf8) : Regex(std::u32string_view(decode(utf8))) {}

void Regex::find_all(std::span<const char32_t> text, std::vector<Match>& matches) const {
  matches.clear();
  if (text.empty()) return;
  regex::Matcher matcher(*program_, text);
  std::optional<size_t> last_end;
  for (size_t from = 0; from <= text.size();) {
    const auto found = matcher.find(from);
    if (!found) return;
    const bool is_empty = found->begin == found->end;
    from = is_empty ? found->end + 1 : found->end;
    if (is_empty && found->end == last_end) continue;
    last_end = found->end;
    matches.push_back({found->begin, found->end});
  }
}

}  // namespace leanformers
