// The precompiled character map of a SentencePiece model: which pieces of text become which.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leanformers {

// A blob of SentencePiece: the size of a double array (Darts), the array, and texts that each end with NUL. The array
// maps keys to places in these texts. (sentencepiece/src/normalizer.cc; darts-clone, doc/en/Implementation.md)
class Charsmap {
 public:
  // Throws std::invalid_argument when the blob is cut or its texts are not UTF-8.
  explicit Charsmap(std::string_view blob);

  // What stands for the shortest key that `text` begins with; nothing if there is none. As in the reference a key ends
  // before a NUL.
  std::optional<std::string_view> find(std::string_view text) const;

  // Calls `visit` for each character that a key begins with: with what `find` gives for the character, which is nothing
  // where only longer keys begin with it.
  using Visit = std::function<void(char32_t code, std::optional<std::string_view> text)>;
  void visit_characters(const Visit& visit) const;

  // How many keys have a text for which the predicate holds.
  size_t count_keys(const std::function<bool(std::string_view)>& holds) const;

 private:
  struct Data {
    std::vector<uint32_t> units;
    std::string texts;

    // A place in the array: the base of its children or, if a key ends there, its leaf.
    struct Node {
      uint32_t at;
      bool ends;
    };
    std::optional<Node> root() const;
    std::optional<Node> child(Node parent, char byte) const;
    std::optional<std::string_view> text_of(Node leaf) const;
    void visit_characters(Node node, char32_t bits, int bytes_left, char32_t smallest, const Visit& visit) const;
  };
  std::shared_ptr<const Data> data_;  // copies of a Spec share it
};

}  // namespace leanformers
