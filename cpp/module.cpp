// The Python face of the core, and nothing else: arguments in, arrays and lists out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <tuple>

#include "template.h"
#include "tokenizer.h"
#include "unicode/unicode.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace leanformers;

namespace {

// --- Text in ---

// The UTF-8 of Python strings, which stay alive as long as this does.
class Texts {
 public:
  explicit Texts(nb::list list) {
    const size_t size = nb::len(list);
    views_.reserve(size);
    held_.reserve(size);
    for (nb::handle item : list) add(item);
  }

  std::span<const std::string_view> views() const { return views_; }
  size_t bytes() const { return bytes_; }

 private:
  void add(nb::handle item) {
    if (!PyUnicode_Check(item.ptr())) {
      throw nb::type_error(("item " + std::to_string(views_.size()) + " is not a str").c_str());
    }
    held_.push_back(nb::borrow(item));  // another thread may change the list while the GIL is released
    Py_ssize_t size = 0;
    if (const char* utf8 = PyUnicode_AsUTF8AndSize(item.ptr(), &size)) {
      views_.emplace_back(utf8, static_cast<size_t>(size));
    } else {
      PyErr_Clear();  // a lone surrogate has no UTF-8
      views_.push_back(replaced_.emplace_back(replace_surrogates(item)));
    }
    bytes_ += views_.back().size();
  }

  static std::string replace_surrogates(nb::handle item) {
    std::string text;
    const Py_ssize_t length = PyUnicode_GetLength(item.ptr());
    for (Py_ssize_t i = 0; i < length; ++i) {
      const char32_t code = PyUnicode_ReadChar(item.ptr(), i);
      char bytes[4];
      text.append(bytes, unicode::encode(code - 0xD800 < 0x800 ? unicode::kReplacement : code, bytes));
    }
    return text;
  }

  std::vector<std::string_view> views_;
  std::vector<nb::object> held_;
  std::deque<std::string> replaced_;  // does not move its strings
  size_t bytes_ = 0;
};

Encoded encode(const Tokenizer& tokenizer, nb::list texts, std::optional<nb::list> pairs, bool add_special_tokens,
               std::optional<uint32_t> max_length, Truncation truncation, bool truncate_left, bool details) {
  const Texts first(std::move(texts));
  const Texts second(pairs ? std::move(*pairs) : nb::list());
  const EncodeOptions options{add_special_tokens, max_length, truncation, truncate_left, details};
  // Releasing the GIL costs more than a short text.
  constexpr size_t kWorthReleasing = 2000;
  if (first.bytes() + second.bytes() < kWorthReleasing) {
    return tokenizer.encode(first.views(), second.views(), options);
  }
  const nb::gil_scoped_release release;
  return tokenizer.encode(first.views(), second.views(), options);
}

// --- Lists out: most of the time of a call goes into them ---

PyObject* checked(PyObject* object) {
  if (object == nullptr) throw nb::python_error();
  return object;
}

// A new reference to the int. Small ones are made once in a process and then shared: four times as fast.
PyObject* integer(int64_t value) {
#ifndef Py_GIL_DISABLED  // where threads would fight over the counts of shared objects
  static PyObject* shared[1 << 18];
  if (0 <= value && value < int64_t{1 << 18}) {
    PyObject*& object = shared[value];
    if (object == nullptr) object = checked(PyLong_FromLongLong(value));
    Py_INCREF(object);
    return object;
  }
#endif
  return checked(PyLong_FromLongLong(value));
}

PyObject* integer_or_none(int64_t value) {
  if (value >= 0) return integer(value);
  Py_INCREF(Py_None);
  return Py_None;
}

PyObject* pair(Span span) {
  nb::object tuple = nb::steal(checked(PyTuple_New(2)));
  PyTuple_SET_ITEM(tuple.ptr(), 0, integer(span.begin));
  PyTuple_SET_ITEM(tuple.ptr(), 1, integer(span.end));
  return tuple.release().ptr();
}

// A list of `length` items, filled up to `width` with `pad`; `item(i)` gives a new reference.
template <typename Item>
nb::object make_list(size_t length, Item item, size_t width = 0, bool pad_left = false, PyObject* pad = nullptr) {
  const size_t padding = width > length ? width - length : 0;
  nb::object list = nb::steal(checked(PyList_New(static_cast<Py_ssize_t>(length + padding))));
  Py_ssize_t next = 0;
  const auto add_padding = [&] {
    for (size_t i = 0; i < padding; ++i) {
      Py_INCREF(pad);
      PyList_SET_ITEM(list.ptr(), next++, pad);
    }
  };
  if (pad_left) add_padding();
  for (size_t i = 0; i < length; ++i) PyList_SET_ITEM(list.ptr(), next++, item(i));
  if (!pad_left) add_padding();
  return list;
}

// `length` times the same item: the interpreter's own repetition counts its references at once.
nb::object repeat(PyObject* item, size_t length) {
  const nb::object one = make_list(1, [item](size_t) {
    Py_INCREF(item);
    return item;
  });
  return nb::steal(checked(PySequence_Repeat(one.ptr(), static_cast<Py_ssize_t>(length))));
}

// Lists of numbers form no cycles, but each new list would bring the next search for some nearer: a quarter of the
// time.
class PauseCollector {
 public:
  PauseCollector() : was_on_(PyGC_Disable() == 1) {}
  ~PauseCollector() {
    if (was_on_) PyGC_Enable();
  }

