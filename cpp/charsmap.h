// The precompiled character map of a SentencePiece model: which pieces of text become which.
#pragma once

#include <cstdint>
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

 private:
  struct Data {
    std::vector<uint32_t> units;
    std::string texts;
  };
  std::shared_ptr<const Data> data_;  // copies of a Spec share it
};

}  // namespace leanformers
