// The large tables of a tokenizer.json as Python objects, which are made into dicts and lists only when asked.
#include "module/tables.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "decimal.h"
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

using PieceList = std::vector<std::pair<std::string, double>>;

ScoredTokens edited(const ScoredTokens& self, const PieceList& before, size_t skip, const PieceList& after) {
  StringList<double> list;
  for (const auto& [piece, score] : before) list.add(piece, score);
  for (size_t place = skip; place < self.size(); ++place) list.add(self[place].first, self[place].second);
  for (const auto& [piece, score] : after) list.add(piece, score);
  return ScoredTokens(std::move(list));
}

std::optional<ScoredTokens> as_read_again(const ScoredTokens& self) {
  StringList<double> list;
  for (const auto& [piece, score] : self) {
    const std::optional<double> read = read_again(score);
    if (!read) return std::nullopt;
    list.add(piece, *read);
  }
  return ScoredTokens(std::move(list));
}

// Of pieces that are there twice the last one has the id.
Vocabulary vocabulary_of(const ScoredTokens& self, const std::map<uint32_t, std::string>& names) {
  const auto text_of = [&](uint32_t id) -> std::string_view {
    if (names.empty()) return self[id].first;
    const auto name = names.find(id);
    return name == names.end() ? self[id].first : name->second;
  };
  const auto table = [&](const Vocabulary* all) {
    StringList<uint32_t> list;
    for (uint32_t id = 0; id < self.size(); ++id) {
      if (all == nullptr || all->find(text_of(id)) == id) list.add(text_of(id), id);
    }
    return Vocabulary(std::move(list));
  };
  const Vocabulary all = table(nullptr);
  return all.distinct() == all.size() ? all : table(&all);
}

Vocabulary with_tokens(const Vocabulary& self, const nb::dict& given) {
  const Vocabulary more = read_vocab(given);
  StringList<uint32_t> list;
  for (const auto& [token, id] : self) {
    const uint32_t other = more.find(token);
    list.add(token, other == Vocabulary::kMissing ? id : other);
  }
  for (const auto& [token, id] : more) {
    if (self.find(token) == Vocabulary::kMissing) list.add(token, id);
  }
  return Vocabulary(std::move(list));
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

Vocabulary read_vocab(const nb::object& given) {
  if (nb::isinstance<Vocabulary>(given)) return nb::cast<const Vocabulary&>(given);
  const auto vocab = nb::cast<nb::dict>(given);
  StringList<uint32_t> tokens;
  for (const auto& [token, id] : vocab) {
    std::string text;
    uint32_t number = 0;
    if (!nb::try_cast(token, text) || !nb::try_cast(id, number)) {
      throw nb::type_error(
          ("vocab: " + std::string(nb::repr(token).c_str()) + ": " + nb::repr(id).c_str() + " is no text with an id")
              .c_str());
    }
    tokens.add(text, number);
  }
  return Vocabulary(std::move(tokens));
}

MergeList read_merges(const nb::object& given) {
  if (nb::isinstance<MergesTable>(given)) return nb::cast<const MergesTable&>(given).merges;
  return nb::cast<std::vector<std::pair<std::string, std::string>>>(given);
}

ScoredTokens read_pieces_and_scores(const nb::object& given) {
  if (nb::isinstance<ScoredTokens>(given)) return nb::cast<const ScoredTokens&>(given);
  return nb::cast<std::vector<std::pair<std::string, double>>>(given);
}

nb::dict named_tables(JsonTables tables) {
  nb::dict named;
  if (tables.vocabulary) named["vocab"] = nb::cast(*std::move(tables.vocabulary));
  if (tables.pieces) named["vocab"] = nb::cast(*std::move(tables.pieces));
  if (tables.merges) named["merges"] = nb::cast(*std::move(tables.merges));
  return named;
}

void bind_tables(nb::module_& m) {
  nb::class_<Vocabulary>(m, "VocabularyTable", "Tokens and their ids, as a tokenizer.json has them.")
      .def(
          "__init__", [](Vocabulary* self, const nb::dict& vocab) { new (self) Vocabulary(read_vocab(vocab)); },
          "vocab"_a, nb::sig("def __init__(self, vocab: dict[str, int]) -> None"))
      .def("__len__", [](const Vocabulary& self) { return self.size(); })
      .def(
          "find", [](const Vocabulary& self, const nb::str& token) { return find(self, token); }, "token"_a)
      .def_prop_ro("last_id", &last_id)
      .def("with_tokens", &with_tokens, "tokens"_a,
           nb::sig("def with_tokens(self, tokens: dict[str, int]) -> VocabularyTable"),
           "A table with these, too; tokens that are there get the new ids.")
      .def("plain", &to_dict, nb::sig("def plain(self) -> dict[str, int]"), "All of it as a dict.");

  nb::class_<ScoredTokens>(m, "PiecesTable",
                           "The pieces of a Unigram model and their scores, as a tokenizer.json has them.")
      .def(
          "__init__", [](ScoredTokens* self, const PieceList& pieces) { new (self) ScoredTokens(pieces); }, "pieces"_a)
      .def(
          "__getitem__",
          [](const ScoredTokens& self, size_t id) {
            if (id >= self.size()) throw nb::index_error("no piece has this id");
            return nb::make_tuple(text(self[id].first), self[id].second);
          },
          "id"_a, nb::sig("def __getitem__(self, id: int, /) -> tuple[str, float]"))
      .def("edited", &edited, "before"_a, "skip"_a, "after"_a,
           "A table with these pieces before and after its own, of which so many are left out at the beginning.")
      .def("as_read_again", &as_read_again,
           "A table with the scores that the reference reads of a tokenizer.json with these. None: no model has one.")
      .def("vocabulary", &vocabulary_of, "names"_a, "The ids of the pieces, of which some get other names.")
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
