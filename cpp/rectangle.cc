#include "rectangle.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "threads.h"

namespace leanformers {
namespace {

// Numbers that are worth a thread's beginning.
constexpr size_t kChunk = 1 << 18;

class RectangleWriter {
 public:
  RectangleWriter(const Encoded& encoded, Column column, const Padding& padding, int64_t* out)
      : encoded_(encoded),
        column_(column),
        padding_(padding),
        filler_(padding_value(column, padding.value)),
        depth_(column == Column::kSpans ? 2 : 1),
        out_(out) {}

  size_t row_size() const { return padding_.width * depth_; }

  void write(size_t begin, size_t end) const {
    std::vector<Run> runs;
    for (size_t row = begin; row < end; ++row) {
      const size_t missing = (padding_.width - encoded_.length(row)) * depth_;
      int64_t* out = out_ + row * row_size();
      if (padding_.left) out = std::fill_n(out, missing, filler_);
      out = write_tokens(row, runs, out);
      if (!padding_.left) std::fill_n(out, missing, filler_);
    }
  }

 private:
  int64_t* write_tokens(size_t row, std::vector<Run>& runs, int64_t* out) const {
    switch (column_) {
      case Column::kIds:
        return std::ranges::copy(encoded_.ids(row), out).out;
      case Column::kWordIds:
        return std::ranges::copy(encoded_.words(row), out).out;
      case Column::kSpans:
        for (const Span& span : encoded_.spans(row)) {
          *out++ = span.begin;
          *out++ = span.end;
        }
        return out;
      default:
        encoded_.runs(column_, row, runs);
        for (const auto& [size, value] : runs) out = std::fill_n(out, size, int64_t{value});
        return out;
    }
  }

  const Encoded& encoded_;
  Column column_;
  Padding padding_;
  int64_t filler_;
  size_t depth_;
  int64_t* out_;
};

}  // namespace

int32_t padding_value(Column column, int32_t value) {
  switch (column) {
    case Column::kIds:
    case Column::kTypeIds:
      return value;
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
  if ((column == Column::kSpans && !encoded.has_details()) || (column == Column::kWordIds && !encoded.has_words())) {
    throw std::invalid_argument("words and spans need encode(details=True), words word_ids=True too");
  }
}

void write_rectangle(const Encoded& encoded, Column column, const Padding& padding, int64_t* out) {
  check_details(encoded, column);
  const size_t rows = encoded.rows();
  for (size_t row = 0; row < rows; ++row) {
    if (encoded.length(row) <= padding.width) continue;
    throw std::invalid_argument("row " + std::to_string(row) + " has " + std::to_string(encoded.length(row)) +
                                " tokens, the array is " + std::to_string(padding.width) + " wide");
  }
  const RectangleWriter writer(encoded, column, padding, out);
  const size_t chunk = std::max<size_t>(1, kChunk / std::max<size_t>(1, writer.row_size()));
  const size_t chunks = (rows + chunk - 1) / chunk;
  if (chunks < 2) return writer.write(0, rows);
  share_out(chunks, 0, [&](size_t i) { writer.write(i * chunk, std::min(rows, (i + 1) * chunk)); });
}

}  // namespace leanformers
