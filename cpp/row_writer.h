// Puts sequences and special tokens together into the rows of an Encoded: truncation, overflowing rows, template.
#pragma once

#include <memory>

#include "plan.h"
#include "template.h"
#include "token_writer.h"

namespace leanformers {

class RowWriter {
 public:
  // `first_sample` is the number of the first sample that will be added: for messages, and for overflowing rows.
  // `bytes` is about how much text will come.
  RowWriter(const Plan& plan, const EncodeOptions& options, size_t first_sample, size_t samples, size_t bytes);

  // Where the tokens of the next sample's first text are to be written: most often where they will stay, after those of
  // the rows before, and otherwise `scratch`.
  Sequence& first_of_next(Sequence& scratch, bool pair);

  // Adds the row of the next sample, and with `overflow` one for each combination of its parts.
  // Throws TruncationError when the sample cannot be cut as the options say.
  void add(const Sequence& first, const Sequence* second);

  // As `add` and then, but after the `last` row, `first_of_next`: for those who write the tokens of many texts without
  // a pause. Most often the next row simply begins.
  template <bool kDetails>
  void end_row(const Sequence& first, TokenWriter<kDetails>& writer, Sequence& scratch, bool last) {
    const size_t size = writer.columns().count - first.begin;
    if (!is_plain(first, size)) {
      writer.finish();
      add(first, nullptr);
      if (!last) writer = TokenWriter<kDetails>(first_of_next(scratch, false), writer.columns().words_per_word);
      return;
    }
    put_special(writer, true);
    add_plain(size, writer.columns().count);
    if (last) return;
    put_special(writer, false);
    tokens_.begin = writer.columns().count;
    writer.columns().word = 0;
  }

  Encoded take();

 private:
  using Parts = std::vector<Part>;

  void reserve(size_t samples, size_t bytes);
  Kept keep(size_t first, size_t second, bool pair) const;
  Parts parts(const Sequence& sequence, size_t kept) const;
  // Whether a text's tokens, so many, are a row as they stand, with those of the template.
  bool is_plain(const Sequence& sequence, size_t size) const {
    return in_place_ && !trims_ && !sequence.has_long_word && !sequence.has_special_token &&
           (!options_.max_length || size + special_single_ <= *options_.max_length);
  }
  void add_plain(size_t size, size_t end) {
    encoded_.row_offsets_.push_back(static_cast<int64_t>(end));
    encoded_.rows_.push_back(
        {static_cast<uint32_t>(size), 0, 0, static_cast<uint32_t>(sample_++), false, false, false});
  }
  // Those that stand before a text, or after it.
  template <bool kDetails>
  void put_special(TokenWriter<kDetails>& writer, bool after) const {
    if (special_single_ == 0) return;
    bool passed = false;
    for (const TemplatePiece& piece : encoded_.pieces_->single) {
      if (piece.kind == TemplatePiece::Kind::kA) {
        passed = true;
      } else if (passed == after) {
        writer.put_special(piece.ids);
      }
    }
  }
  void add_combinations(const Sequence& first, const Sequence* second, Kept kept);
  // A Part is never copied: it would be read at once before its fields have got to memory.
  void add_row(const Sequence& first, const Sequence* second, const Part& of_first, const Part& of_second,
               size_t dropped);
  void add_tokens(const Pieces& pieces, const Sequence& first, const Sequence* second, const Part& of_first,
                  const Part& of_second);
  void add_special(const TemplatePiece& piece);
  void append(const Sequence& sequence, const Part& part);
  void cut(const Part& part);
  void trim(const Sequence& sequence, const Part& part);

  const Plan& plan_;
  const EncodeOptions& options_;
  size_t special_single_, special_pair_;
  size_t sample_;
  bool in_place_;    // rows of one text are written where they will stay
  bool trims_;       // spans
  Sequence tokens_;  // of all rows
  Encoded encoded_;
};

}  // namespace leanformers
