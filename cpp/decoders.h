// The decoders: each takes the tokens of a row and puts others in their place, until they only have to be joined.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tokenizer.h"

namespace leanformers {

void decode_chain(std::span<const Decoder> decoders, std::vector<std::string>& tokens);

}  // namespace leanformers
