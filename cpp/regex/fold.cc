// Case-insensitive matching, with the folds that replace one character by several.
#include <algorithm>
#include <iterator>

#include "regex/syntax.h"
#include "regex/tables.h"

namespace leanformers::regex {
namespace {

template <size_t kSize>
std::u32string_view codes_of(const char32_t (&codes)[kSize]) {
  return {codes, static_cast<size_t>(std::find(codes, codes + kSize, U'\0') - codes)};
}

// The group of each character that has one.
struct Member {
  char32_t code;
  const CaseGroup* group;
};

const std::vector<Member>& members() {
  static const std::vector<Member> sorted = [] {
    std::vector<Member> all;
    for (const CaseGroup& group : kCaseGroups) {
      for (const char32_t code : codes_of(group.codes)) all.push_back({code, &group});
    }
    std::sort(all.begin(), all.end(), [](const Member& a, const Member& b) { return a.code < b.code; });
    return all;
  }();
  return sorted;
}

const CaseGroup* group_of(char32_t code) {
  const auto found = std::lower_bound(members().begin(), members().end(), code,
                                      [](const Member& member, char32_t wanted) { return member.code < wanted; });
  return found != members().end() && found->code == code ? found->group : nullptr;
}

bool same_but_for_case(char32_t a, char32_t b) {
  return a == b || (group_of(a) != nullptr && group_of(a) == group_of(b));
}

Node any_case(char32_t code) {
  const CaseGroup* group = group_of(code);
  if (group == nullptr) return make_set({code, code});
  CharacterSet set;
  for (const char32_t member : codes_of(group->codes)) set.add(member, member);
  return make_set(std::move(set));
}

// The longest fold that `text` begins with.
const CaseFold* fold_at(std::u32string_view text) {
  const auto begins = [text](const CaseFold& fold) {
    const std::u32string_view folded = codes_of(fold.folded);
    return folded.size() <= text.size() && std::equal(folded.begin(), folded.end(), text.begin(), same_but_for_case);
  };
  const auto found = std::find_if(std::rbegin(kCaseFolds), std::rend(kCaseFolds), begins);
  return found == std::rend(kCaseFolds) ? nullptr : &*found;
}

// The fold of a character that becomes several.
const CaseFold* fold_of(char32_t code) {
  const auto found = std::find_if(std::begin(kCaseFolds), std::end(kCaseFolds), [code](const CaseFold& fold) {
    return codes_of(fold.unfolds).find(code) != std::u32string_view::npos;
  });
  return found == std::end(kCaseFolds) ? nullptr : found;
}

Node either(const CaseFold& fold) {
  CharacterSet set;
  for (const char32_t code : codes_of(fold.unfolds)) set.add(code, code);
  std::vector<Node> sequence;
  for (const char32_t code : codes_of(fold.folded)) sequence.push_back(any_case(code));
  std::vector<Node> alternatives;
  alternatives.push_back(make_set(std::move(set)));
  alternatives.push_back(make_parent(Node::Kind::kList, std::move(sequence)));
  return make_parent(Node::Kind::kAlternatives, std::move(alternatives));
}

}  // namespace

// The reference cuts a literal greedily, from the left: `ffi` is one fold and not also `ff` and `i`.
Node expand_case(std::u32string_view text) {
  std::vector<Node> parts;
  while (!text.empty()) {
    size_t size = 1;
    if (const CaseFold* sequence = fold_at(text)) {
      parts.push_back(either(*sequence));
      size = codes_of(sequence->folded).size();
    } else if (const CaseFold* fold = fold_of(text[0])) {
      parts.push_back(either(*fold));
    } else {
      parts.push_back(any_case(text[0]));
    }
    text.remove_prefix(size);
  }
  return make_parent(Node::Kind::kList, std::move(parts));
}

Node expand_case(CharacterSet set, bool negated) {
  const CharacterSet written = set;
  std::vector<Node> alternatives(1);  // the class itself comes first
  for (const CaseGroup& group : kCaseGroups) {
    const std::u32string_view codes = codes_of(group.codes);
    if (std::none_of(codes.begin(), codes.end(), [&](char32_t code) { return written.has(code); })) continue;
    for (const char32_t code : codes) set.add(code, code);
  }
  for (const CaseFold& fold : kCaseFolds) {
    const std::u32string_view codes = codes_of(fold.unfolds);
    if (std::none_of(codes.begin(), codes.end(), [&](char32_t code) { return written.has(code); })) continue;
    for (const char32_t code : codes) set.add(code, code);
    if (!negated) alternatives.push_back(make_string(std::u32string(codes_of(fold.folded)), true));
  }
  if (negated) set.negate();
  if (alternatives.size() == 1) return make_set(std::move(set));
  alternatives[0] = make_set(std::move(set));
  return make_parent(Node::Kind::kAlternatives, std::move(alternatives));
}

}  // namespace leanformers::regex
