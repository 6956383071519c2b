// Normalizers, pre-tokenizers and decoders as Python classes: their settings are keyword arguments.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <string>
#include <utility>

#include "characters.h"
#include "module/module.h"
#include "tokenizer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

std::u32string read_codes(const std::string& text) { return codes(read_characters(text, 0)); }

char32_t read_character(const char* name, const std::string& text) {
  const std::u32string found = read_codes(text);
  if (found.size() != 1)
    throw nb::value_error((std::string(name) + " must be one character, not \"" + text + "\"").c_str());
  return found[0];
}

Pattern read_pattern(const std::string& text, bool regex) {
  return regex ? Pattern::regex(text) : Pattern::literal(text);
}

// A component without settings.
template <typename Component>
void bind_plain(nb::module_& m, const char* name, const char* doc) {
  nb::class_<Component>(m, name, doc).def(nb::init<>());
}

void bind_enums(nb::module_& m) {
  nb::enum_<SplitBehavior>(m, "SplitBehavior", "What becomes of a match that text is split at.")
      .value("REMOVED", SplitBehavior::kRemoved)
      .value("ISOLATED", SplitBehavior::kIsolated)
      .value("MERGED_WITH_PREVIOUS", SplitBehavior::kMergedWithPrevious)
      .value("MERGED_WITH_NEXT", SplitBehavior::kMergedWithNext)
      .value("CONTIGUOUS", SplitBehavior::kContiguous);
  nb::enum_<Metaspace::PrependScheme>(m, "PrependScheme", "Where Metaspace puts its mark before a piece without one.")
      .value("ALWAYS", Metaspace::PrependScheme::kAlways)
      .value("FIRST", Metaspace::PrependScheme::kFirst)
      .value("NEVER", Metaspace::PrependScheme::kNever);
  nb::enum_<UnicodeForm::Form>(m, "Form", "A Unicode normalization form.")
      .value("NFC", UnicodeForm::Form::kNfc)
      .value("NFD", UnicodeForm::Form::kNfd)
      .value("NFKC", UnicodeForm::Form::kNfkc)
      .value("NFKD", UnicodeForm::Form::kNfkd);
}

void bind_normalizers(nb::module_& m) {
  nb::class_<BertNormalizer>(m, "BertNormalizer", "Clean, space Chinese characters, strip accents, lower-case.")
      .def(nb::new_([](bool clean_text, bool handle_chinese_chars, std::optional<bool> strip_accents, bool lowercase) {
             return BertNormalizer{clean_text, handle_chinese_chars, strip_accents, lowercase};
           }),
           nb::kw_only(), "clean_text"_a = true, "handle_chinese_chars"_a = true, "strip_accents"_a = nb::none(),
           "lowercase"_a = true);
  bind_plain<ByteLevelNormalizer>(m, "ByteLevelNormalizer", "Writes each byte as a character of GPT-2's alphabet.");
  bind_plain<Lowercase>(m, "Lowercase", "Lower case, character by character.");
  bind_plain<Nmt>(m, "Nmt",
                  "Deletes control characters and makes spaces of other white space, as SentencePiece's NMT rules.");
  nb::class_<Precompiled>(m, "Precompiled", "The character map of a SentencePiece model, as bytes.")
      .def(nb::new_(
               [](const nb::bytes& charsmap) { return Precompiled{Charsmap({charsmap.c_str(), charsmap.size()})}; }),
           nb::kw_only(), "charsmap"_a);
  nb::class_<Prepend>(m, "Prepend", "Puts a text before every stretch that is not empty.")
      .def(nb::new_([](const std::string& prepend) { return Prepend{read_codes(prepend)}; }), nb::kw_only(),
           "prepend"_a);
  nb::class_<Replace>(m, "Replace", "Puts a text in the place of each match.")
      .def(nb::new_([](const std::string& pattern, const std::string& content, bool regex) {
             return Replace{read_pattern(pattern, regex), read_codes(content)};
           }),
           nb::kw_only(), "pattern"_a, "content"_a, "regex"_a = false);
  nb::class_<Strip>(m, "Strip", "Takes white space off the ends.")
      .def(nb::new_([](bool strip_left, bool strip_right) { return Strip{strip_left, strip_right}; }), nb::kw_only(),
           "strip_left"_a = true, "strip_right"_a = true);
  bind_plain<StripAccents>(m, "StripAccents", "Deletes combining marks.");
  nb::class_<UnicodeForm>(m, "UnicodeForm", "NFC, NFD, NFKC or NFKD.")
      .def(nb::new_([](UnicodeForm::Form form) { return UnicodeForm{form}; }), nb::kw_only(), "form"_a);
}

