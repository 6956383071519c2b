#include "scan/spaced.h"

#include <algorithm>
#include <string_view>

#include "normalizers.h"
#include "scan/spaced_model.h"
#include "unicode/graphemes.h"

namespace leanformers {
namespace {

using Gap = SpacedText::Gap;
using Trait = PlainCharacters::Trait;

constexpr std::string_view kSpaces = SpacedText::kSpaces;

bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }

template <typename Holds>
bool any_of(std::string_view text, const Holds& holds) {
  for (size_t at = 0; at < text.size();) {
    const auto [code, bytes] = unicode::decode(text.data() + at);
    if (holds(code)) return true;
    at += bytes;
  }
  return false;
}

// Regular expressions that find runs of white space and nothing else.
bool finds_runs_of_spaces(const Pattern& pattern) {
  static constexpr std::u32string_view kKnown[] = {U" {2,}", U" +", UR"(\s{2,})", UR"(\s+)", UR"(\s{2,}|[\n\r\t])"};
  return pattern.is_regex() && std::find(std::begin(kKnown), std::end(kKnown), pattern.source()) != std::end(kKnown);
}

bool is_a_space(const Pattern& pattern) { return !pattern.is_regex() && pattern.source() == U" "; }

// Reads the stages one after the other. Each step returns why they may look across a space; null: they do not.
class SpacedTextReader {
 public:
  explicit SpacedTextReader(const Spec& spec) : spec_(spec) {}

  const char* read() {
    if (spec_.trim_offsets) return "offsets are trimmed";
    if (const char* obstacle = read_pre_tokenizers()) return obstacle;
    if (const char* obstacle = read_normalizers()) return obstacle;
    mark_spaces();
    if (const char* obstacle = check_spaces()) return obstacle;
    if (!text_.one_word()) return why_not_for_words(spec_.model);
    if (const char* obstacle = why_not_across_marks(spec_.model, text_.mark)) return obstacle;
    if (!text_.changes_words) text_.cuts = never_joined(std::get<Bpe>(spec_.model));
    return nullptr;
  }
  SpacedText take() { return std::move(text_); }

 private:
  const char* read_pre_tokenizers() {
    const std::vector<PreTokenizer>& stages = spec_.pre_tokenizers;
    const bool at_white_space = !stages.empty() && std::holds_alternative<WhitespaceSplit>(stages[0]);
    const auto* metaspace = stages.empty() ? nullptr : std::get_if<Metaspace>(&stages.back());
    if (metaspace != nullptr) {
      text_.mark = unicode::to_utf8({&metaspace->replacement, 1});
      text_.scheme = metaspace->prepend_scheme;
      if (is_white_space(metaspace->replacement)) return "the mark for spaces is a space";
    }
    if (at_white_space && stages.size() <= 2 && (stages.size() == 1 || metaspace != nullptr)) {
      text_.gap = Gap::kNothing;
    } else if (metaspace != nullptr && stages.size() == 1) {
      text_.gap = metaspace->split ? Gap::kEachMark : Gap::kRunMarks;
    } else if (stages.empty() || is_idle(stages)) {
      text_.gap = Gap::kRunMarks;
      const auto* last = spec_.normalizers.empty() ? nullptr : std::get_if<Replace>(&spec_.normalizers.back());
      if (last == nullptr || !is_a_space(last->pattern) || last->content.size() != 1) return kNoSplit;
      text_.mark = unicode::to_utf8(last->content);
    } else {
      return kNoSplit;
    }
    return nullptr;
  }
  static constexpr const char* kNoSplit = "its stages have no scan";

  // Gemma's: a split at spaces when there are none any more.
  static bool is_idle(const std::vector<PreTokenizer>& stages) {
    const auto* split = stages.size() == 1 ? std::get_if<Split>(&stages[0]) : nullptr;
    return split != nullptr && is_a_space(split->pattern) && !split->invert;
  }

