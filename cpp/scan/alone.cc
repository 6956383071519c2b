#include "scan/alone.h"

#include <algorithm>

#include "normalizers.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

using Form = UnicodeForm::Form;

// Puts map(code) in the place of each code point.
template <typename Map>
void map_each(std::u32string& text, const Map& map) {
  std::u32string mapped;
  for (const char32_t code : text) {
    for (const char32_t part : map(code)) mapped += part;
  }
  text = std::move(mapped);
}

void remove(std::u32string& text, unicode::Property property) {
  std::erase_if(text, [property](char32_t code) { return unicode::has(code, property); });
}

bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }
bool is_starter(char32_t code) { return unicode::combining_class(code) == 0; }

// --- One overload for each normalizer: false where neighbours count ---

bool apply_to(const Lowercase&, std::u32string& text) {
  map_each(text, unicode::lowercase);
  return true;
}

bool apply_to(const StripAccents&, std::u32string& text) {
  remove(text, unicode::kMark);
  return true;
}

bool apply_to(const Nmt& stage, std::u32string& text) {
  const Normalizer normalizer(stage);
  Characters characters;
  for (const char32_t code : text) characters.push_back({code, {}});
  normalize({&normalizer, 1}, characters);
  text = codes(characters);
  return true;
}

bool apply_to(const Strip&, std::u32string&) { return true; }

// Marks change places with marks alone, and none of the characters that are let through composes.
bool apply_to(const UnicodeForm& stage, std::u32string& text) {
  const bool composes = stage.form == Form::kNfc || stage.form == Form::kNfkc;
  const bool compatible = stage.form == Form::kNfkc || stage.form == Form::kNfkd;
  std::u32string whole;
  for (const char32_t code : text) {
    const unicode::Expansion canonical = unicode::decompose(code);
    const unicode::Expansion parts = compatible ? unicode::decompose_compatibility(code) : canonical;
    if (composes && unicode::is_nfc_stable(code) && std::ranges::equal(parts, canonical)) {
      whole += code;
      continue;
    }
    if (!is_starter(code) || !is_starter(parts.codes[0])) return false;
    if (composes && !std::ranges::all_of(parts, unicode::is_nfc_stable)) return false;
    whole.append(parts.begin(), parts.end());
  }
  text = std::move(whole);
  return true;
}

bool apply_to(const BertNormalizer& stage, std::u32string& text) {
  if (stage.clean_text) {
    remove(text, unicode::kControl);
    std::ranges::replace_if(text, is_white_space, U' ');
  }
  if (stage.handle_chinese_chars) {
    map_each(text, [](char32_t code) {
      const std::u32string one(1, code);
      return unicode::has(code, unicode::kChinese) ? U" " + one + U" " : one;
    });
  }
  if (stage.strip_accents.value_or(stage.lowercase)) {
    if (!apply_to(UnicodeForm{Form::kNfd}, text)) return false;
    remove(text, unicode::kNonspacingMark);
  }
  return !stage.lowercase || apply_to(Lowercase{}, text);
}

template <typename Other>
bool apply_to(const Other&, std::u32string&) {
  return false;
}

// The properties of characters that a normalizer may change: marks for their order.
uint16_t changed_properties(const Normalizer& normalizer) {
  using unicode::Property;
  constexpr uint16_t kForms = Property::kDecomposes | Property::kMark;
  if (std::holds_alternative<Lowercase>(normalizer)) return Property::kLowers;
  if (std::holds_alternative<StripAccents>(normalizer)) return Property::kMark;
  if (std::holds_alternative<UnicodeForm>(normalizer)) return kForms;
  if (!std::holds_alternative<BertNormalizer>(normalizer)) return 0;
  return kForms | Property::kControl | Property::kWhiteSpace | Property::kChinese | Property::kLowers;
}

// Beside marks and what decomposes: the letters that make up syllables, and what is another character in a way.
bool form_may_change(const UnicodeForm& stage, char32_t code) {
  if (0x1160 <= code && code < 0x1200) return true;
  const bool compatible = stage.form == Form::kNfkc || stage.form == Form::kNfkd;
  if (!compatible || (0x20000 <= code && code < 0x2F800) || 0x30000 <= code) return false;  // ideographs and no more
  const unicode::Expansion parts = unicode::decompose_compatibility(code);
  return parts.size != 1 || parts.codes[0] != code;
}

}  // namespace

std::optional<LoneNormalizers> LoneNormalizers::read(std::span<const Normalizer> normalizers) {
  LoneNormalizers read;
  for (const Normalizer& normalizer : normalizers) {
    auto stage = read_stage(normalizer);
    if (!stage) return std::nullopt;
    read.stages_.push_back(std::move(*stage));
    read.changed_ |= changed_properties(normalizer);
  }
  return read;
}

std::optional<LoneNormalizers::Stage> LoneNormalizers::read_stage(const Normalizer& normalizer) {
  Stage stage{normalizer, {}, {}};
  const auto add_gaps = [&stage](const regex::CharacterSet& set) {
    for (const auto& [first, last] : set.ranges()) {
      for (char32_t code = first; code <= last; ++code) stage.gaps.emplace_back(1, code);
    }
  };
  if (std::holds_alternative<Strip>(normalizer)) {
    add_gaps(regex::find_property("space").value());
  } else if (const auto* replace = std::get_if<Replace>(&normalizer)) {
    const auto runs = read_character_pattern(replace->pattern);
    if (!runs) return std::nullopt;
    regex::CharacterSet all;
    for (const CharacterRun& run : *runs) {
      if (!common(all, run.set).ranges().empty()) return std::nullopt;
      all.add(run.set);
      if (run.is_single()) {
        stage.replaced.add(run.set);
      } else if (run.set.ranges().size() > 100) {
        return std::nullopt;  // more than gaps
      } else {
        add_gaps(run.set);
        stage.gaps.push_back(replace->content);
      }
    }
  } else if (std::holds_alternative<ByteLevelNormalizer>(normalizer) ||
             std::holds_alternative<Precompiled>(normalizer) || std::holds_alternative<Prepend>(normalizer)) {
    return std::nullopt;
  }
  return stage;
}

bool LoneNormalizers::may_change(char32_t code) const {
  if ((unicode::properties(code) & changed_) != 0) return true;
  return std::ranges::any_of(stages_, [code](const Stage& stage) {
    if (std::holds_alternative<Replace>(stage.normalizer)) return stage.replaced.has(code);
    if (std::holds_alternative<Nmt>(stage.normalizer)) return code < 0x2600 || (0xFE00 <= code && code < 0x10000);
    const auto* form = std::get_if<UnicodeForm>(&stage.normalizer);
    return form != nullptr && form_may_change(*form, code);
  });
}

std::optional<std::u32string> LoneNormalizers::normalize(std::u32string text, size_t from) const {
  for (const Stage& stage : std::span(stages_).subspan(from)) {
    if (const auto* replace = std::get_if<Replace>(&stage.normalizer)) {
      map_each(text,
               [&](char32_t code) { return stage.replaced.has(code) ? replace->content : std::u32string(1, code); });
    } else if (!std::visit([&text](const auto& each) { return apply_to(each, text); }, stage.normalizer)) {
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace leanformers
