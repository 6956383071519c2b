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

// Whether a token may have the space of a cut, inside or by taking the spaces around it; or end there, where what
// follows a token `begins_anew`.
bool may_touch_cut(const AddedToken& token, std::string_view pattern, bool begins_anew) {
  if (pattern.empty()) return false;
  return pattern.find(' ') != pattern.npos || (token.lstrip && is_letter(pattern.front())) ||
         ((token.rstrip || begins_anew) && is_letter_or_digit(pattern.back()));
}

}  // namespace

std::string why_not_cut(const Plan& plan) {
  if (plan.spaced) {
    if (!plan.normalized.empty()) return "added tokens are to be found in the normalized text";
  } else if (!plan.byte_level && !plan.bert) {
    return "words may depend on what is around them";
  }
  const bool begins_anew = plan.spaced && plan.spaced->prepends;
  for (const AddedToken& token : plan.spec.added_tokens) {
    if (may_touch_cut(token, token.content, begins_anew) ||
        may_touch_cut(token, plan.added_by_id.at(token.id), begins_anew)) {
      return "the added token \"" + token.content + "\" may stand beside a space that parts two words";
    }
  }
  return "";
}

std::vector<std::string_view> cut(const Plan& plan, std::string_view text, size_t bytes) {
  // A mark that is put before every text stands for the space then.
  const size_t dropped = plan.spaced && plan.spaced->prepends ? 1 : 0;
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = std::max<size_t>(bytes, 1); at + 1 < text.size(); ++at) {
    if (!is_cut(text, at)) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + dropped;
    at += std::max<size_t>(bytes, 1) - 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace leanformers
