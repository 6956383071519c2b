// The large tables of a tokenizer.json, its vocabulary and merges, read without an object for each string and number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "token_table.h"

namespace leanformers {

struct MergesTable {
  MergeList merges;
  bool joined;  // the file has "a b", not ["a", "b"]
};

struct JsonTables {
  struct Place {
    size_t begin = 0, end = 0;  // bytes of the value in the text
  };
  std::optional<Vocabulary> vocabulary;  // no token twice
  std::optional<ScoredTokens> pieces;
  std::optional<MergesTable> merges;
  Place vocab_place, merges_place;
};

// The tables of the object "model". Nothing if they are not written as in every such file: whoever reads the whole text
// as JSON then finds out what is wrong with it, if anything is. What stands outside of them is not looked
// at closely.
std::optional<JsonTables> read_json_tables(std::string_view text);

// The same of a text that is such a vocabulary, a vocab.json.
std::optional<Vocabulary> read_json_vocabulary(std::string_view text);

}  // namespace leanformers
