// The large tables of a tokenizer.json as Python objects, by the names of their fields.
#pragma once

#include <nanobind/nanobind.h>

#include "files/json_tables.h"

namespace leanformers {

nanobind::dict named_tables(JsonTables tables);

// Of a table, or of a dict or list. What these have is converted item by item; std::bad_cast or TypeError if it cannot.
Vocabulary read_vocab(const nanobind::object& given);
MergeList read_merges(const nanobind::object& given);
ScoredTokens read_pieces_and_scores(const nanobind::object& given);

}  // namespace leanformers
