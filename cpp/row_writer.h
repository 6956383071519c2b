// Puts sequences and special tokens together into the rows of an Encoded: truncation, overflowing rows, template.
#pragma once

#include <memory>

#include "plan.h"
#include "template.h"

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

  Encoded take();

 private:
  using Parts = std::vector<Part>;

  void reserve(size_t samples, size_t bytes);
  Kept keep(size_t first, size_t second, bool pair) const;
  Parts parts(const Sequence& sequence, size_t kept) const;
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
  Sequence tokens_;  // of all rows
  Encoded encoded_;
};

}  // namespace leanformers
