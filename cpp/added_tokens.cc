#include "added_tokens.h"

#include <algorithm>
#include <cstring>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

bool ends_with_word(std::string_view text) {
  return !text.empty() && unicode::has(unicode::decode_before(text, text.size()), unicode::kWord);
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && unicode::has(unicode::decode(text.data()).code, unicode::kWord);
}

// Where the white space that ends at `end` begins.
size_t white_space_before(std::string_view text, size_t end) {
  while (end > 0 && unicode::has(unicode::decode_before(text, end), unicode::kWhiteSpace)) {
    --end;
    while (unicode::is_continuation(text[end])) --end;
  }
  return end;
}

// Where the white space that begins at `begin` ends.
size_t white_space_after(std::string_view text, size_t begin) {
  while (begin < text.size()) {
    const auto [code, bytes] = unicode::decode(text.data() + begin);
    if (!unicode::has(code, unicode::kWhiteSpace)) break;
    begin += bytes;
  }
  return begin;
}

unsigned char first_byte(std::string_view pattern) { return static_cast<unsigned char>(pattern[0]); }

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<const AddedToken*> tokens, std::vector<std::string> patterns) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!patterns[i].empty()) entries_.push_back({std::move(patterns[i]), tokens[i]});
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (first_byte(a.pattern) != first_byte(b.pattern)) return first_byte(a.pattern) < first_byte(b.pattern);
    if (a.pattern.size() != b.pattern.size()) return a.pattern.size() > b.pattern.size();
    if (a.pattern != b.pattern) return a.pattern < b.pattern;
    return a.token->id < b.token->id;
  });
  for (const Entry& entry : entries_) ++first_byte_[first_byte(entry.pattern) + 1];
  for (size_t i = 1; i < first_byte_.size(); ++i) first_byte_[i] += first_byte_[i - 1];
  if (!entries_.empty() && first_byte(entries_.front().pattern) == first_byte(entries_.back().pattern)) {
    only_first_byte_ = first_byte(entries_.front().pattern);
  }
}

size_t AddedTokenMatcher::next_candidate(std::string_view text, size_t from) const {
  if (only_first_byte_ >= 0) {
    const void* found = std::memchr(text.data() + from, only_first_byte_, text.size() - from);
    return found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : text.size();
  }
  for (; from < text.size(); ++from) {
    const auto byte = static_cast<unsigned char>(text[from]);
    if (first_byte_[byte] != first_byte_[byte + 1]) break;
  }
  return from;
}

const AddedTokenMatcher::Entry* AddedTokenMatcher::longest_at(std::string_view text, size_t at) const {
  const auto byte = static_cast<unsigned char>(text[at]);
  for (uint32_t i = first_byte_[byte]; i < first_byte_[byte + 1]; ++i) {
    if (text.substr(at).starts_with(entries_[i].pattern)) return &entries_[i];
  }
  return nullptr;
}

bool AddedTokenMatcher::matches(std::string_view text) const {
  if (empty()) return false;
  for (size_t at = next_candidate(text, 0); at < text.size(); at = next_candidate(text, at + 1)) {
    if (longest_at(text, at) != nullptr) return true;
  }
  return false;
}

void AddedTokenMatcher::split(std::string_view text, bool split_special_tokens, std::vector<Segment>& segments) const {
  segments.clear();
  if (text.empty()) return;
  size_t done = 0;  // end of the last segment
  for (size_t at = empty() ? text.size() : next_candidate(text, 0); at < text.size(); at = next_candidate(text, at)) {
    const Entry* entry = longest_at(text, at);
    if (entry == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at;
    size_t end = at + entry->pattern.size();
    at = end;  // a match that is discarded below still hides shorter ones inside it
    const AddedToken& token = *entry->token;
    if (token.special && split_special_tokens) continue;
    if (token.single_word && (ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end)))) continue;
    if (token.lstrip) begin = std::max(white_space_before(text, begin), done);
    if (token.rstrip) end = white_space_after(text, end);
    if (begin >= end) continue;  // white space that the token before it has taken
    if (done < begin) segments.push_back({nullptr, done, begin});
    segments.push_back({&token, begin, end});
    done = end;
  }
  if (done < text.size()) segments.push_back({nullptr, done, text.size()});
}

}  // namespace leanformers
