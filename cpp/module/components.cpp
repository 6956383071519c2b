// Added tokens, models and templates as Python classes: their settings are keyword arguments.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "module/module.h"
#include "module/tables.h"
#include "template.h"
#include "tokenizer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

using PieceTuple = std::tuple<std::string, std::vector<uint32_t>, uint32_t>;

Pieces read_pieces(const std::vector<PieceTuple>& tuples) {
  using Kind = TemplatePiece::Kind;
  Pieces pieces;
  for (const auto& [kind, ids, type_id] : tuples) {
    if (kind != "special" && kind != "A" && kind != "B") {
      throw nb::value_error(("a template piece is \"special\", \"A\" or \"B\", not \"" + kind + "\"").c_str());
    }
    pieces.push_back({kind == "special" ? Kind::kSpecial : kind == "A" ? Kind::kA : Kind::kB, ids, type_id});
  }
  return pieces;
}

std::string repr(const AddedToken& token) {
  const std::string content = nb::repr(nb::cast(token.content)).c_str();
  const auto flag = [](const char* name, bool on) { return std::string(", ") + name + (on ? "=True" : "=False"); };
  return "AddedToken(" + content + ", " + std::to_string(token.id) + flag("single_word", token.single_word) +
         flag("lstrip", token.lstrip) + flag("rstrip", token.rstrip) + flag("normalized", token.normalized) +
         flag("special", token.special) + ")";
}

}  // namespace

void bind_components(nb::module_& m) {
  nb::class_<AddedToken>(m, "AddedToken", "A token that is found in the text before the model sees it.")
      .def(nb::new_([](std::string content, uint32_t id, bool single_word, bool lstrip, bool rstrip,
                       std::optional<bool> normalized, bool special) {
             return AddedToken{
                 std::move(content), id, single_word, lstrip, rstrip, normalized.value_or(!special), special};
           }),
           "content"_a, "id"_a = 0, nb::kw_only(), "single_word"_a = false, "lstrip"_a = false, "rstrip"_a = false,
           "normalized"_a = nb::none(), "special"_a = false)
      .def_ro("content", &AddedToken::content)
      .def_ro("id", &AddedToken::id)
      .def_ro("single_word", &AddedToken::single_word)
      .def_ro("lstrip", &AddedToken::lstrip)
      .def_ro("rstrip", &AddedToken::rstrip)
      .def_ro("normalized", &AddedToken::normalized)
      .def_ro("special", &AddedToken::special)
      .def("__str__", [](const AddedToken& self) { return self.content; })
      .def("__repr__", &repr)
      .def(
          "__eq__", [](const AddedToken& self, const AddedToken& other) { return self == other; }, nb::is_operator(),
          nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const AddedToken& self) { return std::hash<std::string>()(self.content) ^ self.id; });

  nb::class_<WordPiece>(m, "WordPiece", "The longest pieces of a word, from left to right.")
      .def(nb::new_([](const nb::object& vocab, std::string unk_token, std::string continuing_subword_prefix,
                       uint32_t max_input_chars_per_word) {
             return WordPiece{read_vocab(vocab), std::move(unk_token), std::move(continuing_subword_prefix),
                              max_input_chars_per_word};
           }),
           "vocab"_a, nb::kw_only(), "unk_token"_a = "[UNK]", "continuing_subword_prefix"_a = "##",
           "max_input_chars_per_word"_a = 100);

  nb::class_<Bpe>(m, "Bpe", "Merges of neighbours, in the order in which they were learned.")
      .def(nb::new_([](const nb::object& vocab, const nb::object& merges, std::optional<double> dropout,
                       std::optional<std::string> unk_token, std::optional<std::string> continuing_subword_prefix,
                       std::optional<std::string> end_of_word_suffix, bool fuse_unk, bool byte_fallback,
                       bool ignore_merges) {
             return Bpe{read_vocab(vocab),
                        read_merges(merges),
                        dropout,
                        std::move(unk_token),
                        std::move(continuing_subword_prefix),
                        std::move(end_of_word_suffix),
                        fuse_unk,
                        byte_fallback,
                        ignore_merges};
           }),
           "vocab"_a, nb::kw_only(), "merges"_a, "dropout"_a = nb::none(), "unk_token"_a = nb::none(),
           "continuing_subword_prefix"_a = nb::none(), "end_of_word_suffix"_a = nb::none(), "fuse_unk"_a = false,
           "byte_fallback"_a = false, "ignore_merges"_a = false);

  nb::class_<Unigram>(m, "Unigram", "The pieces of the greatest sum of scores.")
      .def(nb::new_([](const nb::object& pieces, std::optional<uint32_t> unk_id, bool byte_fallback) {
             return Unigram{read_pieces_and_scores(pieces), unk_id, byte_fallback};
           }),
           "pieces"_a, nb::kw_only(), "unk_id"_a = nb::none(), "byte_fallback"_a = false);

  nb::class_<WordLevel>(m, "WordLevel", "Each word is a token.")
      .def(nb::new_([](const nb::object& vocab, std::string unk_token) {
             return WordLevel{read_vocab(vocab), std::move(unk_token)};
           }),
           "vocab"_a, nb::kw_only(), "unk_token"_a = "<unk>");

  nb::class_<Template>(m, "Template", "Where special tokens and sequences stand in a row: (kind, ids, type id) pieces.")
      .def(nb::new_([](const std::vector<PieceTuple>& single, const std::vector<PieceTuple>& pair,
                       std::pair<uint32_t, uint32_t> overflow_type_ids) {
             return Template{
                 read_pieces(single), read_pieces(pair), {overflow_type_ids.first, overflow_type_ids.second}};
           }),
           "single"_a, "pair"_a, "overflow_type_ids"_a = std::pair(0, 1))
      .def(
          "num_special_tokens",
          [](const Template& self, bool pair) { return count_special_tokens(pair ? self.pair : self.single); },
          "pair"_a = false);
}

}  // namespace leanformers
