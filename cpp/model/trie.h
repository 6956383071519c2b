// Which strings of a set does a text begin with? A double array: the child of a node by `byte` is the slot base + byte,
// if that slot has the label `byte`. No two nodes have the same base, so the label says whose child it is.
// Aoe, "An efficient digital search algorithm by using a double-array structure", 1989.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shared_array.h"

namespace leanformers {

class Trie {
 public:
  static constexpr uint32_t kMissing = 0xFFFFFF;

  // The value of a key is its place in the list; of equal keys the last one counts, and an empty key is never found.
  // Keys are UTF-8. Throws std::invalid_argument when there are kMissing of them or more.
  explicit Trie(const std::vector<std::string_view>& keys);
  Trie() = default;  // to be read from an archive

  // Calls visit(bytes, value) for all keys that UTF-8 `text` begins with, the shortest first.
  template <class Visit>
  void visit_beginnings(std::string_view text, Visit visit) const {
    uint32_t base = root_;
    for (uint32_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      const Node node = nodes_[base + byte];
      if (node.label != byte) return;
      if (node.value != kMissing) visit(i + 1, node.value);
      base = node.base;
    }
  }

  // The value of `text`, or kMissing.
  uint32_t find(std::string_view text) const {
    uint32_t found = kMissing;
    visit_beginnings(text, [&](uint32_t bytes, uint32_t value) {
      if (bytes == text.size()) found = value;
    });
    return found;
  }

  template <class Archive>
  void archive(Archive& a) {
    a(nodes_, root_);
  }

 private:
  friend class TrieBuilder;
  static constexpr uint32_t kNoLabel = 0xFF;  // not a byte of UTF-8
  static constexpr uint32_t kNoChildren = 0;  // a base whose slots stay free
  struct Node {
    uint32_t base = kNoChildren;
    uint32_t label : 8 = kNoLabel;
    uint32_t value : 24 = kMissing;
  };
  SharedArray<Node> nodes_;
  uint32_t root_ = kNoChildren;  // base of the root
};

}  // namespace leanformers
