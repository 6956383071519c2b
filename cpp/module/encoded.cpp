// An Encoded as Python lists and numpy arrays.
#include <algorithm>

#include "module/arrays.h"
#include "module/lists.h"
#include "module/module.h"
#include "module/numbers.h"
#include "rectangle.h"
#include "tokenizer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

using Out = nb::ndarray<int64_t, nb::c_contig, nb::device::cpu>;

void write(const Encoded& encoded, Column column, Out out, bool pad_left, int32_t pad) {
  const size_t rank = column == Column::kSpans ? 3 : 2;
  if (out.ndim() != rank || out.shape(0) != encoded.rows() || (rank == 3 && out.shape(2) != 2)) {
    throw nb::value_error("the array must have a place for each row and token, and two numbers in it for spans");
  }
  const Padding padding{out.shape(1), pad_left, pad};
  // Releasing the GIL costs more than a small array.
  constexpr size_t kWorthReleasing = 1 << 14;
  if (out.size() < kWorthReleasing) return write_rectangle(encoded, column, padding, out.data());
  const nb::gil_scoped_release release;
  write_rectangle(encoded, column, padding, out.data());
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
  if (column == Column::kWordIds) {
    return nb::cast(nb::ndarray<nb::numpy, const int32_t>(encoded.words().data(), {tokens}, self.h));
  }
  return nb::cast(own(encoded.values(column), {tokens}));
}

nb::object row_offsets(nb::pointer_and_handle<Encoded> self) {
  const std::span<const int64_t> offsets = self.p->row_offsets();
  return nb::cast(nb::ndarray<nb::numpy, const int64_t>(offsets.data(), {offsets.size()}, self.h));
}

nb::object lengths(const Encoded& encoded) {
  return make_list(encoded.rows(), [&](size_t row) { return integer(static_cast<int64_t>(encoded.length(row))); });
}

size_t longest(const Encoded& encoded) {
  size_t longest = 0;
  for (size_t row = 0; row < encoded.rows(); ++row) longest = std::max(longest, encoded.length(row));
  return longest;
}

size_t shortest(const Encoded& encoded) {
  size_t shortest = encoded.rows() == 0 ? 0 : encoded.length(0);
  for (size_t row = 1; row < encoded.rows(); ++row) shortest = std::min(shortest, encoded.length(row));
  return shortest;
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
      .def("longest", &longest, "Tokens of the longest row; 0 without rows.")
      .def("shortest", &shortest, "Tokens of the shortest row; 0 without rows.")
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
      .def(
          "lists",
          [](const Encoded& encoded, Column column, size_t width, bool pad_left, int32_t pad) {
            return lists(encoded, column, {width, pad_left, pad});
          },
          "column"_a, "width"_a = 0, "pad_left"_a = false, "pad"_a = 0,
          nb::sig("def lists(self, column: Column, width: int = 0, pad_left: bool = False, pad: int = 0) -> "
                  "list[list[typing.Any]]"),
          "A column as one list per row, each filled up to `width` with padding.")
      .def(
          "row",
          [](const Encoded& encoded, Column column, size_t row, size_t width, bool pad_left, int32_t pad) {
            return row_list(encoded, column, row, {width, pad_left, pad});
          },
          "column"_a, "row"_a, "width"_a = 0, "pad_left"_a = false, "pad"_a = 0,
          nb::sig("def row(self, column: Column, row: int, width: int = 0, pad_left: bool = False, pad: int = 0) -> "
                  "list[typing.Any]"),
          "One of the `lists`.")
      .def_prop_ro("has_details", &Encoded::has_details, "Whether words and spans are known.")
      .def("write", &write, "column"_a, "out"_a.noconvert(), "pad_left"_a = false, "pad"_a = 0,
           nb::sig("def write(self, column: Column, out: numpy.typing.NDArray[numpy.int64], pad_left: bool = False, "
                   "pad: int = 0) -> None"),
           "Write a column into an array (rows, width), spans into (rows, width, 2); None is -1.")
      .def("flat", &flat, "column"_a, nb::sig("def flat(self, column: Column) -> numpy.typing.NDArray[typing.Any]"),
           "A column of all rows, (tokens,): ids uint32, spans uint32 (tokens, 2), others int32. Ids, words "
           "and spans are not copied.")
      .def("row_offsets", &row_offsets, nb::sig("def row_offsets(self) -> numpy.typing.NDArray[numpy.int64]"),
           "Where each row begins in a flat column, and where the last one ends: (rows + 1,).");
}

}  // namespace leanformers
