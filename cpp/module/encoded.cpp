// An Encoded as Python lists and numpy arrays.
#include <algorithm>
#include <vector>

#include "module/arrays.h"
#include "module/module.h"
#include "tokenizer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

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

// How the rows of one column become lists, each filled up to a width.
class ListMaker {
 public:
  ListMaker(const Encoded& encoded, Column column, size_t width, bool pad_left, int32_t pad)
      : encoded_(encoded), column_(column), width_(width), pad_left_(pad_left) {
    check_details(encoded, column);
    none_ = column == Column::kSequenceIds || column == Column::kWordIds;  // -1 stands for None
    const int32_t value = padding(column, pad);
    filler_ = nb::steal(column == Column::kSpans ? pair({0, 0}) : none_ ? integer_or_none(value) : integer(value));
  }

  nb::object row(size_t row) {
    if (column_ == Column::kSpans) {
      const std::span<const Span> spans = encoded_.spans(row);
      return make_list(spans.size(), [spans](size_t i) { return pair(spans[i]); }, width_, pad_left_, filler_.ptr());
    }
    values_.resize(encoded_.length(row));
    encoded_.fill(column_, row, values_.data());
    const int32_t* begin = values_.data();
    const bool constant =
        !none_ && !values_.empty() && values_.size() >= width_ &&
        std::all_of(values_.begin(), values_.end(), [begin](int32_t value) { return value == *begin; });
    if (constant) return repeat(nb::steal(integer(*begin)).ptr(), values_.size());
    const auto number = [begin](size_t i) { return integer(begin[i]); };
    const auto optional = [begin](size_t i) { return integer_or_none(begin[i]); };
    return none_ ? make_list(values_.size(), optional, width_, pad_left_, filler_.ptr())
                 : make_list(values_.size(), number, width_, pad_left_, filler_.ptr());
  }

 private:
  const Encoded& encoded_;
  Column column_;
  size_t width_;
  bool pad_left_, none_;
  nb::object filler_;
  std::vector<int32_t> values_;
};

nb::object lists(const Encoded& encoded, Column column, size_t width, bool pad_left, int32_t pad) {
  const PauseCollector pause;
  ListMaker maker(encoded, column, width, pad_left, pad);
  return make_list(encoded.rows(), [&maker](size_t row) { return maker.row(row).release().ptr(); });
}

nb::object row_list(const Encoded& encoded, Column column, size_t row, size_t width, bool pad_left, int32_t pad) {
  if (row >= encoded.rows()) throw nb::index_error("there is no such row");
  return ListMaker(encoded, column, width, pad_left, pad).row(row);
}

// --- Arrays out ---

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

nb::object samples(const Encoded& encoded) {
  return make_list(encoded.rows(), [&](size_t row) { return integer(encoded.sample(row)); });
}

nb::object numbers(std::span<const uint32_t> values) {
  return make_list(values.size(), [values](size_t i) { return integer(values[i]); });
}

}  // namespace

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
      .def("samples", &samples, nb::sig("def samples(self) -> list[int]"),
           "For each row the number of the text that it is from.")
      .def(
          "long_words", [](const Encoded& encoded) { return numbers(encoded.long_words()); },
          nb::sig("def long_words(self) -> list[int]"),
          "The numbers of the texts with a word that became the unknown token for its length alone.")
      .def(
          "with_special_tokens", [](const Encoded& encoded) { return numbers(encoded.with_special_tokens()); },
          nb::sig("def with_special_tokens(self) -> list[int]"),
          "The numbers of the texts in which a special token was found.")
      .def("lists", &lists, "column"_a, "width"_a = 0, "pad_left"_a = false, "pad"_a = 0,
           nb::sig("def lists(self, column: Column, width: int = 0, pad_left: bool = False, pad: int = 0) -> "
                   "list[list[typing.Any]]"),
           "A column as one list per row, each filled up to `width` with padding.")
      .def("row", &row_list, "column"_a, "row"_a, "width"_a = 0, "pad_left"_a = false, "pad"_a = 0,
           nb::sig("def row(self, column: Column, row: int, width: int = 0, pad_left: bool = False, pad: int = 0) -> "
                   "list[typing.Any]"),
           "One of the `lists`.")
      .def_prop_ro("has_details", &Encoded::has_details, "Whether words and spans are known.")
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

}  // namespace leanformers
