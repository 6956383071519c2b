// Encodes batches: added tokens, words, pieces, truncation, template. The hot loop.
#include <algorithm>
#include <cassert>
#include <stdexcept>

#include "normalizers.h"
#include "plan.h"
#include "pre_tokenizers.h"
#include "template.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

// Turns byte positions of a text into character positions. Asked in rising order it reads the text once.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  uint32_t at(size_t byte) {
    if (byte < byte_) byte_ = characters_ = 0;
    characters_ += unicode::count_characters(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return static_cast<uint32_t>(characters_);
  }

 private:
  std::string_view text_;
  size_t byte_ = 0, characters_ = 0;
};

// Encodes one sequence into a Sequence.
template <bool kDetails>
class SequenceEncoder {
 public:
  SequenceEncoder(const Plan& plan, Worker& worker, Sequence& out) : plan_(plan), worker_(worker), out_(out) {}

  void encode(std::string_view text) {
    out_.clear();
    end_ = text.data() + text.size();
    CharacterCounter counter(text);
    plan_.verbatim.split(text, worker_.segments);
    for (const auto& [token, begin, end] : worker_.segments) {
      const uint32_t first = kDetails ? counter.at(begin) : 0;
      if (token != nullptr) {
        add_token(*token, {first, kDetails ? counter.at(end) : 0});
      } else {
        encode_stretch(text.substr(begin, end - begin), first);
      }
    }
  }

  // --- What scan_bert calls ---

  void ascii_word(const char* begin, uint32_t size, uint32_t character) {
    const auto span = [character](uint32_t from, uint32_t to) { return Span{character + from, character + to}; };
    const std::string_view word(begin, size);
    if (size > WordCache::kMaxBytes) return add_word(tokenize(lowered(word)), span);
    const WordCache::Key own = WordCache::key(word, end_ - begin >= 16);
    const WordCache::Key key = lowercases_ ? WordCache::lowercase(own) : own;
    if (const WordCache::Entry* entry = worker_.cache.find(key)) return add_entry(*entry, span);
    worker_.cache.insert(key, tokenize(lowered(word)));
    add_word(worker_.tokens, span);
  }

  void isolated(const char* begin, uint32_t size, uint32_t character) {
    const auto span = [character](uint32_t, uint32_t) { return Span{character, character + 1}; };
    const WordCache::Key key = WordCache::key({begin, size}, end_ - begin >= 16);
    if (const WordCache::Entry* entry = worker_.cache.find(key)) return add_entry(*entry, span);
    worker_.cache.insert(key, tokenize({begin, size}));
    add_word(worker_.tokens, span);
  }

  void word(std::string_view word, const Span* spans) {
    const auto span = [spans](uint32_t from, uint32_t to) { return Span{spans[from].begin, spans[to - 1].end}; };
    if (word.size() > WordCache::kMaxBytes) return add_word(tokenize(word), span);
    const WordCache::Key key = WordCache::key(word, false);
    if (const WordCache::Entry* entry = worker_.cache.find(key)) return add_entry(*entry, span);
    worker_.cache.insert(key, tokenize(word));
    add_word(worker_.tokens, span);
  }

 private:
  // Text between added tokens.
  void encode_stretch(std::string_view text, uint32_t first) {
    if (plan_.bert) {
      const size_t tokens = out_.ids.size();
      const int32_t words = out_.word_count;
      if (scan_bert<kDetails>(*plan_.bert, text, first, worker_.scratch, *this)) return;
      take_back(tokens, words);
    }
    interpret(text, first);
  }

  // The general pipeline: one stage after the other.
  void interpret(std::string_view text, uint32_t first) {
    Characters characters = read_characters(text, first);
    normalize(plan_.spec.normalizers, characters);
    if (characters.empty()) return;
    if (plan_.normalized.empty()) {
      const uint32_t origin = characters.front().source.begin;
      return interpret_words({std::move(characters), origin});
    }
    const std::string normalized = to_utf8(characters);
    CharacterCounter counter(normalized);
    std::vector<AddedTokenMatcher::Segment> segments;
    plan_.normalized.split(normalized, segments);
    for (const auto& [token, begin, end] : segments) {
      const auto stretch = std::span(characters).subspan(counter.at(begin), counter.at(end) - counter.at(begin));
      const uint32_t origin = stretch.front().source.begin;
      if (token != nullptr) {
        add_token(*token, {origin, stretch.back().source.end});
      } else {
        interpret_words({Characters(stretch.begin(), stretch.end()), origin});
      }
    }
  }

