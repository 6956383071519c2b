// Where a token comes from.
#pragma once

#include <cstdint>

namespace leanformers {

struct Span {
  uint32_t begin, end;  // in characters of the sequence's own text
};

}  // namespace leanformers
