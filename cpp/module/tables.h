// The large tables of a tokenizer.json as Python objects, by the names of their fields.
#pragma once

#include <nanobind/nanobind.h>

#include "json_tables.h"

namespace leanformers {

nanobind::dict named_tables(JsonTables tables);

}  // namespace leanformers
