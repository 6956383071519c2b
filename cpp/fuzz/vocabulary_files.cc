// Fuzzes the reading of vocabularies in older files. The first byte says which kind of file the others are.
#include "files/implied_merges.h"
#include "files/lines.h"
#include "files/sentencepiece.h"
#include "fuzz/fuzz.h"
#include "unicode/unicode.h"

namespace {

using namespace leanformers;

void read_pieces(std::string_view file) {
  const std::optional<SentencePieces> found = read_sentencepieces(file);
  if (!found) return;
  fuzz::require(found->others.size() <= file.size(), "other fields are those of the file");
  for (const auto& [piece, score] : found->pieces) fuzz::require(unicode::is_valid(piece), "pieces are UTF-8");
  for (const auto& [id, kind] : found->kinds) fuzz::require(id < found->pieces.size(), "kinds are those of pieces");
}

void read_tokens(std::string_view file) {
  const std::optional<Vocabulary> found = read_ranks(file);
  if (!found) return;
  fuzz::require(found->distinct() == found->size(), "no token is there twice");
  for (const MergeOrder order : {MergeOrder::kShorterLeft, MergeOrder::kLowerIds}) {
    for (const auto& [left, right] : implied_merges(*found, order)) {
      fuzz::require(found->find(left) != Vocabulary::kMissing, "left parts are tokens");
      fuzz::require(found->find(right) != Vocabulary::kMissing, "right parts are tokens");
      fuzz::require(found->find(std::string(left).append(right)) != Vocabulary::kMissing, "merges make tokens");
    }
  }
}

void read_merges(std::string_view file) {
  const Vocabulary vocabulary{{"a", 0}, {"b", 1}, {"ab", 2}, {"\u00e9", 3}, {"", 4}, {"aab", 5}};
  const std::optional<MergeList> found = read_merge_lines(file, vocabulary);
  if (!found) return;
  for (const auto& [left, right] : *found) {
    fuzz::require(vocabulary.find(left) != Vocabulary::kMissing, "left parts are tokens");
    fuzz::require(vocabulary.find(right) != Vocabulary::kMissing, "right parts are tokens");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (*data == 'p') read_pieces(file);
  if (*data == 'r') read_tokens(file);
  if (*data == 'm') read_merges(file);
  return 0;
}
