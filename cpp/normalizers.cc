#include "normalizers.h"

#include <algorithm>

#include "byte_level.h"
#include "normalization_forms.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

template <typename Map>
Characters map_each(const Characters& old, Map map) {
  Replacement mapped(old);
  for (const Character& character : old) map(mapped, character.code);
  return mapped.take();
}

template <typename Predicate>
void remove_codes(Characters& characters, Predicate predicate) {
  std::erase_if(characters, [&](const Character& character) { return predicate(character.code); });
}

bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }

// NUL, U+FFFD and control characters go, and then other white space becomes a space.
Characters clean_text(const Characters& old) {
  return map_each(old, [](Replacement& cleaned, char32_t code) {
    if (unicode::has(code, unicode::kControl)) {
      cleaned.drop();
    } else {
      cleaned.replace(is_white_space(code) ? U' ' : code);
    }
  });
}

Characters space_chinese(const Characters& old) {
  return map_each(old, [](Replacement& spaced, char32_t code) {
    if (!unicode::has(code, unicode::kChinese)) return spaced.replace(code);
    spaced.replace(U' ');
    spaced.add(code);
    spaced.add(U' ');
  });
}

// --- One overload for each normalizer ---

void apply_to(const Lowercase&, Characters& characters) {
  characters =
      map_each(characters, [](Replacement& lowered, char32_t code) { lowered.replace_all(unicode::lowercase(code)); });
}

void apply_to(const BertNormalizer& normalizer, Characters& characters) {
  if (normalizer.clean_text) characters = clean_text(characters);
  if (normalizer.handle_chinese_chars) characters = space_chinese(characters);
  if (normalizer.strip_accents.value_or(normalizer.lowercase)) {
    characters = to_form(UnicodeForm::Form::kNfd, characters);
    remove_codes(characters, [](char32_t code) { return unicode::has(code, unicode::kNonspacingMark); });
  }
  if (normalizer.lowercase) apply_to(Lowercase{}, characters);
}

void apply_to(const UnicodeForm& normalizer, Characters& characters) {
  characters = to_form(normalizer.form, characters);
}

void apply_to(const StripAccents&, Characters& characters) {
  remove_codes(characters, [](char32_t code) { return unicode::has(code, unicode::kMark); });
}

void apply_to(const Strip& normalizer, Characters& characters) {
  const auto is_space = [](const Character& character) { return is_white_space(character.code); };
  if (normalizer.right) {
    while (!characters.empty() && is_space(characters.back())) characters.pop_back();
  }
  if (normalizer.left) {
    characters.erase(characters.begin(), std::find_if_not(characters.begin(), characters.end(), is_space));
  }
}

void apply_to(const Prepend& normalizer, Characters& characters) { prepend(normalizer.prepend, characters); }

void apply_to(const Replace& normalizer, Characters& characters) {
  replace(normalizer.pattern, normalizer.content, characters);
}

void apply_to(const ByteLevelNormalizer&, Characters& characters) { to_byte_characters(characters); }

// The rules of nmt_nfkc in SentencePiece that do not depend on NFKC.
void apply_to(const Nmt&, Characters& characters) {
  remove_codes(characters, [](char32_t c) {
    return (0x1 <= c && c <= 0x8) || c == 0xB || (0xE <= c && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
  });
  for (Character& character : characters) {
    const char32_t c = character.code;
    const bool space = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (0x200B <= c && c <= 0x200F) ||
                       c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    if (space) character.code = U' ';
  }
}

}  // namespace

void prepend(std::u32string_view text, Characters& characters) {
  if (characters.empty()) return;
  const Span source = characters.front().source;
  Characters longer;
  for (const char32_t code : text) longer.push_back({code, source});
  characters.insert(characters.begin(), longer.begin(), longer.end());
}

void replace(const Pattern& pattern, std::u32string_view content, Characters& characters) {
  std::vector<Pattern::Match> matches;
  pattern.find_all(codes(characters), matches);
  Replacement replaced(characters);
  size_t at = 0;
  for (const auto& [begin, end] : matches) {
    for (; at < begin; ++at) replaced.keep();
    replaced.drop(end - begin);
    at = end;
    for (const char32_t code : content) replaced.add(code);
  }
  for (; at < characters.size(); ++at) replaced.keep();
  characters = replaced.take();
}

void to_byte_characters(Characters& characters) {
  characters = map_each(characters, [](Replacement& bytes, char32_t code) {
    char utf8[4];
    std::u32string written;
    for (uint32_t i = 0, size = unicode::encode(code, utf8); i < size; ++i) written += byte_to_character(utf8[i]);
    bytes.replace_all(written);
  });
}

void normalize(std::span<const Normalizer> normalizers, Characters& characters) {
  for (const Normalizer& normalizer : normalizers) {
    std::visit([&](const auto& stage) { apply_to(stage, characters); }, normalizer);
  }
}

std::string normalize(std::span<const Normalizer> normalizers, std::string_view text) {
  Characters characters = read_characters(text, 0);
  normalize(normalizers, characters);
  return to_utf8(characters);
}

}  // namespace leanformers
