#include "module/lists.h"

#include <vector>

#include "module/numbers.h"

namespace nb = nanobind;

namespace leanformers {
namespace {

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

// How the rows of one column become lists, each filled up to a width. The collector is not told of them: it would read
// every number twice, and find nothing, since numbers are no part of a cycle. (A cycle would have to be built by hand,
// by putting a container that holds the row into the row; it would not be collected.)
class ListMaker {
 public:
  ListMaker(const Encoded& encoded, Column column, const Padding& padding)
      : encoded_(encoded), column_(column), padding_(padding) {
    check_details(encoded, column);
    filler_ = nb::steal(column == Column::kSpans ? pair({0, 0}) : number(padding_value(column, padding.value)));
  }

  nb::object row(size_t row) {
    const size_t length = encoded_.length(row);
    const size_t missing = padding_.width > length ? padding_.width - length : 0;
    PyObject** items;
    nb::object list = new_list(length + missing, items);
    PyObject_GC_UnTrack(list.ptr());
    put(items + (padding_.left ? 0 : length), filler_.ptr(), missing);
    if (padding_.left) items += missing;
    switch (column_) {
      case Column::kIds:
        for (const uint32_t id : encoded_.ids(row)) *items++ = integer(id);
        break;
      case Column::kWordIds:
        for (const int32_t word : encoded_.words(row)) *items++ = integer_or_none(word);
        break;
      case Column::kSpans:
        for (const Span& span : encoded_.spans(row)) *items++ = pair(span);
        break;
      default:
        encoded_.runs(column_, row, runs_);
        for (const auto& [size, value] : runs_) items = put(items, nb::steal(number(value)).ptr(), size);
    }
    return list;
  }

 private:
  PyObject* number(int32_t value) const {
    const bool may_lack = column_ == Column::kSequenceIds || column_ == Column::kWordIds;
    return may_lack ? integer_or_none(value) : integer(value);
  }

  const Encoded& encoded_;
  Column column_;
  const Padding& padding_;
  nb::object filler_;
  std::vector<Run> runs_;
};

}  // namespace

nb::object lists(const Encoded& encoded, Column column, const Padding& padding) {
  const PauseCollector pause;
  ListMaker maker(encoded, column, padding);
  return make_list(encoded.rows(), [&maker](size_t row) { return maker.row(row).release().ptr(); });
}

nb::object row_list(const Encoded& encoded, Column column, size_t row, const Padding& padding) {
  if (row >= encoded.rows()) throw nb::index_error("there is no such row");
  return ListMaker(encoded, column, padding).row(row);
}

}  // namespace leanformers