  const char* read_normalizers() {
    const std::vector<Normalizer>& stages = spec_.normalizers;
    size_t changing = 0;
    for (size_t i = 0; i < stages.size(); ++i) {
      const Normalizer& stage = stages[i];
      const bool last = i + 1 == stages.size();
      if (const auto* prepend = std::get_if<Prepend>(&stage)) {
        if (i > 0 || !text_.one_word() || unicode::to_utf8(prepend->prepend) != text_.mark) {
          return "Prepend comes with other stages";
        }
        text_.prepends = true;
        continue;  // `normalizers` are those of later words
      }
      text_.normalizers.push_back(stage);
      if (std::holds_alternative<Strip>(stage)) {
        const auto& strip = std::get<Strip>(stage);
        if (text_.gap == Gap::kNothing) continue;
        if (strip.left || text_.gap == Gap::kRunMarks) return "Strip has no scan";
        text_.strips_end = strip.right;
        continue;
      }
      if (const auto* replace = std::get_if<Replace>(&stage)) {
        if (const char* obstacle = read_replace(*replace, last)) return obstacle;
        if (finds_runs_of_spaces(replace->pattern) || is_a_space(replace->pattern)) continue;
      } else if (const char* obstacle = read_stage(stage, changing)) {
        return obstacle;
      }
      ++changing;
    }
    if (changing != 1) text_.charsmap.reset();
    text_.changes_words = changing > 0;
    if (text_.strips_end && text_.gap != Gap::kOneMark) return "Strip has no scan";
    return nullptr;
  }

  const char* read_replace(const Replace& replace, bool last) {
    if (finds_runs_of_spaces(replace.pattern)) {
      if (text_.gap == Gap::kNothing) return replace.content == U" " ? nullptr : "runs of spaces become something else";
      if (text_.gap != Gap::kEachMark && text_.gap != Gap::kOneMark)
        return "runs of spaces are replaced in whole texts";
      text_.gap = Gap::kOneMark;
      return nullptr;
    }
    if (is_a_space(replace.pattern)) return last && text_.gap != Gap::kNothing ? nullptr : "spaces are replaced";
    const std::u32string& pattern = replace.pattern.source();
    if (replace.pattern.is_regex() || pattern.empty()) return "a regular expression may look across a space";
    for (const char32_t code : pattern) {
      if (is_white_space(code) || is_mark(code)) return "what is replaced has spaces";
      text_.characters.add(code, Trait::kChanges);
    }
    return is_strict() ? "a text is replaced where spaces are joined" : nullptr;
  }

  // `before`: how many stages that change words came before this one.
  const char* read_stage(const Normalizer& stage, size_t before) {
    return std::visit([&](const auto& each) { return read(each, before); }, stage);
  }

  template <typename Other>
  const char* read(const Other&, size_t) {
    return "one of its normalizers has no scan";
  }

  const char* read(const Lowercase&, size_t) {
    return change_where([](char32_t code) { return unicode::has(code, unicode::kLowers); });
  }

  const char* read(const StripAccents&, size_t) {
    if (may_be_strict()) return "accents are dropped where spaces are joined";
    return change_where([](char32_t code) { return unicode::has(code, unicode::kMark); });
  }

  const char* read(const Nmt& nmt, size_t) {
    if (may_be_strict()) return "Nmt comes where spaces are joined";
    return change_where([stage = Normalizer(nmt)](char32_t code) {
      const std::string text = unicode::to_utf8({&code, 1});
      return normalize({&stage, 1}, text) != text;
    });
  }

  const char* read(const UnicodeForm& stage, size_t) {
    using Form = UnicodeForm::Form;
    const Form form = stage.form;
    if (form == Form::kNfc) return change_where([](char32_t code) { return !unicode::is_nfc_stable(code); });
    if (may_be_strict()) return "a normal form other than C comes where spaces are joined";
    const bool compatibility = form == Form::kNfkc || form == Form::kNfkd;
    return change_where([&](char32_t code) {
      if (form == Form::kNfkc && !unicode::is_nfc_stable(code)) return true;
      if (unicode::combining_class(code) != 0) return true;
      const unicode::Expansion parts =
          compatibility ? unicode::decompose_compatibility(code) : unicode::decompose(code);
      return parts.size != 1 || parts.codes[0] != code;
    });
  }