 private:
  bool was_on_;
};

// What stands on padding: for most columns it is fixed.
int32_t padding(Column column, int32_t pad) {
  switch (column) {
    case Column::kIds:
    case Column::kTypeIds:
      return pad;
    case Column::kSpecialTokensMask:
      return 1;
    case Column::kSequenceIds:
    case Column::kWordIds:
      return -1;
    default:
      return 0;
  }
}

void check_details(const Encoded& encoded, Column column) {
  if ((column == Column::kWordIds || column == Column::kSpans) && !encoded.has_details()) {
    throw nb::value_error("words and spans need encode(details=True)");
  }
}

nb::object lists(const Encoded& encoded, Column column, size_t width, bool pad_left, int32_t pad) {
  check_details(encoded, column);
  const PauseCollector pause;
  if (column == Column::kSpans) {
    const nb::object filler = nb::steal(pair({0, 0}));
    return make_list(encoded.rows(), [&](size_t row) {
      const std::span<const Span> spans = encoded.spans(row);
      const auto item = [spans](size_t i) { return pair(spans[i]); };
      return make_list(spans.size(), item, width, pad_left, filler.ptr()).release().ptr();
    });
  }
  const bool none = column == Column::kSequenceIds || column == Column::kWordIds;  // -1 stands for None
  const int32_t filler_value = padding(column, pad);
  const nb::object filler = nb::steal(none ? integer_or_none(filler_value) : integer(filler_value));
  std::vector<int32_t> values;
  return make_list(encoded.rows(), [&](size_t row) {
    values.resize(encoded.length(row));
    encoded.fill(column, row, values.data());
    const int32_t* begin = values.data();
    const bool constant = !none && !values.empty() && values.size() >= width &&
                          std::all_of(values.begin(), values.end(), [begin](int32_t value) { return value == *begin; });
    if (constant) return repeat(nb::steal(integer(*begin)).ptr(), values.size()).release().ptr();
    const auto number = [begin](size_t i) { return integer(begin[i]); };
    const auto optional = [begin](size_t i) { return integer_or_none(begin[i]); };
    return (none ? make_list(values.size(), optional, width, pad_left, filler.ptr())
                 : make_list(values.size(), number, width, pad_left, filler.ptr()))
        .release()
        .ptr();
  });
}

// --- Arrays out ---

template <typename T>
using Array = nb::ndarray<nb::numpy, T>;

// An array that owns `values`.
template <typename T>
Array<T> own(std::vector<T> values, std::initializer_list<size_t> shape) {
  auto* kept = new std::vector<T>(std::move(values));
  nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<std::vector<T>*>(pointer); });
  return Array<T>(kept->data(), shape, owner);
}