void bind_pre_tokenizers(nb::module_& m) {
  bind_plain<BertPreTokenizer>(m, "BertPreTokenizer", "Splits at white space and around punctuation.");
  nb::class_<ByteLevel>(m, "ByteLevel", "GPT-2's words, their bytes written as characters.")
      .def(nb::new_([](bool add_prefix_space, bool use_regex) { return ByteLevel{add_prefix_space, use_regex}; }),
           nb::kw_only(), "add_prefix_space"_a = true, "use_regex"_a = true);
  nb::class_<CharDelimiterSplit>(m, "CharDelimiterSplit", "Splits at a character, which goes.")
      .def(nb::new_(
               [](const std::string& delimiter) { return CharDelimiterSplit{read_character("delimiter", delimiter)}; }),
           nb::kw_only(), "delimiter"_a);
  nb::class_<Digits>(m, "Digits", "Numbers are words, together or each digit by itself.")
      .def(nb::new_([](bool individual_digits) { return Digits{individual_digits}; }), nb::kw_only(),
           "individual_digits"_a = false);
  nb::class_<FixedLength>(m, "FixedLength", "Words of so many characters.")
      .def(nb::new_([](uint32_t length) {
             if (length == 0) throw nb::value_error("length must be at least 1");
             return FixedLength{length};
           }),
           nb::kw_only(), "length"_a = 5);
  nb::class_<Metaspace>(m, "Metaspace", "Spaces become a mark that words begin with.")
      .def(nb::new_([](const std::string& replacement, Metaspace::PrependScheme prepend_scheme, bool split) {
             return Metaspace{read_character("replacement", replacement), prepend_scheme, split};
           }),
           nb::kw_only(), "replacement"_a = "\u2581", "prepend_scheme"_a = Metaspace::PrependScheme::kAlways,
           "split"_a = true);
  nb::class_<Punctuation>(m, "Punctuation", "Splits at punctuation.")
      .def(nb::new_([](SplitBehavior behavior) { return Punctuation{behavior}; }), nb::kw_only(),
           "behavior"_a = SplitBehavior::kIsolated);
  nb::class_<Split>(m, "Split", "Splits at a literal text or at the matches of a regular expression.")
      .def(nb::new_([](const std::string& pattern, SplitBehavior behavior, bool invert, bool regex) {
             return Split{read_pattern(pattern, regex), behavior, invert};
           }),
           nb::kw_only(), "pattern"_a, "behavior"_a, "invert"_a = false, "regex"_a = false);
  bind_plain<UnicodeScripts>(m, "UnicodeScripts", "Splits where the script changes.");
  bind_plain<Whitespace>(m, "Whitespace", "\\w+|[^\\w\\s]+");
  bind_plain<WhitespaceSplit>(m, "WhitespaceSplit", "Splits at white space.");
}

void bind_decoders(nb::module_& m) {
  nb::class_<BpeDecoder>(m, "BpeDecoder", "Makes spaces of the suffix that ends words.")
      .def(nb::new_([](std::string suffix) { return BpeDecoder{std::move(suffix)}; }), nb::kw_only(),
           "suffix"_a = "</w>");
  bind_plain<ByteFallback>(m, "ByteFallback", "Makes text of tokens like <0x0A>.");
  bind_plain<ByteLevelDecoder>(m, "ByteLevelDecoder", "Makes text of bytes written as characters of GPT-2's alphabet.");
  nb::class_<Ctc>(m, "Ctc", "Drops repetitions and the padding between them.")
      .def(nb::new_([](std::string pad_token, std::string word_delimiter_token, bool cleanup) {
             return Ctc{std::move(pad_token), std::move(word_delimiter_token), cleanup};
           }),
           nb::kw_only(), "pad_token"_a = "<pad>", "word_delimiter_token"_a = "|", "cleanup"_a = true);
  bind_plain<Fuse>(m, "Fuse", "Joins all tokens into one.");
  nb::class_<MetaspaceDecoder>(m, "MetaspaceDecoder", "Makes spaces of the mark that words begin with.")
      .def(nb::new_([](const std::string& replacement, Metaspace::PrependScheme prepend_scheme) {
             return MetaspaceDecoder{read_character("replacement", replacement), prepend_scheme};
           }),
           nb::kw_only(), "replacement"_a = "\u2581", "prepend_scheme"_a = Metaspace::PrependScheme::kAlways);
  nb::class_<ReplaceDecoder>(m, "ReplaceDecoder", "Puts a text in the place of each match in a token.")
      .def(nb::new_([](const std::string& pattern, const std::string& content, bool regex) {
             return ReplaceDecoder{read_pattern(pattern, regex), read_codes(content)};
           }),
           nb::kw_only(), "pattern"_a, "content"_a, "regex"_a = false);
  nb::class_<StripDecoder>(m, "StripDecoder", "Takes a character off the ends of each token, so many times at most.")
      .def(nb::new_([](const std::string& content, uint32_t start, uint32_t stop) {
             return StripDecoder{read_character("content", content), start, stop};
           }),
           nb::kw_only(), "content"_a = " ", "start"_a = 0, "stop"_a = 0);
  nb::class_<WordPieceDecoder>(m, "WordPieceDecoder", "Joins pieces to words, and words by spaces.")
      .def(nb::new_([](std::string prefix, bool cleanup) { return WordPieceDecoder{std::move(prefix), cleanup}; }),
           nb::kw_only(), "prefix"_a = "##", "cleanup"_a = true);
}

}  // namespace

void bind_stages(nb::module_& m) {
  bind_enums(m);
  bind_normalizers(m);
  bind_pre_tokenizers(m);
  bind_decoders(m);
}

}  // namespace leanformers
