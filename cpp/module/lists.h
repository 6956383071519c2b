// The columns of an Encoded as Python lists.
#pragma once

#include <nanobind/nanobind.h>

#include "rectangle.h"
#include "tokenizer.h"

namespace leanformers {

// A list for each row. Throws ValueError when the column was not encoded.
nanobind::object lists(const Encoded& encoded, Column column, const Padding& padding);

// One of these. Throws IndexError when there is no such row.
nanobind::object row_list(const Encoded& encoded, Column column, size_t row, const Padding& padding);

}  // namespace leanformers
