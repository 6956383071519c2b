#include "row_writer.h"

#include <algorithm>

namespace leanformers {

RowWriter::RowWriter(const Plan& plan, const EncodeOptions& options, size_t first_sample, size_t samples, size_t bytes)
    : plan_(plan), options_(options), sample_(first_sample) {
  encoded_.pieces_ = options.add_special_tokens ? plan.with_special_tokens : plan.without_special_tokens;
  encoded_.details_ = options.details;
  encoded_.words_are_kept_ = tokens_.keeps_words = options.details && options.words;
  encoded_.lengths_only_ = options.lengths_only;
  special_single_ = count_special_tokens(encoded_.pieces_->single);
  special_pair_ = count_special_tokens(encoded_.pieces_->pair);
  // What is small is copied, so that it takes no more memory than it needs.
  constexpr size_t kSmall = 1 << 14;
  const bool has_one_text = row_length(encoded_.pieces_->single, 1, 0) == special_single_ + 1;
  in_place_ = bytes > kSmall && has_one_text && !options.lengths_only && !options.overflow;
  trims_ = options.details && plan.spec.trim_offsets.has_value();
  reserve(samples, bytes);
}

// A token for each byte of text, which is more than most have, one for a space before each, and some that are asked for
// behind the last one. Where that is not enough, what is there is copied. What is never written to takes no memory.
void RowWriter::reserve(size_t samples, size_t bytes) {
  encoded_.rows_.reserve(samples);
  encoded_.row_offsets_.reserve(samples + 1);
  if (options_.lengths_only) return;
  constexpr size_t kMost = 1 << 25;  // from here on growth is rare
  size_t tokens = std::min(kMost, bytes + bytes / 16 + samples * (special_pair_ + 1));
  if (options_.max_length && !options_.overflow) tokens = std::min<size_t>(tokens, samples * *options_.max_length);
  tokens_.ids.reserve(tokens);
  if (!options_.details) return;
  tokens_.spans.reserve(tokens);
  if (tokens_.keeps_words) tokens_.words.reserve(tokens);
}

Encoded RowWriter::take() {
  encoded_.ids_ = std::move(tokens_.ids);
  encoded_.spans_ = std::move(tokens_.spans);
  encoded_.words_ = std::move(tokens_.words);
  return std::move(encoded_);
}

Sequence& RowWriter::first_of_next(Sequence& scratch, bool pair) {
  if (!in_place_ || pair) {
    scratch.clear();
    scratch.keeps_words = tokens_.keeps_words;
    return scratch;
  }
  for (const TemplatePiece& piece : encoded_.pieces_->single) {
    if (piece.kind == TemplatePiece::Kind::kA) break;
    add_special(piece);
  }
  tokens_.begin_next();
  return tokens_;
}

void RowWriter::add(const Sequence& first, const Sequence* second) {
  const size_t n_first = first.size();
  const size_t n_second = second ? second->size() : 0;
  if (first.has_long_word || (second && second->has_long_word)) {
    encoded_.long_words_.push_back(static_cast<uint32_t>(sample_));
  }
  if (first.has_special_token || (second && second->has_special_token)) {
    encoded_.with_special_tokens_.push_back(static_cast<uint32_t>(sample_));
  }
  const Kept kept = keep(n_first, n_second, second != nullptr);
  const bool cut = kept.first < n_first || kept.second < n_second;
  if (cut && options_.overflow) {
    add_combinations(first, second, kept);
  } else {
    const Part of_first{options_.truncate_left ? n_first - kept.first : 0, kept.first, false};
    const Part of_second{options_.truncate_left ? n_second - kept.second : 0, kept.second, false};
    add_row(first, second, of_first, of_second, n_first + n_second - kept.first - kept.second);
  }
  ++sample_;
}

Kept RowWriter::keep(size_t first, size_t second, bool pair) const {
  if (!options_.max_length) return {first, second};
  const size_t special = pair ? special_pair_ : special_single_;
  if (*options_.max_length < special) {
    throw TruncationError("max_length " + std::to_string(*options_.max_length) + " is less than the " +
                          std::to_string(special) + " special tokens");
  }
  try {
    return truncate(first, second, pair, *options_.max_length - special, options_.truncation);
  } catch (const TruncationError& error) {
    throw TruncationError("row " + std::to_string(sample_) + ": " + error.what());
  }
}

RowWriter::Parts RowWriter::parts(const Sequence& sequence, size_t kept) const {
  try {
    return overlapping_parts(sequence.size(), kept, options_.stride, options_.truncate_left);
  } catch (const TruncationError& error) {
    throw TruncationError("row " + std::to_string(sample_) + ": " + error.what());
  }
}

// The order is the reference's, which merges a row piece by piece: what has overflowed so far with each part of the
// next sequence, and then the row itself with the later parts.
void RowWriter::add_combinations(const Sequence& first, const Sequence* second, Kept kept) {
  const Pieces& pieces = second ? encoded_.pieces_->pair : encoded_.pieces_->single;
  if (repeats_a_sequence(pieces)) {
    throw TruncationError("the template repeats a text, so that there can be no overflowing rows");
  }
  const Parts of_first = parts(first, kept.first);
  if (second == nullptr) {
    for (const Part& part : of_first) add_row(first, nullptr, part, {}, 0);
    return;
  }
  const Parts of_second = parts(*second, kept.second);
  const bool ordered = first_sequence(pieces) == TemplatePiece::Kind::kA;
  const Parts& outer = ordered ? of_first : of_second;
  const Parts& inner = ordered ? of_second : of_first;
  const auto add = [&](const Part& a, const Part& b) {
    ordered ? add_row(first, second, a, b, 0) : add_row(first, second, b, a, 0);
  };
  add(outer[0], inner[0]);
  for (size_t i = 1; i < outer.size(); ++i) {
    for (const Part& part : inner) add(outer[i], part);
  }
  for (size_t j = 1; j < inner.size(); ++j) add(outer[0], inner[j]);
}

void RowWriter::add_row(const Sequence& first, const Sequence* second, const Part& of_first, const Part& of_second,
                        size_t dropped) {
  const Pieces& pieces = second ? encoded_.pieces_->pair : encoded_.pieces_->single;
  if (options_.lengths_only) {
    const size_t length = row_length(pieces, of_first.size, of_second.size);
    encoded_.row_offsets_.push_back(encoded_.row_offsets_.back() + static_cast<int64_t>(length));
  } else {
    add_tokens(pieces, first, second, of_first, of_second);
    encoded_.row_offsets_.push_back(static_cast<int64_t>(tokens_.ids.size()));
  }
  encoded_.rows_.push_back({static_cast<uint32_t>(of_first.size), static_cast<uint32_t>(of_second.size),
                            static_cast<uint32_t>(dropped), static_cast<uint32_t>(sample_), second != nullptr,
                            of_first.later, of_second.later});
}

void RowWriter::add_tokens(const Pieces& pieces, const Sequence& first, const Sequence* second, const Part& of_first,
                           const Part& of_second) {
  bool passed = &first != &tokens_;  // what stands before the tokens that are there
  for (const TemplatePiece& piece : pieces) {
    switch (piece.kind) {
      case TemplatePiece::Kind::kSpecial:
        if (passed) add_special(piece);
        break;
      case TemplatePiece::Kind::kA:
        passed ? append(first, of_first) : cut(of_first);
        passed = true;
        break;
      case TemplatePiece::Kind::kB:
        append(*second, of_second);
        break;
    }
  }
}

void RowWriter::add_special(const TemplatePiece& piece) {
  tokens_.ids.insert(tokens_.ids.end(), piece.ids.begin(), piece.ids.end());
  if (!options_.details) return;
  tokens_.spans.insert(tokens_.spans.end(), piece.ids.size(), Span{0, 0});
  if (tokens_.keeps_words) tokens_.words.insert(tokens_.words.end(), piece.ids.size(), -1);
}

// Leaves this part of the sequence that was written in its place.
void RowWriter::cut(const Part& part) {
  const auto cut = [part, begin = tokens_.begin](auto& column) {
    const auto first = column.begin() + static_cast<ptrdiff_t>(begin);
    column.resize(begin + part.begin + part.size);
    column.erase(first, first + static_cast<ptrdiff_t>(part.begin));
  };
  if (part.size < tokens_.size()) {
    cut(tokens_.ids);
    if (options_.details) {
      cut(tokens_.spans);
      if (tokens_.keeps_words) cut(tokens_.words);
    }
  }
  if (trims_) trim(tokens_, part);
}

void RowWriter::append(const Sequence& sequence, const Part& part) {
  const auto copy = [part](const auto& from, auto& to) {
    const auto begin = from.begin() + static_cast<ptrdiff_t>(part.begin);
    to.insert(to.end(), begin, begin + static_cast<ptrdiff_t>(part.size));
  };
  copy(sequence.ids, tokens_.ids);
  if (!options_.details) return;
  copy(sequence.spans, tokens_.spans);
  if (tokens_.keeps_words) copy(sequence.words, tokens_.words);
  if (plan_.spec.trim_offsets) trim(sequence, part);
}

// Takes the spaces off the spans of the part that was added last.
void RowWriter::trim(const Sequence& sequence, const Part& part) {
  const size_t begin = tokens_.ids.size() - part.size;
  auto stripped = sequence.stripped.begin();
  for (size_t i = begin; i < tokens_.ids.size(); ++i) {
    const size_t place = sequence.begin + part.begin + (i - begin);
    while (stripped != sequence.stripped.end() && stripped->first < place) ++stripped;
    const bool as_found = stripped != sequence.stripped.end() && stripped->first == place;
    auto [leading, trailing] = as_found ? stripped->second : Plan::outer_spaces(plan_.tokens[tokens_.ids[i]]);
    Span& span = tokens_.spans[i];
    // One space before the text may have been added; of two, none was.
    const bool first = i == begin || span.begin == 0;
    if (leading == 1 && first && plan_.spec.trim_offsets->add_prefix_space) leading = 0;
    span.begin = std::min(span.begin + leading, span.end);
    if (trailing > 0 && span.end >= trailing) span.end = std::max(span.end - trailing, span.begin);
  }
}

}  // namespace leanformers
