// Encodes batches: rows are shared out to threads in chunks, and long texts in parts, whose results are put together in
// order.
#include <atomic>
#include <map>
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
// A text is long if it is more than such a part of what one of the threads has to do: others cannot make up for it.
constexpr size_t kLongShare = 4;

struct Rows {
  size_t begin, end;
};

// A text whose parts are encoded before its row is.
struct LongText {
  std::vector<std::string_view> parts;
  std::vector<uint32_t> characters;  // before each part, with details
  std::vector<Sequence> sequences;
  std::atomic<bool> failed = false;  // a part has an error or depends on another one: it is encoded with its row
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

  // Encodes the parts of long texts, as one thread of so many.
  void encode_long_texts(size_t threads) {
    if (!plan_.cuts.why_not.empty() || threads < 2) return;
    size_t bytes = 0;
    for (size_t row = 0; row < first_.rows(); ++row) bytes += row_bytes(row);
    const size_t most = std::max(bytes / (threads * kLongShare), options_.part_bytes);
    for (const Texts* texts : {&first_, &second_}) {
      if (!texts->row_offsets.empty()) continue;  // their texts are words
      for (const std::string_view& text : texts->texts) {
        const bool is_long = text.size() > most && text.size() < UINT32_MAX;
        if (is_long && !long_texts_.contains({text.data(), text.size()})) add_long_text(text);
      }
    }
    std::vector<std::pair<LongText*, size_t>> parts;
    for (auto& [text, long_text] : long_texts_) {
      for (size_t i = 0; i < long_text.parts.size(); ++i) parts.emplace_back(&long_text, i);
    }
    share_out(parts.size(), threads, [&](size_t i) {
      auto& [text, part] = parts[i];
      const WorkerPool::Loan worker = plan_.workers.lend();
      try {
        options_.details ? encode_part<true>(*worker, *text, part) : encode_part<false>(*worker, *text, part);
        if (text->sequences[part].may_shift) text->failed = true;
      } catch (const std::invalid_argument&) {
        text->failed = true;
      }
    });
  }

  Encoded encode(Rows rows) const {
    const WorkerPool::Loan worker = plan_.workers.lend();
    size_t bytes = 0;
    for (size_t row = rows.begin; row < rows.end; ++row) bytes += row_bytes(row);
    RowWriter writer(plan_, options_, rows.begin, rows.end - rows.begin, bytes);
    Sequence* const second = second_.empty() ? nullptr : &worker->second;
    for (size_t row = rows.begin; row < rows.end; ++row) {
      Sequence& first = writer.first_of_next(worker->first, second != nullptr);
      try {
        encode_sequence(*worker, first_, row, first);
        if (second != nullptr) {
          second->clear();
          encode_sequence(*worker, second_, row, *second);
        }
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("row " + std::to_string(row) + ": " + error.what());
      }
      writer.add(first, second);
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
    if (texts.row_offsets.empty()) {
      const std::string_view text = checked(texts.texts[row]);
      const auto found = long_texts_.find({text.data(), text.size()});
      const bool whole = found == long_texts_.end() || found->second.failed;
      return whole ? encoder.encode(text) : join(found->second.sequences, out);
    }
    const size_t begin = texts.row_offsets[row];
    for (size_t i = begin; i < texts.row_offsets[row + 1]; ++i) {
      encoder.encode_word(checked(texts.texts[i]), static_cast<int32_t>(i - begin));
    }
  }

  void add_long_text(std::string_view text) {
    std::vector<std::string_view> parts = cut(plan_, text, options_.part_bytes);
    if (parts.size() < 2) return;
    LongText& long_text = long_texts_[{text.data(), text.size()}];
    long_text.characters.assign(parts.size(), 0);
    for (size_t i = 1; i < parts.size(); ++i) {
      // Without details the difference between 0 and the rest is what counts.
      const size_t more = options_.details ? unicode::count_characters(parts[i - 1]) : 1;
      long_text.characters[i] = long_text.characters[i - 1] + static_cast<uint32_t>(more);
    }
    long_text.sequences.resize(parts.size());
    long_text.parts = std::move(parts);
  }

  template <bool kDetails>
  void encode_part(Worker& worker, LongText& text, size_t part) const {
    Sequence& out = text.sequences[part];
    SequenceEncoder<kDetails>(plan_, worker, options_.split_special_tokens, out)
        .encode(text.parts[part], text.characters[part]);
  }

  // A stretch that goes on in the next part may be one word all the same.
  void join(const std::vector<Sequence>& parts, Sequence& out) const {
    for (const Sequence& part : parts) {
      if (part.goes_on && plan_.spaced && plan_.spaced->one_word()) --out.word_count;
      for (const auto& [place, spaces] : part.stripped) out.stripped.emplace_back(out.ids.size() + place, spaces);
      out.ids.insert(out.ids.end(), part.ids.begin(), part.ids.end());
      out.spans.insert(out.spans.end(), part.spans.begin(), part.spans.end());
      for (const int32_t word : part.words) out.words.push_back(out.word_count + word);
      out.word_count += part.word_count;
      out.has_long_word |= part.has_long_word;
      out.has_special_token |= part.has_special_token;
    }
  }

  const Plan& plan_;
  const Texts& first_;
  const Texts& second_;
  const EncodeOptions& options_;
  std::map<std::pair<const char*, size_t>, LongText> long_texts_;  // by their place in memory and size
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
  const size_t threads = options.threads == 0 ? allowed_threads() : options.threads;
  BatchEncoder batch(*plan_, texts, pairs, options);
  batch.encode_long_texts(threads);
  const std::vector<Rows> chunks = batch.chunks();
  if (chunks.size() < 2 || threads < 2) return batch.encode({0, texts.rows()});
  std::vector<Encoded> parts(chunks.size());
  share_out(chunks.size(), threads, [&](size_t i) { parts[i] = batch.encode(chunks[i]); });
  parts[0].append(std::span(parts).subspan(1));
  return std::move(parts[0]);
}

}  // namespace leanformers
