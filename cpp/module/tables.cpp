// The large tables of a tokenizer.json as Python objects, which are made into dicts and lists only when asked.
#include "module/tables.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include "module/module.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

nb::str text(std::string_view utf8) { return nb::str(utf8.data(), utf8.size()); }

template <class Value>
std::optional<uint32_t> find(const TokenTable<Value>& table, const nb::str& token) {
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(token.ptr(), &size);
  if (utf8 == nullptr) {  // a lone surrogate, which no token has
    PyErr_Clear();
    return std::nullopt;
  }
  const uint32_t id = table.find({utf8, static_cast<size_t>(size)});
  return id == table.kMissing ? std::nullopt : std::optional(id);
}

nb::dict to_dict(const Vocabulary& self) {
  nb::dict dict;
  for (const auto& [token, id] : self) dict[text(token)] = id;
  return dict;
}

nb::list pieces_to_list(const ScoredTokens& self) {
  nb::list list;
  for (const auto& [piece, score] : self) {
    nb::list pair;
    pair.append(text(piece));
    pair.append(score);
    list.append(std::move(pair));
  }
  return list;
}

nb::list merges_to_list(const MergesTable& self) {
  nb::list list;
  for (const auto& [left, right] : self.merges) {
    if (self.joined) {
      list.append(text(std::string(left).append(" ").append(right)));
      continue;
    }
    nb::list pair;
    pair.append(text(left));
    pair.append(text(right));
    list.append(std::move(pair));
  }
  return list;
}

nb::list pairs(const MergesTable& self) {
  nb::list list;
  for (const auto& [left, right] : self.merges) list.append(nb::make_tuple(text(left), text(right)));
  return list;
}

uint32_t last_id(const Vocabulary& self) {
  uint32_t last = 0;
  for (const auto& [token, id] : self) last = std::max(last, id);
  return last;
}

nb::object read(nb::bytes json) {
  std::optional<JsonTables> found = read_json_tables({json.c_str(), json.size()});
  if (!found) return nb::none();
  const JsonTables::Place vocab = found->vocab_place, merges = found->merges_place;
  nb::dict placed;
  for (const auto& [name, table] : named_tables(*std::move(found))) {
    const JsonTables::Place place = nb::cast<std::string>(name) == "vocab" ? vocab : merges;
    placed[name] = nb::make_tuple(table, place.begin, place.end);
  }
  return placed;
}

}  // namespace

nb::dict named_tables(JsonTables tables) {
  nb::dict named;
  if (tables.vocabulary) named["vocab"] = nb::cast(*std::move(tables.vocabulary));
  if (tables.pieces) named["vocab"] = nb::cast(*std::move(tables.pieces));
  if (tables.merges) named["merges"] = nb::cast(*std::move(tables.merges));
  return named;
}

void bind_tables(nb::module_& m) {
  nb::class_<Vocabulary>(m, "VocabularyTable", "Tokens and their ids, as a tokenizer.json has them.")
      .def("__len__", [](const Vocabulary& self) { return self.size(); })
      .def(
          "find", [](const Vocabulary& self, const nb::str& token) { return find(self, token); }, "token"_a)
      .def_prop_ro("last_id", &last_id)
      .def("plain", &to_dict, nb::sig("def plain(self) -> dict[str, int]"), "All of it as a dict.");

  nb::class_<ScoredTokens>(m, "PiecesTable",
                           "The pieces of a Unigram model and their scores, as a tokenizer.json has them.")
      .def("__len__", [](const ScoredTokens& self) { return self.size(); })
      .def(
          "find", [](const ScoredTokens& self, const nb::str& token) { return find(self, token); }, "token"_a)
      .def_prop_ro("last_id", [](const ScoredTokens& self) { return static_cast<int64_t>(self.size()) - 1; })
      .def("plain", &pieces_to_list, nb::sig("def plain(self) -> list[list[typing.Any]]"), "All of it as a list.");

  nb::class_<MergesTable>(m, "MergesTable", "The merges of a BPE model, as a tokenizer.json has them.")
      .def("__len__", [](const MergesTable& self) { return self.merges.size(); })
      .def("plain", &merges_to_list, nb::sig("def plain(self) -> list[typing.Any]"), "All of it as a list.")
      .def("pairs", &pairs, nb::sig("def pairs(self) -> list[tuple[str, str]]"), "The two parts of each.");

  m.def("read_tables", &read, "json"_a,
        nb::sig("def read_tables(json: bytes) -> dict[str, tuple[typing.Any, int, int]] | None"),
        "The fields \"vocab\" and \"merges\" of the model in a tokenizer.json, and from which byte to which each is. "
        "None: "
        "the text is not written as such files are.");
}

}  // namespace leanformers
