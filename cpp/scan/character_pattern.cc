#include "scan/character_pattern.h"

#include "regex/syntax.h"

namespace leanformers {
namespace {

using regex::CharacterSet;
using regex::Node;

const Node& without_groups(const Node& node) {
  return node.kind == Node::Kind::kGroup ? without_groups(node.children[0]) : node;
}

std::optional<CharacterSet> read_set(const Node& node) {
  if (node.kind == Node::Kind::kSet) return node.set;
  if (node.kind != Node::Kind::kString || node.ignore_case || node.text.size() != 1) return std::nullopt;
  return CharacterSet(node.text[0], node.text[0]);
}

std::optional<CharacterRun> read_run(const Node& node) {
  if (node.kind != Node::Kind::kRepeat) {
    const auto set = read_set(node);
    return set ? std::optional<CharacterRun>({*set, 1, 1}) : std::nullopt;
  }
  const Node& child = without_groups(node.children[0]);
  // The reference looks for dots that are repeated at the beginnings of lines only.
  if (!node.greedy || node.min == 0 || child.is_dot) return std::nullopt;
  const auto set = read_set(child);
  return set ? std::optional<CharacterRun>({*set, node.min, node.max}) : std::nullopt;
}

}  // namespace

bool CharacterRun::is_whole() const { return min == 1 && max == regex::kUnlimited; }

std::optional<std::vector<CharacterRun>> read_character_pattern(const Pattern& pattern) {
  std::vector<CharacterRun> runs;
  if (!pattern.is_regex()) {
    if (pattern.source().size() != 1) return std::nullopt;
    const char32_t code = pattern.source()[0];
    runs.push_back({CharacterSet(code, code), 1, 1});
    return runs;
  }
  const Node tree = regex::parse(pattern.source());
  const Node& root = without_groups(tree);
  const std::vector<Node> alone = {root};
  for (const Node& child : root.kind == Node::Kind::kAlternatives ? root.children : alone) {
    auto run = read_run(without_groups(child));
    if (!run) return std::nullopt;
    runs.push_back(std::move(*run));
  }
  return runs;
}

CharacterSet common(const CharacterSet& a, const CharacterSet& b) {
  CharacterSet both = a;
  both.intersect(b);
  return both;
}

}  // namespace leanformers