  void interpret_words(TextPiece piece) {
    std::vector<Span> spans;
    for (const TextPiece& word : pre_tokenize(plan_.spec.pre_tokenizers, std::move(piece))) {
      spans.clear();
      const std::string bytes = to_utf8(word.characters, kDetails ? &spans : nullptr);
      // A model's offsets may lie beyond the word: characters that vanished are not counted (traps of BPE).
      const auto last = static_cast<uint32_t>(bytes.size()) - 1;
      add_word(tokenize(bytes), [&](uint32_t from, uint32_t to) {
        return Span{spans[std::min(from, last)].begin, spans[std::min(std::max(from + 1, to) - 1, last)].end};
      });
    }
  }

  void add_token(const AddedToken& token, Span span) {
    out_.ids.push_back(token.id);
    if constexpr (kDetails) {
      out_.spans.push_back(span);
      out_.words.push_back(out_.word_count);
    }
    ++out_.word_count;
  }

  std::string_view lowered(std::string_view word) {
    if (!lowercases_) return word;
    std::string& lower = worker_.lowered;
    lower.resize(word.size());
    for (size_t i = 0; i < word.size(); ++i) lower[i] = plan_.bert->ascii_form(word[i]);
    return lower;
  }

  const WordTokens& tokenize(std::string_view word) {
    std::visit([&](const auto& model) { model.tokenize(word, worker_.tokens); }, plan_.model);
    return worker_.tokens;
  }

  // `span(from, to)` is where bytes [from, to) of the word come from.

  template <typename SpanOf>
  void add_word(const WordTokens& tokens, const SpanOf& span) {
    for (const auto& [id, begin, end] : tokens) add_piece(id, begin, end, span);
    ++out_.word_count;
  }

  template <typename SpanOf>
  void add_entry(const WordCache::Entry& entry, const SpanOf& span) {
    uint32_t begin = 0;
    for (size_t i = 0; i < entry.count; ++i) {
      add_piece(entry.ids[i], begin, entry.ends[i], span);
      begin = entry.ends[i];
    }
    ++out_.word_count;
  }

  template <typename SpanOf>
  void add_piece(uint32_t id, uint32_t begin, uint32_t end, const SpanOf& span) {
    out_.ids.push_back(id);
    if constexpr (kDetails) {
      out_.spans.push_back(span(begin, end));
      out_.words.push_back(out_.word_count);
    }
  }

  void take_back(size_t tokens, int32_t words) {
    out_.ids.resize(tokens);
    if constexpr (kDetails) {
      out_.spans.resize(tokens);
      out_.words.resize(tokens);
    }
    out_.word_count = words;
  }

  const Plan& plan_;
  Worker& worker_;
  Sequence& out_;
  const bool lowercases_ = plan_.bert && plan_.bert->lowercases();
  const char* end_ = nullptr;  // of the text that is being read
};

}  // namespace

// Puts sequences and special tokens together into the rows of an Encoded.
class RowWriter {
 public:
  RowWriter(const Plan& plan, std::shared_ptr<const Template> pieces, const EncodeOptions& options, size_t rows)
      : plan_(plan),
        options_(options),
        special_single_(count_special_tokens(pieces->single)),
        special_pair_(count_special_tokens(pieces->pair)) {
    encoded_.pieces_ = std::move(pieces);
    encoded_.details_ = options.details;
    encoded_.rows_.reserve(rows);
    encoded_.row_offsets_.reserve(rows + 1);
  }

