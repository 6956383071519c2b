// Fuzzes encode and decode: the first byte chooses a tokenizer, the rest is the text. Each model, and between them all
// normalizers and pre-tokenizers. What must hold: ids of the vocabulary, rows in order, spans inside the text, and the
// same ids from the fused scan and from the general pipeline.
#include <memory>
#include <stdexcept>
#include <vector>

#include "byte_level.h"
#include "fuzz/fuzz.h"
#include "tokenizer.h"

namespace leanformers {
namespace {

using Vocab = std::vector<std::pair<std::string, uint32_t>>;

Vocab number(const std::vector<std::string>& tokens) {
  Vocab vocab;
  for (const std::string& token : tokens) vocab.emplace_back(token, static_cast<uint32_t>(vocab.size()));
  return vocab;
}

std::vector<std::string> byte_tokens() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    char token[8];
    std::snprintf(token, sizeof token, "<0x%02X>", byte);
    tokens.emplace_back(token);
  }
  return tokens;
}

Spec bert() {
  WordPiece model{number({"[UNK]", "a", "b", "##a", "##b", "ab", "##ing", "!", "é", "中", "##1"}), "[UNK]", "##", 100};
  Spec spec{.model = model};
  spec.normalizers = {BertNormalizer{}};
  spec.pre_tokenizers = {BertPreTokenizer{}};
  spec.decoders = {WordPieceDecoder{}};
  spec.added_tokens = {{.content = "[SEP]", .id = 11, .lstrip = true, .rstrip = true, .normalized = false}};
  return spec;
}

Spec byte_level() {
  Bpe model{.vocab = number({"a", "b", "Ġ", "Ġa", "ab", "Ã", "©", "Ã©", "é"}),
            .merges = {{"Ġ", "a"}, {"a", "b"}, {"Ã", "©"}},
            .unk_token = "a"};
  Spec spec{.model = model};
  spec.normalizers = {UnicodeForm{UnicodeForm::Form::kNfkc}, Replace{Pattern::regex("x*"), U"a"}};
  spec.pre_tokenizers = {ByteLevel{}, Digits{true}, FixedLength{7}};
  spec.decoders = {ByteLevelDecoder{}};
  spec.trim_offsets = TrimOffsets{true};
  spec.added_tokens = {{.content = "<s>", .id = 9, .single_word = true, .normalized = true, .special = true}};
  return spec;
}

Spec sentence_piece() {
  std::vector<std::string> tokens = byte_tokens();
  for (const char* token : {"<unk>", "▁", "a", "▁a", "aa", "▁aa"}) tokens.emplace_back(token);
  Bpe model{.vocab = number(tokens),
            .merges = {{"▁", "a"}, {"a", "a"}, {"▁", "aa"}},
            .unk_token = "<unk>",
            .fuse_unk = true,
            .byte_fallback = true};
  Spec spec{.model = model};
  spec.normalizers = {Nmt{}, Prepend{U"▁"}, Replace{Pattern::literal(" "), U"▁"}};
  spec.decoders = {ReplaceDecoder{Pattern::literal("▁"), U" "}, ByteFallback{}, Fuse{}, StripDecoder{U' ', 1, 0}};
  return spec;
}

Spec unigram() {
  Unigram model{{{"<unk>", 0}, {"▁", -2}, {"a", -3}, {"▁a", -2.5}, {"ab", -4}, {"b", -3}, {"é", -9}}, 0, false};
  Spec spec{.model = model};
  spec.normalizers = {Strip{}, UnicodeForm{UnicodeForm::Form::kNfd}, StripAccents{}, Lowercase{}};
  spec.pre_tokenizers = {WhitespaceSplit{}, Metaspace{}, UnicodeScripts{}};
  spec.decoders = {MetaspaceDecoder{}};
  return spec;
}

