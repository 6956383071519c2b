// Encodes batches: rows are shared out to threads in chunks, whose results are put together in order.
#include <stdexcept>

#include "row_writer.h"
#include "sequence_encoder.h"
#include "threads.h"

namespace leanformers {
namespace {

// Bytes of text that are worth a thread's beginning.
constexpr size_t kChunkBytes = 1 << 16;

struct Rows {
  size_t begin, end;
};

// Encodes some rows of a batch.
class BatchEncoder {
 public:
  BatchEncoder(const Plan& plan, const Texts& first, const Texts& second, const EncodeOptions& options)
      : plan_(plan), first_(first), second_(second), options_(options) {}

  // Neighbouring rows with about as much text each; together all rows.
  std::vector<Rows> chunks() const {
    std::vector<Rows> chunks;
    size_t begin = 0, bytes = 0;
    const size_t rows = first_.rows();
    for (size_t row = 0; row < rows; ++row) {
      bytes += row_bytes(row);
      if (bytes < kChunkBytes && row + 1 < rows) continue;
      chunks.push_back({begin, row + 1});
      begin = row + 1;
      bytes = 0;
    }
    return chunks;
  }

  Encoded encode(Rows rows) const {
    const WorkerPool::Loan worker = plan_.workers.lend();
    size_t bytes = 0;
    for (size_t row = rows.begin; row < rows.end; ++row) bytes += row_bytes(row);
    RowWriter writer(plan_, options_, rows.begin, rows.end - rows.begin, bytes);
    for (size_t row = rows.begin; row < rows.end; ++row) {
      try {
        encode_sequence(*worker, first_, row, worker->first);
        if (!second_.empty()) encode_sequence(*worker, second_, row, worker->second);
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("row " + std::to_string(row) + ": " + error.what());
      }
      writer.add(worker->first, second_.empty() ? nullptr : &worker->second);
    }
    return writer.take();
  }

 private:
  size_t row_bytes(size_t row) const { return first_.bytes(row) + (second_.empty() ? 0 : second_.bytes(row)); }

  void encode_sequence(Worker& worker, const Texts& texts, size_t row, Sequence& out) const {
    options_.details ? encode_sequence<true>(worker, texts, row, out) : encode_sequence<false>(worker, texts, row, out);
  }

  template <bool kDetails>
  void encode_sequence(Worker& worker, const Texts& texts, size_t row, Sequence& out) const {
    SequenceEncoder<kDetails> encoder(plan_, worker, options_.split_special_tokens, out);
    const auto checked = [](std::string_view text) {
      if (text.size() >= UINT32_MAX) throw std::invalid_argument("a text of 4 GiB or more has to be split");
      return text;
    };
    if (texts.row_offsets.empty()) return encoder.encode(checked(texts.texts[row]));
    const size_t begin = texts.row_offsets[row];
    for (size_t i = begin; i < texts.row_offsets[row + 1]; ++i) {
      encoder.encode_word(checked(texts.texts[i]), static_cast<int32_t>(i - begin));
    }
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

Encoded Tokenizer::encode(const Texts& texts, const Texts& pairs, const EncodeOptions& options) const {
  if (!pairs.empty() && pairs.rows() != texts.rows()) throw std::invalid_argument("texts and pairs differ in number");
  const BatchEncoder batch(*plan_, texts, pairs, options);
  const std::vector<Rows> chunks = batch.chunks();
  const size_t threads = options.threads == 0 ? allowed_threads() : options.threads;
  if (chunks.size() < 2 || threads < 2) return batch.encode({0, texts.rows()});
  std::vector<Encoded> parts(chunks.size());
  share_out(chunks.size(), threads, [&](size_t i) { parts[i] = batch.encode(chunks[i]); });
  parts[0].append(std::span(parts).subspan(1));
  return std::move(parts[0]);
}

}  // namespace leanformers
