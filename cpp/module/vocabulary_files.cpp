// Vocabularies in other files than a tokenizer.json, read without an object for each token. None: a file is not as all
// such files are, and whoever reads it slowly finds out what is wrong.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "files/implied_merges.h"
#include "files/json_tables.h"
#include "files/lines.h"
#include "files/sentencepiece.h"
#include "module/module.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

std::string_view text_of(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

nb::object read_model(const nb::bytes& file) {
  std::optional<SentencePieces> found = read_sentencepieces(text_of(file));
  if (!found) return nb::none();
  nb::dict kinds;
  for (const auto& [id, kind] : found->kinds) kinds[nb::int_(id)] = kind;
  return nb::make_tuple(std::move(found->pieces), kinds, nb::bytes(found->others.data(), found->others.size()));
}

}  // namespace

void bind_vocabulary_files(nb::module_& m) {
  m.def("read_sentencepiece", &read_model, "file"_a,
        nb::sig("def read_sentencepiece(file: bytes) -> tuple[PiecesTable, dict[int, int], bytes] | None"),
        "Of SentencePiece's `.model`: its pieces, the kinds of those that are not normal ones by id, and all fields "
        "that are no pieces, as they stand in the file.");
  m.def(
      "read_ranks", [](const nb::bytes& file) { return read_ranks(text_of(file)); }, "file"_a,
      "Of a rank file of tiktoken: tokens, in the letters that stand for their bytes, and ranks.");
  m.def(
      "read_vocabulary", [](const nb::bytes& file) { return read_json_vocabulary(text_of(file)); }, "file"_a,
      "Of a vocab.json.");
  m.def(
      "read_merges",
      [](const nb::bytes& file, const Vocabulary& vocabulary) -> std::optional<MergesTable> {
        std::optional<MergeList> merges = read_merge_lines(text_of(file), vocabulary);
        if (!merges) return std::nullopt;
        return MergesTable{*std::move(merges), false};
      },
      "file"_a, "vocabulary"_a, "Of a merges.txt that goes with this vocabulary.");
  m.def(
      "implied_merges",
      [](const Vocabulary& vocabulary, bool by_ids) {
        const MergeOrder order = by_ids ? MergeOrder::kLowerIds : MergeOrder::kShorterLeft;
        return MergesTable{implied_merges(vocabulary, order), false};
      },
      "vocabulary"_a, "by_ids"_a,
      "Every way to make a token of two others, in the order of the ids. Of several for one token that with the "
      "shorter left part comes first, or that with the lower ids. ValueError: what is wrong with the vocabulary.");
}

}  // namespace leanformers
