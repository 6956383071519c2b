// The whole surface of the tokenizer core: a Spec goes in, a compiled Tokenizer comes out; it encodes batches of texts
// into one flat Encoded and decodes ids into text. Nothing here knows of Python.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "buffer.h"
#include "charsmap.h"
#include "pattern.h"
#include "span.h"
#include "token_table.h"

namespace leanformers {

// --- A Spec says what a tokenizer does, stage by stage, as plain data. Add a component: a struct and its variant. ---

struct AddedToken {
  std::string content;
  uint32_t id = 0;
  bool single_word = false;  // only between characters that are not \w
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = true;    // looked for in the normalized text
  bool special = false;      // left out by decode(skip_special_tokens)
  bool operator==(const AddedToken&) const = default;
};

struct BertNormalizer {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents;  // none: as `lowercase`
  bool lowercase = true;
};
struct ByteLevelNormalizer {};
struct Lowercase {};
struct Nmt {};
struct Precompiled {
  Charsmap charsmap;
};
struct Prepend {
  std::u32string prepend;
};
struct Replace {
  Pattern pattern;
  std::u32string content;
};
struct Strip {
  bool left = true, right = true;
};
struct StripAccents {};
struct UnicodeForm {
  enum class Form : uint8_t { kNfc, kNfd, kNfkc, kNfkd };
  Form form;
};
using Normalizer = std::variant<BertNormalizer, ByteLevelNormalizer, Lowercase, Nmt, Precompiled, Prepend, Replace,
                                Strip, StripAccents, UnicodeForm>;

// What becomes of a match that text is split at.
enum class SplitBehavior : uint8_t { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

struct BertPreTokenizer {};
struct ByteLevel {
  bool add_prefix_space = true;
  bool use_regex = true;
};
struct CharDelimiterSplit {
  char32_t delimiter;
};
struct Digits {
  bool individual_digits = false;
};
struct FixedLength {
  uint32_t length = 5;
};
struct Metaspace {
  enum class PrependScheme : uint8_t { kAlways, kFirst, kNever };
  char32_t replacement = U'\u2581';
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;
};
struct Punctuation {
  SplitBehavior behavior = SplitBehavior::kIsolated;
};
struct Split {
  Pattern pattern;
  SplitBehavior behavior;
  bool invert = false;
};
struct UnicodeScripts {};
struct Whitespace {};
struct WhitespaceSplit {};
using PreTokenizer = std::variant<BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace,
                                  Punctuation, Split, UnicodeScripts, Whitespace, WhitespaceSplit>;

struct WordPiece {
  Vocabulary vocab;
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  uint32_t max_input_chars_per_word = 100;
};
struct Bpe {
  Vocabulary vocab;
  MergeList merges;                                      // the rank is the place in the list
  std::optional<double> dropout;                         // probability that a merge is put off
  std::optional<std::string> unk_token;                  // none: an unknown character vanishes
  std::optional<std::string> continuing_subword_prefix;  // of all symbols but the first
  std::optional<std::string> end_of_word_suffix;         // of the last symbol
  bool fuse_unk = false;                                 // neighbouring unknown characters give one token
  bool byte_fallback = false;                            // an unknown character gives the tokens <0xXX> of its bytes
  bool ignore_merges = false;                            // a word of the vocabulary is its token
};
struct Unigram {
  ScoredTokens pieces;
  std::optional<uint32_t> unk_id;
  bool byte_fallback = false;  // what is unknown gives the tokens <0xXX> of its bytes
};
struct WordLevel {
  Vocabulary vocab;
  std::string unk_token = "<unk>";
};
using Model = std::variant<WordPiece, Bpe, Unigram, WordLevel>;

// Where special tokens and sequences stand in a row.
struct TemplatePiece {
  enum class Kind : uint8_t { kSpecial, kA, kB };
  Kind kind;
  std::vector<uint32_t> ids;  // of special tokens
  uint32_t type_id;
};
using Pieces = std::vector<TemplatePiece>;
struct Template {
  Pieces single, pair;
  // Type ids of A and B in the later parts of a text that has overflowed. As in the reference, not those of the pieces.
  std::array<uint32_t, 2> overflow_type_ids{0, 1};
};

// Spans leave out the spaces that byte-level tokens begin and end with.
struct TrimOffsets {
  bool add_prefix_space;  // the first token's space may have been added to the text
};

struct WordPieceDecoder {
  std::string prefix = "##";
  bool cleanup = true;
};
struct BpeDecoder {
  std::string suffix = "</w>";
};
struct ByteFallback {};
struct ByteLevelDecoder {};
struct Ctc {
  std::string pad_token = "<pad>";
  std::string word_delimiter_token = "|";
  bool cleanup = true;
};
struct Fuse {};
struct MetaspaceDecoder {
  char32_t replacement = U'\u2581';
  Metaspace::PrependScheme prepend_scheme = Metaspace::PrependScheme::kAlways;
};
struct ReplaceDecoder {
  Pattern pattern;
  std::u32string content;
};
struct StripDecoder {
  char32_t content;
  uint32_t start = 0, stop = 0;
};
using Decoder = std::variant<WordPieceDecoder, BpeDecoder, ByteFallback, ByteLevelDecoder, Ctc, Fuse, MetaspaceDecoder,
                             ReplaceDecoder, StripDecoder>;

struct Spec {
  std::vector<AddedToken> added_tokens;
  std::vector<Normalizer> normalizers;
  std::vector<PreTokenizer> pre_tokenizers;
  Model model;
  std::optional<Template> post_processor;
  std::optional<TrimOffsets> trim_offsets;
  std::vector<Decoder> decoders;
};

// --- Encoding ---

enum class Truncation : uint8_t { kLongestFirst, kOnlyFirst, kOnlySecond };

// The texts of a batch, or their words where the caller has split them: valid UTF-8 of less than 4 GiB each.
struct Texts {
  std::span<const std::string_view> texts;
  std::span<const size_t> row_offsets;  // row r has the words [row_offsets[r], row_offsets[r + 1]); empty: a text a row

