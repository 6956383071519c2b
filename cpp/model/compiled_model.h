// A model that is ready for words: what takes longest to compile. Its tables are shared, so that a copy is cheap.
#pragma once

#include <variant>

#include "model/bpe.h"
#include "model/unigram.h"
#include "model/wordlevel.h"
#include "model/wordpiece.h"

namespace leanformers {

struct CompiledModel {
  std::variant<WordPieceModel, BpeModel, UnigramModel, WordLevelModel> model;  // as in the Model it was compiled from
};

}  // namespace leanformers
