#include "normalizers.h"

#include <algorithm>

#include "byte_level.h"
#include "normalization_forms.h"
#include "unicode/graphemes.h"
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

// New text for `Precompiled`, with how it goes with the old one as the reference counts it: characters that go are
// counted at the new character before them, and at the beginning of the text not at all, so that spans shift.
class MappedText {
 public:
  void keep(char32_t code) { new_.push_back({code, 0}); }

  void replace(size_t old_count, std::string_view text) {
    const size_t begin = new_.size();
    for (size_t at = 0; at < text.size();) {
      const auto [code, bytes] = unicode::decode(text.data() + at);
      keep(code);
      at += bytes;
    }
    const auto more = static_cast<ptrdiff_t>(new_.size() - begin) - static_cast<ptrdiff_t>(old_count);
    if (more > 0) {
      for (auto item = new_.end() - more; item != new_.end(); ++item) item->change = 1;
    } else if (more < 0 && !new_.empty()) {
      new_.back().change += more;
    }
  }

  Characters align(const Characters& old) const {
    Replacement aligned(old);
    for (const auto& [code, change] : new_) {
      change > 0 ? aligned.add(code) : aligned.replace(code);
      if (change < 0) aligned.drop(static_cast<size_t>(-change));
    }
    return aligned.take();
  }

 private:
  struct Item {
    char32_t code;
    ptrdiff_t change;  // 1: added; 0: stands for the next old character; less: and for as many more
  };
  std::vector<Item> new_;
};

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

// A cluster of fewer than six bytes is replaced as a whole when the map has any beginning of it; else, and if longer,
// its characters are replaced one by one. (The reference differs here from SentencePiece, which takes the longest
// match.)
void apply_to(const Precompiled& normalizer, Characters& characters) {
  constexpr size_t kWholeBelow = 6;
  MappedText mapped;
  std::string bytes;
  for (size_t begin = 0, end = 0; begin < characters.size(); begin = end) {
    end = cluster_end(characters, begin);
    const auto cluster = std::span(characters).subspan(begin, end - begin);
    if (cluster.size() < kWholeBelow) {
      bytes = to_utf8(cluster);
      const auto whole = bytes.size() < kWholeBelow ? normalizer.charsmap.find(bytes) : std::nullopt;
      if (whole) {
        mapped.replace(cluster.size(), *whole);
        continue;
      }
    }
    for (const Character& character : cluster) {
      bytes = to_utf8({&character, 1});
      const auto found = normalizer.charsmap.find(bytes);
      found ? mapped.replace(1, *found) : mapped.keep(character.code);
    }
  }
  characters = mapped.align(characters);
}

}  // namespace

void prepend(std::u32string_view text, Characters& characters) {
  if (characters.empty()) return;
  const Span source = characters.front().source;
  Characters longer;
  if (text.empty()) characters.front().source = kBeforeAll;  // as in the reference, which adds it anew
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

void normalize(std::span<const Normalizer> normalizers, Characters& characters, uint32_t first) {
  for (const Normalizer& normalizer : normalizers) {
    std::visit([&](const auto& stage) { apply_to(stage, characters); }, normalizer);
  }
  for (Character& character : characters) {
    if (character.source.begin == kBeforeAll.begin) character.source = {first, first};
  }
}

std::string normalize(std::span<const Normalizer> normalizers, std::string_view text) {
  Characters characters = read_characters(text, 0);
  normalize(normalizers, characters, 0);
  return to_utf8(characters);
}

}  // namespace leanformers
