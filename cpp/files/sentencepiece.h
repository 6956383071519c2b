// The pieces of SentencePiece's `.model`, which is a message of protocol buffers
// (protobuf.dev/programming-guides/encoding); the layout is that of sentencepiece_model.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "token_table.h"

namespace leanformers {

struct SentencePieces {
  ScoredTokens pieces;  // the scores are the file's 32-bit floats
  // Of pieces that are not normal ones: their ids and what they are instead.
  std::vector<std::pair<uint32_t, int32_t>> kinds;
  std::string others;  // the fields of the file that are no pieces, as they stand there
};

// Nothing if anything is wrong with the file; whoever reads it slowly finds out what.
std::optional<SentencePieces> read_sentencepieces(std::string_view file);

}  // namespace leanformers