Spec words() {
  Spec spec{.model = WordLevel{number({"<unk>", "a", "b", "ab", "1"}), "<unk>"}};
  spec.normalizers = {UnicodeForm{UnicodeForm::Form::kNfc}, ByteLevelNormalizer{}};
  spec.pre_tokenizers = {Split{Pattern::regex(R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s+(?!\S)|\s+)"),
                               SplitBehavior::kMergedWithNext, false},
                         Whitespace{}, Punctuation{SplitBehavior::kContiguous}, CharDelimiterSplit{U'b'}};
  spec.decoders = {BpeDecoder{}, Ctc{}};
  return spec;
}

// All bytes are known, so that the scan for byte-level models is used.
Spec all_bytes() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t character = byte_to_character(static_cast<char>(byte));
    tokens.push_back(unicode::to_utf8({&character, 1}));
  }
  for (const char* token : {"Ġa", "ab", "'s", "Ċ Ċ", "Ã©", "11"}) tokens.emplace_back(token);
  Bpe model{.vocab = number(tokens), .merges = {{"Ġ", "a"}, {"a", "b"}, {"'", "s"}, {"Ã", "©"}, {"1", "1"}}};
  Spec spec{.model = model};
  spec.decoders = {ByteLevelDecoder{}};
  spec.added_tokens = {{.content = "<s>", .id = 262, .rstrip = true, .normalized = true}};
  return spec;
}

Spec gpt2() {
  Spec spec = all_bytes();
  spec.pre_tokenizers = {ByteLevel{true, true}};
  return spec;
}

Spec llama3() {
  Spec spec = all_bytes();
  spec.normalizers = {UnicodeForm{UnicodeForm::Form::kNfc}};
  spec.pre_tokenizers = {
      Split{
          Pattern::regex(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
                         R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"),
          SplitBehavior::kIsolated, false},
      ByteLevel{false, false}};
  return spec;
}

struct Both {
  explicit Both(Spec (*make)()) : fused(make()), general(make(), false) {}
  Tokenizer fused, general;
};

const std::vector<std::unique_ptr<Both>>& tokenizers() {
  static const auto* all = [] {
    auto* built = new std::vector<std::unique_ptr<Both>>;
    for (auto make : {bert, byte_level, sentence_piece, unigram, words, gpt2, llama3}) {
      built->push_back(std::make_unique<Both>(make));
    }
    return built;
  }();
  return *all;
}

void check(const Both& both, std::string_view text) {
  using fuzz::require;
  const std::vector<std::string_view> texts{text, "a", text};
  EncodeOptions options;
  options.details = true;
  const Texts rows{texts, {}};
  const Encoded encoded = both.fused.encode(rows, {}, options);
  const Encoded general = both.general.encode(rows, {}, options);
  require(encoded.rows() == 3, "a row for each text");
  const size_t characters = unicode::count_characters(text);
  for (size_t row = 0; row < encoded.rows(); ++row) {
    require(encoded.row_offsets()[row] <= encoded.row_offsets()[row + 1], "rows are in order");
    const auto ids = encoded.ids(row), others = general.ids(row);
    require(std::equal(ids.begin(), ids.end(), others.begin(), others.end()), "fused and general give the same ids");
    require(general.spans(row).size() == encoded.spans(row).size() &&
                std::equal(encoded.spans(row).begin(), encoded.spans(row).end(), general.spans(row).begin(),
                           [](Span a, Span b) { return a.begin == b.begin && a.end == b.end; }),
            "fused and general give the same spans");
    for (uint32_t id : ids) require(both.fused.id_to_token(id).has_value(), "ids are of the vocabulary");
    if (row == 1) continue;
    for (const Span& span : encoded.spans(row)) {
      require(span.begin <= span.end && span.end <= characters, "spans are inside the text");
    }
  }
  const auto first = encoded.ids(0), last = encoded.ids(2);
  require(std::equal(first.begin(), first.end(), last.begin(), last.end()), "equal texts give equal ids");
  require(unicode::is_valid(both.fused.decode(first, false)), "decoded text is UTF-8");
}

}  // namespace
}  // namespace leanformers

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto& all = leanformers::tokenizers();
  const std::string text = leanformers::fuzz::read_text(data + 1, size - 1);
  leanformers::check(*all[data[0] % all.size()], text);
  return 0;
}