  void add(const Sequence& first, const Sequence* second) {
    const size_t n_first = first.ids.size();
    const size_t n_second = second ? second->ids.size() : 0;
    const Kept kept = keep(n_first, n_second, second != nullptr);
    for (const TemplatePiece& piece : second ? encoded_.pieces_->pair : encoded_.pieces_->single) {
      switch (piece.kind) {
        case TemplatePiece::Kind::kSpecial:
          encoded_.ids_.insert(encoded_.ids_.end(), piece.ids.begin(), piece.ids.end());
          if (options_.details) {
            encoded_.spans_.insert(encoded_.spans_.end(), piece.ids.size(), Span{0, 0});
            encoded_.words_.insert(encoded_.words_.end(), piece.ids.size(), -1);
          }
          break;
        case TemplatePiece::Kind::kA:
          append(first, kept.first);
          break;
        case TemplatePiece::Kind::kB:
          append(*second, kept.second);
          break;
      }
    }
    encoded_.row_offsets_.push_back(static_cast<int64_t>(encoded_.ids_.size()));
    encoded_.rows_.push_back({static_cast<uint32_t>(kept.first), static_cast<uint32_t>(kept.second),
                              static_cast<uint32_t>(n_first + n_second - kept.first - kept.second), second != nullptr});
  }

  Encoded take() { return std::move(encoded_); }

 private:
  Kept keep(size_t first, size_t second, bool pair) const {
    if (!options_.max_length) return {first, second};
    const size_t special = pair ? special_pair_ : special_single_;
    if (*options_.max_length < special) {
      throw TruncationError("max_length " + std::to_string(*options_.max_length) + " is less than the " +
                            std::to_string(special) + " special tokens");
    }
    try {
      return truncate(first, second, pair, *options_.max_length - special, options_.truncation);
    } catch (const TruncationError& error) {
      throw TruncationError("row " + std::to_string(encoded_.rows_.size()) + ": " + error.what());
    }
  }

  void append(const Sequence& sequence, size_t kept) {
    const auto copy = [&](const auto& from, auto& to) {
      const auto begin = from.begin() + static_cast<ptrdiff_t>(options_.truncate_left ? from.size() - kept : 0);
      to.insert(to.end(), begin, begin + static_cast<ptrdiff_t>(kept));
    };
    copy(sequence.ids, encoded_.ids_);
    if (!options_.details) return;
    copy(sequence.spans, encoded_.spans_);
    copy(sequence.words, encoded_.words_);
    if (plan_.spec.trim_offsets) trim(kept);
  }

  // Takes the spaces off the spans of the last `count` tokens.
  void trim(size_t count) {
    const size_t begin = encoded_.ids_.size() - count;
    for (size_t i = begin; i < encoded_.ids_.size(); ++i) {
      Span& span = encoded_.spans_[i];
      auto [leading, trailing] = plan_.outer_spaces(encoded_.ids_[i]);
      const bool first = i == begin || span.begin == 0;
      if (leading > 0 && first && plan_.spec.trim_offsets->add_prefix_space) --leading;
      span.begin = std::min(span.begin + leading, span.end);
      if (trailing > 0 && span.end >= trailing) span.end = std::max(span.end - trailing, span.begin);
    }
  }

  const Plan& plan_;
  const EncodeOptions& options_;
  size_t special_single_, special_pair_;
  Encoded encoded_;
};

Encoded Tokenizer::encode(std::span<const std::string_view> texts, std::span<const std::string_view> pairs,
                          const EncodeOptions& options) const {
  if (!pairs.empty() && pairs.size() != texts.size()) throw std::invalid_argument("texts and pairs differ in number");
  const WorkerPool::Loan worker = plan_->workers.lend();
  const auto encode_sequence = [&](std::string_view text, Sequence& out) {
    if (text.size() >= UINT32_MAX) throw std::invalid_argument("a text of 4 GiB or more has to be split");
    if (options.details) {
      SequenceEncoder<true>(*plan_, *worker, out).encode(text);
    } else {
      SequenceEncoder<false>(*plan_, *worker, out).encode(text);
    }
  };
  RowWriter writer(*plan_, options.add_special_tokens ? plan_->with_special_tokens : plan_->without_special_tokens,
                   options, texts.size());
  for (size_t row = 0; row < texts.size(); ++row) {
    encode_sequence(texts[row], worker->first);
    if (!pairs.empty()) encode_sequence(pairs[row], worker->second);
    writer.add(worker->first, pairs.empty() ? nullptr : &worker->second);
  }
  return writer.take();
}

}  // namespace leanformers
