// Encodes batches: rows are shared out to threads in chunks, and long texts in parts, whose results are put together in
// order while they come.
#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <utility>

#include "cuts.h"
#include "row_writer.h"
#include "sequence_encoder.h"
#include "threads.h"

namespace leanformers {
namespace {

// Bytes of text that are worth a thread's beginning.
constexpr size_t kChunkBytes = 1 << 16;
// A row is long if it is more than such a part of what one of the threads has to do: others cannot make up for it.
constexpr size_t kLongShare = 4;

// Neighbouring rows; or a long one, with the parts of its texts if these may be cut.
struct Chunk {
  size_t begin, end;
  std::array<std::vector<std::string_view>, 2> parts;

  bool is_shared() const { return parts[0].size() > 1 || parts[1].size() > 1; }
};

// Ends the rows of some texts, one after the other.
class RowEnds {
 public:
  RowEnds(RowWriter& writer, Sequence& scratch, size_t begin, size_t end)
      : writer_(writer), scratch_(scratch), tokens_(writer.first_of_next(scratch, false)), row_(begin), end_(end) {}

  // Where the tokens of each text are to be written.
  Sequence& tokens() { return tokens_; }
  // Of the text whose tokens are written now.
  size_t row() const { return row_; }

  void operator()() {
    writer_.add(tokens_, nullptr);
    if (++row_ < end_) writer_.first_of_next(scratch_, false);
  }
  // While more are being written.
  template <bool kDetails>
  void operator()(TokenWriter<kDetails>& tokens) {
    writer_.end_row(tokens_, tokens, scratch_, row_ + 1 == end_);
    ++row_;
  }

 private:
  RowWriter& writer_;
  Sequence &scratch_, &tokens_;
  size_t row_, end_;
};

// Encodes some rows of a batch.
class BatchEncoder {
 public:
  BatchEncoder(const Plan& plan, const Texts& first, const Texts& second, const EncodeOptions& options)
      : plan_(plan), first_(first), second_(second), options_(options) {}

  Encoded encode() const {
    const size_t rows = first_.rows();
    const size_t threads = this->threads();
    if (threads < 2) return encode({0, rows, {}});
    const std::vector<Chunk> chunks = this->chunks(threads);
    if (chunks.size() == 1) return encode(chunks[0]);
    Encoded all = writer({0, rows, {}}).take();  // which has room for all
    for (size_t begin = 0, end; begin < chunks.size(); begin = end) {
      end = begin + 1;
      if (!chunks[begin].is_shared()) {
        while (end < chunks.size() && !chunks[end].is_shared()) ++end;
      }
      share_out_in_order(
          end - begin, threads, [&](size_t i) { return encode(chunks[begin + i]); },
          [&](size_t, const Encoded& some) { all.append(some); });
    }
    return all;
  }

 private:
  size_t row_bytes(size_t row) const { return first_.bytes(row) + (second_.empty() ? 0 : second_.bytes(row)); }
  size_t bytes(size_t begin, size_t end) const {
    size_t bytes = 0;
    for (size_t row = begin; row < end; ++row) bytes += row_bytes(row);
    return bytes;
  }

  // Asked of the system only where there is something to share: a short text takes hardly longer than the question.
  size_t threads() const {
    if (options_.threads != 0) return options_.threads;
    return bytes(0, first_.rows()) < std::min(kChunkBytes, options_.part_bytes) ? 1 : allowed_threads();
  }

  // All rows, with about as much text in each chunk.
  std::vector<Chunk> chunks(size_t threads) const {
    const size_t rows = first_.rows();
    const size_t long_bytes = std::max(bytes(0, rows) / (threads * kLongShare), options_.part_bytes);
    std::vector<Chunk> chunks;
    size_t begin = 0, bytes = 0;
    const auto finish = [&](size_t end) {
      if (begin < end) chunks.push_back({begin, end, {}});
      begin = end;
      bytes = 0;
    };
    for (size_t row = 0; row < rows; ++row) {
      const size_t more = row_bytes(row);
      Chunk alone{row, row + 1, {}};
      if (more > long_bytes) alone.parts = {parts(first_, row), parts(second_, row)};
      if (alone.is_shared()) {
        finish(row);
        chunks.push_back(std::move(alone));
        begin = row + 1;
      } else if ((bytes += more) >= kChunkBytes) {
        finish(row + 1);
      }
    }
    finish(rows);
    if (chunks.empty()) chunks.push_back({0, rows, {}});
    return chunks;
  }

  // None of what is not cut: words of the caller, and what is too long, which is an error.
  std::vector<std::string_view> parts(const Texts& texts, size_t row) const {
    if (texts.texts.empty() || !texts.row_offsets.empty() || !plan_.cuts.why_not.empty()) return {};
    const std::string_view text = texts.texts[row];
    return text.size() < UINT32_MAX ? cut(plan_, text, options_.part_bytes) : std::vector<std::string_view>();
  }

