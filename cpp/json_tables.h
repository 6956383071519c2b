// The large tables of a tokenizer.json, its vocabulary and merges, read without an object for each string and number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "string_table.h"

namespace leanformers {

// Tokens and ids in the order of the file, no token twice.
struct VocabularyTable {
  std::vector<std::pair<std::string, uint32_t>> tokens;
  StringTable ids;
};

// The pieces of a Unigram model and their scores; an id is a place in the list, of a piece that is there twice the
// last.
struct PiecesTable {
  std::vector<std::pair<std::string, double>> pieces;
  StringTable ids;
};

struct MergesTable {
  std::vector<std::pair<std::string, std::string>> merges;
  bool joined;  // the file has "a b", not ["a", "b"]
};

struct JsonTables {
  struct Place {
    size_t begin = 0, end = 0;  // bytes of the value in the text
  };
  std::optional<VocabularyTable> vocabulary;
  std::optional<PiecesTable> pieces;
  std::optional<MergesTable> merges;
  Place vocab_place, merges_place;
};

// The tables of the object "model". Nothing if they are not written as in every such file: whoever reads the whole text
// as JSON then finds out what is wrong with it, if anything is. What stands outside of them is not looked
// at closely.
std::optional<JsonTables> read_json_tables(std::string_view text);

}  // namespace leanformers