Array<int64_t> array(const Encoded& encoded, Column column, size_t width, bool pad_left, int32_t pad) {
  check_details(encoded, column);
  const size_t depth = column == Column::kSpans ? 2 : 1;
  std::vector<int64_t> filled(encoded.rows() * width * depth, padding(column, pad));
  std::vector<int32_t> values;
  for (size_t row = 0; row < encoded.rows(); ++row) {
    const size_t length = encoded.length(row);
    if (length > width) {
      throw nb::value_error(("row " + std::to_string(row) + " has " + std::to_string(length) +
                             " tokens, the array is " + std::to_string(width) + " wide")
                                .c_str());
    }
    int64_t* out = filled.data() + (row * width + (pad_left ? width - length : 0)) * depth;
    if (column == Column::kSpans) {
      for (const Span& span : encoded.spans(row)) {
        *out++ = span.begin;
        *out++ = span.end;
      }
      continue;
    }
    values.resize(length);
    encoded.fill(column, row, values.data());
    std::copy(values.begin(), values.end(), out);
  }
  if (depth == 2) return own(std::move(filled), {encoded.rows(), width, 2});
  return own(std::move(filled), {encoded.rows(), width});
}

// A view on memory of the Encoded, which the array keeps alive.
nb::object flat(nb::pointer_and_handle<Encoded> self, Column column) {
  const Encoded& encoded = *self.p;
  check_details(encoded, column);
  const size_t tokens = encoded.ids().size();
  if (column == Column::kIds) {
    return nb::cast(nb::ndarray<nb::numpy, const uint32_t>(encoded.ids().data(), {tokens}, self.h));
  }
  if (column == Column::kSpans) {
    const auto* begin = reinterpret_cast<const uint32_t*>(encoded.spans().data());
    return nb::cast(nb::ndarray<nb::numpy, const uint32_t>(begin, {tokens, 2}, self.h));
  }
  std::vector<int32_t> values(tokens);
  for (size_t row = 0; row < encoded.rows(); ++row)
    encoded.fill(column, row, values.data() + encoded.row_offsets()[row]);
  return nb::cast(own(std::move(values), {tokens}));
}

nb::object row_offsets(nb::pointer_and_handle<Encoded> self) {
  const std::span<const int64_t> offsets = self.p->row_offsets();
  return nb::cast(nb::ndarray<nb::numpy, const int64_t>(offsets.data(), {offsets.size()}, self.h));
}

nb::object lengths(const Encoded& encoded) {
  return make_list(encoded.rows(), [&](size_t row) { return integer(static_cast<int64_t>(encoded.length(row))); });
}

nb::object dropped(const Encoded& encoded) {
  return make_list(encoded.rows(), [&](size_t row) { return integer(encoded.dropped(row)); });
}

// --- Specs in ---

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

// A dict of 30,000 tokens: read item by item, without a copy of it in between.
std::vector<std::pair<std::string, uint32_t>> read_vocab(const nb::dict& vocab) {
  std::vector<std::pair<std::string, uint32_t>> pairs;
  pairs.reserve(nb::len(vocab));
  for (const auto& [token, id] : vocab) {
    std::string text;
    uint32_t number = 0;
    if (!nb::try_cast(token, text) || !nb::try_cast(id, number)) {
      throw nb::type_error(
          ("vocab: " + std::string(nb::repr(token).c_str()) + ": " + nb::repr(id).c_str() + " is no text with an id")
              .c_str());
    }
    pairs.emplace_back(std::move(text), number);
  }
  return pairs;
}

nb::dict vocab(const Tokenizer& tokenizer, bool with_added_tokens) {
  nb::dict vocab;
  for (const auto& [token, id] : tokenizer.vocab(with_added_tokens)) vocab[nb::cast(token)] = id;
  return vocab;
}

std::string repr(const AddedToken& token) {
  const std::string content = nb::repr(nb::cast(token.content)).c_str();
  const auto flag = [](const char* name, bool on) { return std::string(", ") + name + (on ? "=True" : "=False"); };
  return "AddedToken(" + content + ", " + std::to_string(token.id) + flag("single_word", token.single_word) +
         flag("lstrip", token.lstrip) + flag("rstrip", token.rstrip) + flag("normalized", token.normalized) +
         flag("special", token.special) + ")";
}

