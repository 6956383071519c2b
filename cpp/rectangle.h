// Rows of a batch filled up to one width, as models take them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tokenizer.h"

namespace leanformers {

struct Padding {
  size_t width;   // longer rows stay as they are in lists, and have no place in a rectangle
  bool left;      // it stands before the tokens
  int32_t value;  // of ids and type ids; other columns have their own
};

// What stands on padding.
int32_t padding_value(Column column, int32_t value);

// Throws std::invalid_argument when a column of words or spans was not encoded.
void check_details(const Encoded& encoded, Column column);

// Writes (rows, width) numbers, of spans (rows, width, 2), each once. Where a column has no value: -1.
// Throws std::invalid_argument when a row is longer than the width.
void write_rectangle(const Encoded& encoded, Column column, const Padding& padding, int64_t* out);

}  // namespace leanformers
