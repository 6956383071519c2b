#include "pattern.h"

#include <algorithm>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

std::u32string read_codes(std::string_view text) {
  std::u32string codes;
  for (size_t at = 0; at < text.size();) {
    const auto [code, bytes] = unicode::decode(text.data() + at);
    codes += code;
    at += bytes;
  }
  return codes;
}

}  // namespace

Pattern Pattern::literal(std::string_view text) {
  Pattern pattern;
  pattern.source_ = read_codes(text);
  return pattern;
}

Pattern Pattern::regex(std::string_view expression) {
  Pattern pattern;
  pattern.source_ = read_codes(expression);
  pattern.regex_ = std::make_shared<const Regex>(expression);
  return pattern;
}

void Pattern::find_all(std::span<const char32_t> text, std::vector<Match>& matches) const {
  matches.clear();
  if (regex_) return regex_->find_all(text, matches);
  const std::u32string_view view(text.data(), text.size());
  if (source_.empty()) {  // found everywhere, but not in an empty text
    for (size_t at = 0; !text.empty() && at <= text.size(); ++at) matches.push_back({at, at});
    return;
  }
  for (size_t at = view.find(source_); at != view.npos; at = view.find(source_, at + source_.size())) {
    matches.push_back({at, at + source_.size()});
  }
}

}  // namespace leanformers