void bind_components(nb::module_& m) {
  nb::class_<AddedToken>(m, "AddedToken", "A token that is found in the text before the model sees it.")
      .def(nb::new_([](std::string content, uint32_t id, bool single_word, bool lstrip, bool rstrip, bool normalized,
                       bool special) {
             return AddedToken{std::move(content), id, single_word, lstrip, rstrip, normalized, special};
           }),
           "content"_a, "id"_a = 0, nb::kw_only(), "single_word"_a = false, "lstrip"_a = false, "rstrip"_a = false,
           "normalized"_a = true, "special"_a = false)
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

  nb::class_<BertNormalizer>(m, "BertNormalizer", "Clean, space Chinese characters, strip accents, lower-case.")
      .def(nb::new_([](bool clean_text, bool handle_chinese_chars, std::optional<bool> strip_accents, bool lowercase) {
             return BertNormalizer{clean_text, handle_chinese_chars, strip_accents, lowercase};
           }),
           nb::kw_only(), "clean_text"_a = true, "handle_chinese_chars"_a = true, "strip_accents"_a = nb::none(),
           "lowercase"_a = true);

  nb::class_<BertPreTokenizer>(m, "BertPreTokenizer", "Splits at white space and around punctuation.")
      .def(nb::init<>());

  nb::class_<WordPiece>(m, "WordPiece", "The longest pieces of a word, from left to right.")
      .def(nb::new_([](nb::typed<nb::dict, nb::str, int> vocab, std::string unk_token,
                       std::string continuing_subword_prefix, uint32_t max_input_chars_per_word) {
             return WordPiece{read_vocab(vocab), std::move(unk_token), std::move(continuing_subword_prefix),
                              max_input_chars_per_word};
           }),
           "vocab"_a, nb::kw_only(), "unk_token"_a = "[UNK]", "continuing_subword_prefix"_a = "##",
           "max_input_chars_per_word"_a = 100);

  nb::class_<Template>(m, "Template", "Where special tokens and sequences stand in a row: (kind, ids, type id) pieces.")
      .def(nb::new_([](const std::vector<PieceTuple>& single, const std::vector<PieceTuple>& pair) {
             return Template{read_pieces(single), read_pieces(pair)};
           }),
           "single"_a, "pair"_a)
      .def(
          "num_special_tokens",
          [](const Template& self, bool pair) { return count_special_tokens(pair ? self.pair : self.single); },
          "pair"_a = false);

  nb::class_<WordPieceDecoder>(m, "WordPieceDecoder", "Joins pieces to words, and words by spaces.")
      .def(nb::new_([](std::string prefix, bool cleanup) { return WordPieceDecoder{std::move(prefix), cleanup}; }),
           nb::kw_only(), "prefix"_a = "##", "cleanup"_a = true);
}

void bind_encoded(nb::module_& m) {
  nb::enum_<Column>(m, "Column", "What can be asked of every token of an `Encoded`.")
      .value("IDS", Column::kIds)
      .value("TYPE_IDS", Column::kTypeIds)
      .value("ATTENTION_MASK", Column::kAttentionMask)
      .value("SPECIAL_TOKENS_MASK", Column::kSpecialTokensMask)
      .value("SEQUENCE_IDS", Column::kSequenceIds)
      .value("WORD_IDS", Column::kWordIds)
      .value("SPANS", Column::kSpans);

  nb::enum_<Truncation>(m, "Truncation", "Which text of a pair gives way.")
      .value("LONGEST_FIRST", Truncation::kLongestFirst)
      .value("ONLY_FIRST", Truncation::kOnlyFirst)
      .value("ONLY_SECOND", Truncation::kOnlySecond);

  nb::class_<Encoded>(m, "Encoded", "The tokens of a batch of rows, flat and immutable.")
      .def("__len__", &Encoded::rows, "The number of rows.")
      .def("lengths", &lengths, nb::sig("def lengths(self) -> list[int]"), "Tokens per row, special tokens included.")
      .def("dropped", &dropped, nb::sig("def dropped(self) -> list[int]"), "Tokens per row that truncation took away.")
      .def("lists", &lists, "column"_a, "width"_a = 0, "pad_left"_a = false, "pad"_a = 0,
           nb::sig("def lists(self, column: Column, width: int = 0, pad_left: bool = False, pad: int = 0) -> "
                   "list[list[typing.Any]]"),
           "A column as one list per row, each filled up to `width` with padding.")
      .def("array", &array, "column"_a, "width"_a, "pad_left"_a = false, "pad"_a = 0,
           nb::sig("def array(self, column: Column, width: int, pad_left: bool = False, pad: int = 0) -> "
                   "numpy.typing.NDArray[numpy.int64]"),
           "A column as an array (rows, width), spans as (rows, width, 2); None is -1.")
      .def("flat", &flat, "column"_a, nb::sig("def flat(self, column: Column) -> numpy.typing.NDArray[typing.Any]"),
           "A column of all rows, (tokens,): ids uint32, spans uint32 (tokens, 2), others int32. Ids and spans are not "
           "copied.")
      .def("row_offsets", &row_offsets, nb::sig("def row_offsets(self) -> numpy.typing.NDArray[numpy.int64]"),
           "Where each row begins in a flat column, and where the last one ends: (rows + 1,).");
}