  template <typename Changes>
  const char* change_where(const Changes& changes) {
    for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
      if (code == 0xD800) code = 0xE000;
      if (changes(code)) text_.characters.add(code, Trait::kChanges);
    }
    return nullptr;
  }

  const char* read(const Precompiled& stage, size_t before) {
    if (text_.has_charsmap || (before > 0 && may_be_strict())) return "its charsmap is not the first stage";
    // Of each word it would see what is stripped at the ends of the text alone.
    const auto strips = [](const Normalizer& each) { return std::holds_alternative<Strip>(each); };
    if (std::ranges::any_of(text_.normalizers, strips)) return "spaces are stripped before its charsmap";
    text_.has_charsmap = true;
    text_.charsmap = stage.charsmap;
    PlainCharacters& characters = text_.characters;
    size_t odd_keys = 0;
    stage.charsmap.visit_characters([&](char32_t code, std::optional<std::string_view> text) {
      if (!text) return characters.add(code, Trait::kOpens);
      const bool odd = is_odd(*text);
      odd_keys += odd;
      characters.add(code, Trait::kChanges | (odd ? Trait::kSpoils : Trait::kMaps));
    });
    longer_odd_keys_ = stage.charsmap.count_keys([this](std::string_view text) { return is_odd(text); }) != odd_keys;
    visit_joining([&](char32_t first, char32_t last, Joining joining) {
      for (char32_t code = first; code <= last; ++code) {
        if (joining == Joining::kExtends) characters.add(code, Trait::kExtends);
        // Where syllables are put together, their letters are left to the charsmap.
        if (joining == Joining::kConjoins) characters.add(code, Trait::kChanges | Trait::kExtends);
        const bool stays = (characters.of(code) & (Trait::kChanges | Trait::kOpens)) == 0;
        if (joining == Joining::kPrepends && !stays) prepending_ = true;
      }
    });
    return nullptr;
  }

  // What leaves nothing or a space behind.
  bool is_odd(std::string_view text) const {
    return text.empty() || any_of(text, [this](char32_t code) { return is_white_space(code) || is_mark(code); });
  }

  bool is_mark(char32_t code) const { return unicode::to_utf8({&code, 1}) == text_.mark; }
  // What lies between two words is one thing, so that neither may lose a letter to it or give it a space.
  bool is_strict() const { return text_.gap == Gap::kOneMark || text_.gap == Gap::kRunMarks; }
  // Stages to come may make it so.
  bool may_be_strict() const {
    return is_strict() || std::any_of(spec_.normalizers.begin(), spec_.normalizers.end(), [](const Normalizer& stage) {
             const auto* replace = std::get_if<Replace>(&stage);
             return replace != nullptr && finds_runs_of_spaces(replace->pattern);
           });
  }

  // Spaces within words, and marks that stand in the text.
  void mark_spaces() {
    PlainCharacters& characters = text_.characters;
    const uint8_t odd = Trait::kChanges | (is_strict() ? Trait::kSpoils : 0);
    const bool white_space_counts = text_.gap == Gap::kNothing || text_.gap == Gap::kOneMark;
    for (char32_t code = 0; white_space_counts && code < 0x3001; ++code) {
      if (is_white_space(code)) characters.add(code, odd);
    }
    if (!text_.mark.empty()) characters.add(unicode::decode(text_.mark.data()).code, odd);
    if (!is_strict()) characters.remove(Trait::kSpoils);
  }

