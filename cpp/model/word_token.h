// What every model gives for a word.
#pragma once

#include <cstdint>
#include <vector>

namespace leanformers {

// A token, and the bytes of the word that it stands for. Tokens may share bytes: those of an unknown character do.
struct WordToken {
  uint32_t id;
  uint32_t begin, end;
};
using WordTokens = std::vector<WordToken>;

}  // namespace leanformers
