// The columns of an Encoded that are derived: from the template and from how many tokens each sequence gave.
#include <algorithm>

#include "tokenizer.h"

namespace leanformers {

using Kind = TemplatePiece::Kind;

void Encoded::fill(Column column, size_t row, int32_t* out) const {
  if (column == Column::kIds || column == Column::kWordIds) {
    const auto copy = [&](const auto& values) { std::copy_n(values.begin() + row_offsets_[row], length(row), out); };
    column == Column::kIds ? copy(ids_) : copy(words_);
    return;
  }
  const Row& counts = rows_[row];
  for (const TemplatePiece& piece : counts.pair ? pieces_->pair : pieces_->single) {
    const bool special = piece.kind == Kind::kSpecial;
    const size_t size = special ? piece.ids.size() : piece.kind == Kind::kA ? counts.first : counts.second;
    int32_t value = 1;  // the attention mask
    if (column == Column::kTypeIds) value = static_cast<int32_t>(piece.type_id);
    if (column == Column::kSpecialTokensMask) value = special;
    if (column == Column::kSequenceIds) value = special ? -1 : piece.kind == Kind::kA ? 0 : 1;
    out = std::fill_n(out, size, value);
  }
}

}  // namespace leanformers
