// Where long texts may be cut, so that several threads share one: the parts have the tokens that they have in the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leanformers {

struct Plan;

// Texts are cut before a space that stands between an ASCII letter or digit and an ASCII letter: no word of the fused
// scans goes over it, no normalizer looks across it, and no pattern looks back. Empty: they may be cut there; else why
// not, as when an added token may take part in the cut.
std::string why_not_cut(const Plan& plan);

// Parts of a text, of at least `bytes` each; a part ends at the first cut from there on. Where normalizers put a mark
// before every text, only the ids are those of the text, and not where they come from.
std::vector<std::string_view> cut(const Plan& plan, std::string_view text, size_t bytes);

}  // namespace leanformers