void bind_tokenizer(nb::module_& m) {
  nb::class_<Tokenizer>(m, "Tokenizer", "A compiled, immutable tokenizer; safe to use from many threads.")
      .def(
          "__init__",
          [](Tokenizer* self, std::vector<AddedToken> added_tokens, std::vector<BertNormalizer> normalizers,
             std::vector<BertPreTokenizer> pre_tokenizers, const WordPiece& model,
             std::optional<Template> post_processor, std::vector<WordPieceDecoder> decoders, bool fused) {
            Spec spec{std::move(added_tokens),
                      {normalizers.begin(), normalizers.end()},
                      {pre_tokenizers.begin(), pre_tokenizers.end()},
                      model,
                      std::move(post_processor),
                      {decoders.begin(), decoders.end()}};
            new (self) Tokenizer(std::move(spec), fused);
          },
          nb::kw_only(), "added_tokens"_a, "normalizers"_a, "pre_tokenizers"_a, "model"_a, "template"_a.none(),
          "decoders"_a, "fused"_a = true)
      .def("encode", &encode, "texts"_a, "pairs"_a = nb::none(), nb::kw_only(), "add_special_tokens"_a = true,
           "max_length"_a = nb::none(), "truncation"_a = Truncation::kLongestFirst, "truncate_left"_a = false,
           "details"_a = false,
           nb::sig(
               "def encode(self, texts: list[str], pairs: list[str] | None = None, *, add_special_tokens: bool = True, "
               "max_length: int | None = None, truncation: Truncation = ..., truncate_left: bool = False, "
               "details: bool = False) -> Encoded"),
           "Encode a batch. `max_length` counts special tokens; `details` adds words and spans. Lone surrogates read "
           "as U+FFFD.")
      .def(
          "decode",
          [](const Tokenizer& self, const std::vector<uint32_t>& ids, bool skip_special_tokens) {
            return self.decode(ids, skip_special_tokens);
          },
          "ids"_a, "skip_special_tokens"_a = false, "The text of ids. IndexError: an id is not in the vocabulary.")
      .def("decode_tokens", &Tokenizer::decode_tokens, "tokens"_a, "The text of token strings.")
      .def("token_to_id", &Tokenizer::token_to_id, "token"_a)
      .def("id_to_token", &Tokenizer::id_to_token, "id"_a)
      .def("vocab", &vocab, "with_added_tokens"_a = true,
           nb::sig("def vocab(self, with_added_tokens: bool = True) -> dict[str, int]"))
      .def("vocab_size", &Tokenizer::vocab_size, "with_added_tokens"_a = true)
      .def("explain", &Tokenizer::explain, "Which stages are fused, which general, and why: one sentence each.");
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The tokenizer core.";
  nb::set_leak_warnings(false);  // arrays that other libraries still hold when the interpreter ends are no leak of ours
  nb::exception<TruncationError>(m, "TruncationError", PyExc_ValueError);
  bind_components(m);
  bind_encoded(m);
  bind_tokenizer(m);
  m.def(
      "unicode_versions",
      [] {
        nb::dict versions;
        for (const auto& [predicate, version] : unicode::versions()) versions[nb::cast(predicate)] = version;
        return versions;
      },
      nb::sig("def unicode_versions() -> dict[str, str]"), "Predicate -> the Unicode version whose table it follows.");
}