  const char* check_spaces() {
    if (prepending_) return "its charsmap changes a character that joins the one after it";
    if (is_strict() && longer_odd_keys_) return "its charsmap makes spaces of several characters";
    if ((text_.characters.of(U'a') & ~Trait::kOpens) != 0) return "it changes the letter a";
    for (const char space : kSpaces) text_.is_gap[static_cast<unsigned char>(space)] = is_space({&space, 1}, 1);
    if (!all_runs_are_spaces()) {
      // "\r\n" is one cluster of the charsmap.
      text_.is_gap['\r'] = false;
      text_.characters.add(U'\r', Trait::kChanges | Trait::kSpoils);
    }
    if (!text_.is_gap[' '] || !all_runs_are_spaces() || !ends_are_spaces()) {
      return "it does not keep to one rule for spaces";
    }
    const auto gaps = std::count(text_.is_gap.begin(), text_.is_gap.end(), true);
    text_.all_gaps = gaps == static_cast<ptrdiff_t>(kSpaces.size());
    text_.one_gap = gaps == 1;
    text_.one_newline = is_one_newline();
    for (const char space : kSpaces) {
      const uint8_t traits = text_.characters.of(static_cast<unsigned char>(space));
      if (text_.is_gap[static_cast<unsigned char>(space)] && (traits & Trait::kOpens) != 0) {
        return "its charsmap has keys that begin with a space";
      }
    }
    return nullptr;
  }

  // As one cluster to the charsmap: its mark comes from where it begins.
  bool is_one_newline() const {
    Characters characters = read_characters("a\r\na", 0);
    normalize(text_.normalizers, characters);
    return text_.gap == Gap::kOneMark && text_.is_gap['\r'] && characters[1].source.begin == 1;
  }

  bool all_runs_are_spaces() const {
    const auto is_gap = [this](char space) { return text_.is_gap[static_cast<unsigned char>(space)]; };
    for (const char a : kSpaces) {
      for (const char b : kSpaces) {
        for (const char c : kSpaces) {
          if (!is_gap(a) || !is_gap(b) || !is_gap(c)) continue;
          const char run[3] = {a, b, c};
          if (!is_space({run, 2}, 2) || !is_space({run, 3}, 3)) return false;
        }
      }
    }
    return true;
  }

  // At the ends of a text spaces are what they are elsewhere, or gone from its end.
  bool ends_are_spaces() const {
    if (text_.gap == Gap::kNothing) return true;
    for (size_t count = 1; count <= 3; ++count) {
      const std::string spaces(count, ' ');
      const size_t marks = text_.gap == Gap::kOneMark ? 1 : count;
      if (becomes(spaces, "a") != std::u32string(marks, U' ') + U'a') return false;
      if (becomes("a", spaces) != U'a' + std::u32string(text_.strips_end ? 0 : marks, U' ')) return false;
    }
    return true;
  }

  // Whether what these bytes become between two letters is as `gap` says.
  bool is_space(std::string_view spaces, size_t count) const {
    const std::u32string found = becomes("a", std::string(spaces) + 'a');
    if (text_.gap == Gap::kNothing) {
      return found.size() > 2 && found.find_first_not_of(U' ', 1) == found.size() - 1 && found.back() == U'a';
    }
    return found == U'a' + std::u32string(text_.gap == Gap::kOneMark ? 1 : count, U' ') + U'a';
  }

  // What the normalizers make of a text, with a space for each mark and, where words are cut at them, for each space.
  std::u32string becomes(std::string text, std::string_view rest) const {
    Characters characters = read_characters(text.append(rest), 0);
    normalize(text_.normalizers, characters);
    std::u32string result = codes(characters);
    for (char32_t& code : result) {
      if (text_.gap == Gap::kNothing ? is_white_space(code) : is_mark(code)) code = U' ';
    }
    return result;
  }

  const Spec& spec_;
  SpacedText text_{};
  bool prepending_ = false;       // a character that joins the next one is not left alone
  bool longer_odd_keys_ = false;  // keys of several characters leave nothing or a space behind
};

}  // namespace

std::optional<SpacedText> read_spaced_text(const Spec& spec, std::string& why_not) {
  SpacedTextReader reader(spec);
  if (const char* obstacle = reader.read()) {
    why_not = obstacle;
    return std::nullopt;
  }
  return reader.take();
}

}  // namespace leanformers