  bool empty() const { return texts.empty() && row_offsets.empty(); }
  size_t rows() const { return row_offsets.empty() ? texts.size() : row_offsets.size() - 1; }
  size_t bytes(size_t row) const;
};

struct EncodeOptions {
  bool add_special_tokens = true;
  std::optional<uint32_t> max_length;  // of a row, special tokens included; none: no truncation
  Truncation truncation = Truncation::kLongestFirst;
  bool truncate_left = false;
  bool overflow = false;              // what truncation takes away gives rows of its own
  uint32_t stride = 0;                // tokens that such a row has in common with the one before it
  bool split_special_tokens = false;  // special tokens in a text are ordinary text
  bool details = false;               // spans and words too,
  bool words = true;                  // but words only if this is so
  bool lengths_only = false;          // no tokens at all: what Tokenizer::count asks for
  uint32_t threads = 0;               // at most so many; 0: as many as the process may use
  size_t part_bytes = 1 << 16;        // at least, of the parts of a text that several threads share
};

// Thrown when truncation cannot reach max_length by the strategy asked for.
struct TruncationError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

enum class Column : uint8_t { kIds, kTypeIds, kAttentionMask, kSpecialTokensMask, kSequenceIds, kWordIds, kSpans };

struct Run {
  size_t size;
  int32_t value;
};

// The tokens of a batch of rows, flat and immutable. Ids are stored; masks and types are derived from how many tokens
// each sequence gave and from the template. Where tokens were only counted there are none: to ask for them throws.
class Encoded {
 public:
  struct Row {
    uint32_t first, second;  // tokens of the two sequences
    uint32_t dropped;        // tokens that truncation took away
    uint32_t sample;         // the text of the batch that it is from
    bool pair;
    bool first_later, second_later;  // the sequence's tokens are not its first part: it has overflowed
  };

