// The columns of an Encoded that are derived: from the template and from how many tokens each sequence gave.
#include <algorithm>
#include <iterator>

#include "tokenizer.h"

namespace leanformers {

using Kind = TemplatePiece::Kind;

void Encoded::runs(Column column, size_t row, std::vector<Run>& out) const {
  if (lengths_only_) throw std::logic_error("the tokens were only counted");
  out.clear();
  const auto add = [&out](size_t size, int32_t value) {
    if (size == 0) return;
    if (!out.empty() && out.back().value == value) {
      out.back().size += size;
    } else {
      out.push_back({size, value});
    }
  };
  if (column == Column::kAttentionMask) return add(length(row), 1);
  const Row& counts = rows_[row];
  const Pieces& pieces = counts.pair ? pieces_->pair : pieces_->single;
  for (auto piece = pieces.begin(); piece != pieces.end(); ++piece) {
    const bool special = piece->kind == Kind::kSpecial;
    const size_t second = piece->kind == Kind::kB;
    int32_t value = special;  // kSpecialTokensMask
    if (column == Column::kTypeIds) {
      const bool later = !special && (second ? counts.second_later : counts.first_later);
      value = static_cast<int32_t>(later ? pieces_->overflow_type_ids[second] : piece->type_id);
    }
    if (column == Column::kSequenceIds) {
      // Of a sequence that a template repeats only the last place counts, as in the reference.
      const auto same = [piece](const TemplatePiece& other) { return other.kind == piece->kind; };
      const bool last = std::none_of(piece + 1, pieces.end(), same);
      value = special || !last ? -1 : static_cast<int32_t>(second);
    }
    add(special ? piece->ids.size() : second ? counts.second : counts.first, value);
  }
}

Buffer<int32_t> Encoded::values(Column column) const {
  Buffer<int32_t> values(ids().size());
  int32_t* at = values.data();
  std::vector<Run> of_row;
  for (size_t row = 0; row < rows(); ++row) {
    runs(column, row, of_row);
    for (const auto& [size, value] : of_row) at = std::fill_n(at, size, value);
  }
  return values;
}

void Encoded::append(const Encoded& other) {
  const int64_t tokens = row_offsets_.back();
  const auto extend = [&](auto member) {
    (this->*member).insert((this->*member).end(), (other.*member).begin(), (other.*member).end());
  };
  extend(&Encoded::ids_);
  extend(&Encoded::rows_);
  extend(&Encoded::long_words_);
  extend(&Encoded::with_special_tokens_);
  extend(&Encoded::spans_);
  extend(&Encoded::words_);
  std::transform(other.row_offsets_.begin() + 1, other.row_offsets_.end(), std::back_inserter(row_offsets_),
                 [tokens](int64_t offset) { return tokens + offset; });
}

std::vector<int64_t> Tokenizer::count(const Texts& texts, const Texts& pairs, EncodeOptions options) const {
  options.details = false;
  options.lengths_only = true;
  const Encoded encoded = encode(texts, pairs, options);
  std::vector<int64_t> lengths(encoded.rows());
  for (size_t row = 0; row < lengths.size(); ++row) lengths[row] = static_cast<int64_t>(encoded.length(row));
  return lengths;
}

}  // namespace leanformers
