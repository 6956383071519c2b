// Fuzzes the reading of vocabularies and merges: of any bytes it says where the tables are, or nothing.
#include "files/json_tables.h"

#include "fuzz/fuzz.h"
#include "unicode/unicode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace leanformers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<JsonTables> tables = read_json_tables(text);
  if (!tables) return 0;
  for (const auto& place : {tables->vocab_place, tables->merges_place}) {
    fuzz::require(place.begin <= place.end && place.end <= size, "places are in the text");
  }
  if (tables->vocabulary) {
    for (const auto& [token, id] : *tables->vocabulary) {
      fuzz::require(unicode::is_valid(token), "tokens are UTF-8");
      fuzz::require(tables->vocabulary->find(token) == id, "tokens are found");
    }
  }
  if (tables->pieces) {
    for (const auto& [piece, score] : *tables->pieces) fuzz::require(unicode::is_valid(piece), "pieces are UTF-8");
  }
  return 0;
}