  size_t rows() const { return rows_.size(); }
  size_t length(size_t row) const { return static_cast<size_t>(row_offsets_[row + 1] - row_offsets_[row]); }
  uint32_t dropped(size_t row) const { return rows_[row].dropped; }
  uint32_t sample(size_t row) const { return rows_[row].sample; }
  // Samples with a word that is the unknown token for its length alone.
  std::span<const uint32_t> long_words() const { return long_words_; }
  // Samples in whose text a special token was found.
  std::span<const uint32_t> with_special_tokens() const { return with_special_tokens_; }
  std::span<const uint32_t> ids() const {
    if (lengths_only_) throw std::logic_error("the tokens were only counted");
    return ids_;
  }
  std::span<const uint32_t> ids(size_t row) const { return ids().subspan(row_offsets_[row], length(row)); }
  std::span<const int64_t> row_offsets() const { return row_offsets_; }
  bool has_details() const { return details_; }
  bool has_words() const { return words_are_kept_; }
  std::span<const Span> spans() const { return spans_; }
  std::span<const Span> spans(size_t row) const { return spans().subspan(row_offsets_[row], length(row)); }

  std::span<const int32_t> words() const { return words_; }  // -1: a special token, which is in none
  std::span<const int32_t> words(size_t row) const { return words().subspan(row_offsets_[row], length(row)); }

  // Of a column that is not stored, the runs of equal values that a row has; where it has no value (the sequence of a
  // special token): -1.
  void runs(Column column, size_t row, std::vector<Run>& out) const;
  // Of such a column, the values of all tokens.
  Buffer<int32_t> values(Column column) const;

  // Adds the rows of a batch that was encoded with the same options.
  void append(const Encoded& other);

 private:
  friend class RowWriter;
  Buffer<uint32_t> ids_;
  std::vector<int64_t> row_offsets_{0};
  std::vector<Row> rows_;
  std::vector<uint32_t> long_words_;
  std::vector<uint32_t> with_special_tokens_;
  bool details_ = false, words_are_kept_ = false;
  bool lengths_only_ = false;
  Buffer<Span> spans_;
  Buffer<int32_t> words_;
  std::shared_ptr<const Template> pieces_;  // as used for this batch: without special tokens where none were added
};

// --- A compiled tokenizer: immutable, used from any number of threads. ---

struct CompiledModel;  // model/compiled_model.h

class Tokenizer {
 public:
  // `fused` = false leaves out the fast paths: the general pipeline is their oracle.
  // `compiled`: what a tokenizer with the same model has compiled, which is taken over.
  // Throws std::invalid_argument when the parts do not fit together.
  explicit Tokenizer(Spec spec, bool fused = true, const CompiledModel* compiled = nullptr);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // `pairs` is empty or has as many rows as `texts`. The result is the same for any number of threads.
  Encoded encode(const Texts& texts, const Texts& pairs, const EncodeOptions& options) const;

  // How many tokens each row of encode would have, without keeping them. `details` has no effect.
  std::vector<int64_t> count(const Texts& texts, const Texts& pairs, EncodeOptions options) const;

  // Where the parts of a text after the first begin, in bytes, if it is cut into parts of so many at least.
  std::vector<size_t> cuts(std::string_view text, size_t part_bytes) const;

  std::string decode(std::span<const uint32_t> ids, bool skip_special_tokens) const;
  std::vector<std::string> decode_rows(std::span<const uint32_t> ids, std::span<const int64_t> row_offsets,
                                       bool skip_special_tokens, uint32_t threads) const;
  std::string decode_tokens(std::vector<std::string> tokens) const;

  std::optional<uint32_t> token_to_id(std::string_view token) const;
  std::optional<std::string_view> id_to_token(uint32_t id) const;
  // Tokens of the model, and then the added ones that the model does not have.
  std::vector<std::pair<std::string, uint32_t>> vocab(bool with_added_tokens) const;
  size_t vocab_size(bool with_added_tokens) const;

  std::shared_ptr<const CompiledModel> compiled_model() const;

  // One sentence a line: which stages are fused, which go through the general pipeline, and why.
  std::vector<std::string> explain() const;

 private:
  std::unique_ptr<const struct Plan> plan_;
};

}  // namespace leanformers
