#include "interpret.h"

#include <algorithm>
#include <initializer_list>

#include "unicode/unicode.h"

namespace leanformers {

Characters read_characters(std::string_view text, uint32_t first) {
  Characters characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++first) {
    const auto [code, bytes] = unicode::decode(text.data() + at);
    characters.push_back({code, {first, first + 1}});
    at += bytes;
  }
  return characters;
}

std::string to_utf8(const Characters& characters, Range range, std::vector<Span>* spans) {
  std::string text;
  for (size_t i = range.begin; i < range.end; ++i) {
    char bytes[4];
    const uint32_t size = unicode::encode(characters[i].code, bytes);
    text.append(bytes, size);
    if (spans != nullptr) spans->insert(spans->end(), size, characters[i].source);
  }
  return text;
}

namespace {

// Builds the characters that replace old ones. As in the reference, an added character has the source of the old
// character before it, however the new ones were reordered since.
class Replacement {
 public:
  explicit Replacement(const Characters& old) : old_(old) { new_.reserve(old.size()); }

  // Stands for the next old character.
  void replace(char32_t code) {
    new_.push_back({code, old_[next_].source});
    ++next_;
  }
  void add(char32_t code) { new_.push_back({code, next_ == 0 ? Span{0, 0} : old_[next_ - 1].source}); }
  void drop() { ++next_; }

  Characters take() { return std::move(new_); }

 private:
  const Characters& old_;
  Characters new_;
  size_t next_ = 0;
};

Characters clean_text(const Characters& old) {
  Replacement cleaned(old);
  for (const Character& character : old) {
    const uint8_t properties = unicode::properties(character.code);
    if (properties & unicode::kControl) {
      cleaned.drop();
    } else {
      cleaned.replace(properties & unicode::kWhiteSpace ? U' ' : character.code);
    }
  }
  return cleaned.take();
}

Characters space_chinese(const Characters& old) {
  Replacement spaced(old);
  for (const Character& character : old) {
    if (unicode::has(character.code, unicode::kChinese)) {
      spaced.replace(U' ');
      spaced.add(character.code);
      spaced.add(U' ');
    } else {
      spaced.replace(character.code);
    }
  }
  return spaced.take();
}

// Canonical decomposition (NFD): each character in full, then runs of combining marks in the order of their classes.
Characters decompose(const Characters& old) {
  struct Part {
    char32_t code;
    uint8_t combining_class;
    bool added;
  };
  std::vector<Part> parts;
  parts.reserve(old.size());
  for (const Character& character : old) {
    bool added = false;
    for (const char32_t code : unicode::decompose(character.code)) {
      parts.push_back({code, unicode::combining_class(code), added});
      added = true;
    }
  }
  for (size_t begin = 0; begin < parts.size();) {
    size_t end = begin;
    while (end < parts.size() && parts[end].combining_class != 0) ++end;
    std::stable_sort(parts.begin() + static_cast<ptrdiff_t>(begin), parts.begin() + static_cast<ptrdiff_t>(end),
                     [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    begin = end + 1;
  }
  Replacement decomposed(old);
  for (const Part& part : parts) part.added ? decomposed.add(part.code) : decomposed.replace(part.code);
  return decomposed.take();
}

Characters lowercase(const Characters& old) {
  Replacement lowered(old);
  for (const Character& character : old) {
    bool added = false;
    for (const char32_t code : unicode::lowercase(character.code)) {
      added ? lowered.add(code) : lowered.replace(code);
      added = true;
    }
  }
  return lowered.take();
}

void apply(const BertNormalizer& normalizer, Characters& characters) {
  if (normalizer.clean_text) characters = clean_text(characters);
  if (normalizer.handle_chinese_chars) characters = space_chinese(characters);
  if (normalizer.strip_accents.value_or(normalizer.lowercase)) {
    characters = decompose(characters);
    std::erase_if(characters, [](const Character& c) { return unicode::has(c.code, unicode::kNonspacingMark); });
  }
  if (normalizer.lowercase) characters = lowercase(characters);
}

// White space ends a word, punctuation is a word of its own.
void split(const BertPreTokenizer&, const Characters& characters, Range range, std::vector<Range>& words) {
  size_t begin = range.begin;
  const auto finish = [&](size_t end) {
    if (begin < end) words.push_back({begin, end});
  };
  for (size_t i = range.begin; i < range.end; ++i) {
    const uint8_t properties = unicode::properties(characters[i].code);
    if (properties & (unicode::kWhiteSpace | unicode::kBertPunctuation)) {
      finish(i);
      begin = i + 1;
      if (!(properties & unicode::kWhiteSpace)) words.push_back({i, i + 1});
    }
  }
  finish(range.end);
}

}  // namespace

void normalize(std::span<const Normalizer> normalizers, Characters& characters) {
  for (const Normalizer& normalizer : normalizers) {
    std::visit([&](const auto& stage) { apply(stage, characters); }, normalizer);
  }
}

std::string normalize(std::span<const Normalizer> normalizers, std::string_view text) {
  Characters characters = read_characters(text, 0);
  normalize(normalizers, characters);
  return to_utf8(characters, {0, characters.size()});
}

std::vector<Range> pre_tokenize(std::span<const PreTokenizer> pre_tokenizers, const Characters& characters,
                                Range range) {
  std::vector<Range> words;
  if (range.begin < range.end) words.push_back(range);
  for (const PreTokenizer& pre_tokenizer : pre_tokenizers) {
    std::vector<Range> parts;
    for (const Range& word : words) {
      std::visit([&](const auto& stage) { split(stage, characters, word, parts); }, pre_tokenizer);
    }
    words = std::move(parts);
  }
  return words;
}

}  // namespace leanformers
