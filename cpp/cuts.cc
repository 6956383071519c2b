#include "cuts.h"

#include <algorithm>

#include "plan.h"

namespace leanformers {

namespace {

bool is_letter(char byte) { return 'a' <= (byte | 0x20) && (byte | 0x20) <= 'z'; }
bool is_letter_or_digit(char byte) { return is_letter(byte) || ('0' <= byte && byte <= '9'); }

bool is_cut(std::string_view text, size_t at) {
  return text[at] == ' ' && is_letter_or_digit(text[at - 1]) && is_letter(text[at + 1]);
}

// Whether a token may have the space of a cut, inside or by taking the spaces around it.
bool may_take_cut(const AddedToken& token, std::string_view pattern) {
  if (pattern.empty()) return false;
  return pattern.find(' ') != pattern.npos || (token.lstrip && is_letter(pattern.front())) ||
         (token.rstrip && is_letter_or_digit(pattern.back()));
}

}  // namespace

std::string why_not_cut(const Plan& plan) {
  if (plan.spaced) {
    if (plan.spaced->prepends || plan.spaced->one_word()) return "what a text begins with is not as in its middle";
    if (!plan.normalized.empty()) return "added tokens are to be found in the normalized text";
  } else if (!plan.byte_level && !plan.bert) {
    return "words may depend on what is around them";
  }
  for (const AddedToken& token : plan.spec.added_tokens) {
    if (may_take_cut(token, token.content) || may_take_cut(token, plan.added_by_id.at(token.id))) {
      return "the added token \"" + token.content + "\" may take a space beside a word";
    }
  }
  return "";
}

std::vector<std::string_view> cut(std::string_view text, size_t bytes) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = std::max<size_t>(bytes, 1); at + 1 < text.size(); ++at) {
    if (!is_cut(text, at)) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at;
    at += std::max<size_t>(bytes, 1) - 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace leanformers
