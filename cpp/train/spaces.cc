#include "train/spaces.h"

#include <algorithm>
#include <cstring>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

bool has_space(std::u32string_view text) {
  return std::any_of(text.begin(), text.end(), [](char32_t code) { return unicode::has(code, unicode::kWhiteSpace); });
}

// --- Normalizers: may they move, take away or bring a space at a cut? One overload each; what is not named may. ---

template <typename Stage>
bool is_local(const Stage&) {
  return false;
}
// These work character by character, or within a character and the marks that follow it.
bool is_local(const BertNormalizer&) { return true; }
bool is_local(const Lowercase&) { return true; }
bool is_local(const Nmt&) { return true; }
bool is_local(const StripAccents&) { return true; }
bool is_local(const UnicodeForm&) { return true; }
// No match reaches over a space, and none leaves a space or nothing behind. Runs of spaces have no cut in them.
bool is_local(const Replace& stage) {
  if (stage.pattern.is_regex()) return stage.pattern.source() == U" {2,}" && stage.content == U" ";
  return !has_space(stage.pattern.source()) && !has_space(stage.content) && !stage.content.empty();
}

// --- Pre-tokenizers: do they always end a word at a cut? ---

template <typename Stage>
bool splits_at_spaces(const Stage&) {
  return false;
}
bool splits_at_spaces(const BertPreTokenizer&) { return true; }
bool splits_at_spaces(const Whitespace&) { return true; }
bool splits_at_spaces(const WhitespaceSplit&) { return true; }
bool splits_at_spaces(const ByteLevel& stage) { return stage.use_regex; }
bool splits_at_spaces(const CharDelimiterSplit& stage) { return stage.delimiter == U' '; }
bool splits_at_spaces(const FixedLength& stage) { return stage.length == 1; }
bool splits_at_spaces(const Metaspace& stage) { return stage.split; }

// A character that stays where it is, whatever the normalizers: no mark, no control,
// nothing that spaces are put around or that has one in it.
bool is_plain(char32_t code) {
  if (code < 0x80) return code > 0x20 && code < 0x7F;
  if (!unicode::has(code, unicode::kWord) && !unicode::has(code, unicode::kBertPunctuation)) return false;
  for (const auto not_plain : {unicode::kMark, unicode::kControl, unicode::kChinese}) {
    if (unicode::has(code, not_plain)) return false;
  }
  for (const char32_t part : unicode::decompose_compatibility(code)) {
    if (unicode::has(part, unicode::kWhiteSpace)) return false;
  }
  return true;
}

}  // namespace

bool works_stretch_by_stretch(std::span<const Normalizer> normalizers, std::span<const PreTokenizer> pre_tokenizers) {
  const auto local = [](const Normalizer& any) {
    return std::visit([](const auto& stage) { return is_local(stage); }, any);
  };
  // Only the first one sees the text; the others see its words, one by one.
  return std::all_of(normalizers.begin(), normalizers.end(), local) && !pre_tokenizers.empty() &&
         std::visit([](const auto& stage) { return splits_at_spaces(stage); }, pre_tokenizers[0]);
}

size_t next_cut(std::string_view text, size_t from) {
  for (size_t at = from + 1; at + 1 < text.size(); ++at) {
    const void* found = std::memchr(text.data() + at, ' ', text.size() - 1 - at);
    if (found == nullptr) break;
    at = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    if (is_plain(unicode::decode_before(text, at)) && is_plain(unicode::decode(text.data() + at + 1).code)) return at;
  }
  return text.size();
}

}  // namespace leanformers