  RowWriter writer(const Chunk& chunk) const {
    return {plan_, options_, chunk.begin, chunk.end - chunk.begin, bytes(chunk.begin, chunk.end)};
  }

  Encoded encode(const Chunk& chunk) const {
    const WorkerPool::Loan worker = plan_.workers.lend();
    RowWriter writer = this->writer(chunk);
    if (second_.empty() && first_.row_offsets.empty() && !chunk.is_shared()) {
      encode_rows(chunk, *worker, writer);
      return writer.take();
    }
    Sequence* const second = second_.empty() ? nullptr : &worker->second;
    for (size_t row = chunk.begin; row < chunk.end; ++row) {
      Sequence& first = writer.first_of_next(worker->first, second != nullptr);
      try {
        encode(*worker, first_, row, chunk.parts[0], first);
        if (second != nullptr) {
          second->clear();
          second->keeps_words = first.keeps_words;
          encode(*worker, second_, row, chunk.parts[1], *second);
        }
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("row " + std::to_string(row) + ": " + error.what());
      }
      writer.add(first, second);
    }
    return writer.take();
  }

  // Of a text each.
  void encode_rows(const Chunk& chunk, Worker& worker, RowWriter& writer) const {
    if (chunk.begin == chunk.end) return;
    RowEnds end_row(writer, worker.first, chunk.begin, chunk.end);
    try {
      with_encoder(worker, end_row.tokens(), [&](auto encoder) {
        encoder.encode_all(first_.texts.subspan(chunk.begin, chunk.end - chunk.begin), end_row);
      });
    } catch (const TruncationError&) {
      throw;
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("row " + std::to_string(end_row.row()) + ": " + error.what());
    }
  }

  void encode(Worker& worker, const Texts& texts, size_t row, std::span<const std::string_view> parts,
              Sequence& out) const {
    if (parts.size() > 1 && encode_parts(parts, out)) return;
    with_encoder(worker, out, [&](auto encoder) {
      if (texts.row_offsets.empty()) return encoder.encode(texts.texts[row]);
      const size_t begin = texts.row_offsets[row];
      for (size_t i = begin; i < texts.row_offsets[row + 1]; ++i) {
        encoder.encode_word(texts.texts[i], static_cast<int32_t>(i - begin));
      }
    });
  }

  template <typename Encode>
  void with_encoder(Worker& worker, Sequence& out, const Encode& encode) const {
    options_.details ? encode(SequenceEncoder<true>(plan_, worker, options_.split_special_tokens, out))
                     : encode(SequenceEncoder<false>(plan_, worker, options_.split_special_tokens, out));
  }

  // False: one of them has an error or depends on another one, and the text has to be encoded as a whole.
  bool encode_parts(std::span<const std::string_view> parts, Sequence& out) const {
    std::vector<uint32_t> before(parts.size());  // characters; without details only 0 and the rest are told apart
    for (size_t i = 1; i < parts.size(); ++i) {
      const size_t more = options_.details ? unicode::count_characters(parts[i - 1]) : 1;
      before[i] = before[i - 1] + static_cast<uint32_t>(more);
    }
    std::atomic<bool> failed = false;
    share_out_in_order(
        parts.size(), options_.threads,
        [&](size_t i) {
          const WorkerPool::Loan worker = plan_.workers.lend();
          worker->first.clear();
          worker->first.keeps_words = out.keeps_words;
          try {
            with_encoder(*worker, worker->first, [&](auto encoder) { encoder.encode(parts[i], before[i]); });
          } catch (const std::invalid_argument&) {
            failed = true;
          }
          if (worker->first.may_shift) failed = true;
          return worker->first;
        },
        [&](size_t, const Sequence& part) { out.append(part, plan_.spaced && plan_.spaced->one_word()); });
    if (failed) out.take_back();
    return !failed;
  }

  const Plan& plan_;
  const Texts& first_;
  const Texts& second_;
  const EncodeOptions& options_;
};

}  // namespace

size_t Texts::bytes(size_t row) const {
  if (row_offsets.empty()) return texts[row].size();
  size_t bytes = 0;
  for (size_t i = row_offsets[row]; i < row_offsets[row + 1]; ++i) bytes += texts[i].size();
  return bytes;
}

std::vector<size_t> Tokenizer::cuts(std::string_view text, size_t part_bytes) const {
  std::vector<size_t> cuts;
  for (const std::string_view part : cut(*plan_, text, part_bytes)) cuts.push_back(part.data() - text.data());
  cuts.erase(cuts.begin());
  return cuts;
}

Encoded Tokenizer::encode(const Texts& texts, const Texts& pairs, const EncodeOptions& options) const {
  if (!pairs.empty() && pairs.rows() != texts.rows()) throw std::invalid_argument("texts and pairs differ in number");
  return BatchEncoder(*plan_, texts, pairs, options).encode();
}

}  // namespace leanformers
