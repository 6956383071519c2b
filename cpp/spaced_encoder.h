// Encodes a stretch of text by the words between its spaces (scan/spaced.h): each is remembered with its tokens under
// the bytes that it has in the text.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan.h"
#include "unicode/unicode.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class SpacedEncoder {
 public:
  // `first` is the place in the text of the stretch.
  SpacedEncoder(const SpacedText& stages, Encoder& encoder, std::string_view text, uint32_t first)
      : stages_(stages),
        encoder_(encoder),
        cache_(encoder.worker_.cache),
        text_(text),
        end_(text.data() + text.size()),
        first_(first),
        character_(first) {}

  // False, with tokens added or not, when the stretch has to be normalized as a whole.
  bool encode() {
    const int32_t words = encoder_.out_.word_count;
    for (const char* at = text_.data(); at < end_;) {
      const char* const gap = at;
      at = skip_gap(at);
      const char* const word = at;
      at = find_gap(at);
      if (!add_gap_and_word(gap, word, at)) return false;
      if (stages_.one_word()) encoder_.out_.word_count = words;
    }
    if (stages_.one_word()) ++encoder_.out_.word_count;
    return true;
  }

 private:
  using Gap = SpacedText::Gap;
  using Verdict = PlainCharacters::Verdict;

  // The marks before a word, and where they come from.
  struct Marks {
    uint32_t count;
    uint32_t character;  // of the first one; each of several has its own
    uint32_t word;       // the word's first character
  };

  bool is_gap(const char* at) const { return stages_.is_gap[static_cast<unsigned char>(*at)]; }
  const char* skip_gap(const char* at) const {
    while (at < end_ && is_gap(at)) ++at;
    return at;
  }
  const char* find_gap(const char* at) const {
    while (at < end_ && !is_gap(at)) ++at;
    return at;
  }

  bool add_gap_and_word(const char* gap, const char* word, const char* end) {
    if (gap == word) return add(gap, word, end);
    switch (stages_.gap) {
      case Gap::kNothing:
        pass(gap, word - 1);
        if (word < end) return add(word - 1, word, end);
        pass(word - 1, word);
        return true;
      case Gap::kOneMark: {
        const bool newline = stages_.one_newline && word - gap > 1 && word[-2] == '\r' && word[-1] == '\n';
        const char* const last = word - (newline ? 2 : 1);
        pass(gap, last);
        if (word < end || !stages_.strips_end) return add(last, word, end);
        pass(last, word);
        return true;
      }
      case Gap::kEachMark:
        for (; gap + 1 < word; ++gap) add(gap, gap + 1, gap + 1);
        return add(gap, word, end);
      case Gap::kRunMarks:
        return add(gap, word, end);
    }
    return false;
  }

  // What lies between leaves nothing behind.
  void pass(const char* begin, const char* end) { character_ += static_cast<uint32_t>(end - begin); }

  // The spaces from `gap` on, and the word.
  bool add(const char* gap, const char* word, const char* end) {
    const Marks marks = marks_of(gap, word);
    const char* const key_begin = stages_.gap == Gap::kNothing ? word : gap;
    const auto size = static_cast<size_t>(end - key_begin);
    const bool is_beginning = stages_.prepends && gap == text_.data() && gap < word;
    if (size > WordCache::kMaxBytes || is_beginning) {
      return add_new(std::nullopt, marks, gap, {word, end}, is_beginning);
    }
    WordCache::Key key = WordCache::key({key_begin, size}, end_ - key_begin >= 16);
    const bool ascii = ((key.low | (key.high & ~kSize)) & kNotAscii) == 0;
    if (marks.count == 0) key.high ^= kUnmarked;
    const WordCache::Entry* entry = cache_.find(key);
    if (entry != nullptr && (!kDetails || !is_opaque(*entry))) {
      encoder_.add_entry(*entry, [&](uint32_t from, uint32_t to) {
        return ascii ? span<true>(marks, word, from, to) : span<false>(marks, word, from, to);
      });
      if constexpr (kDetails) {
        const std::string_view text(word, end);
        character_ = marks.word + static_cast<uint32_t>(ascii ? text.size() : unicode::count_characters(text));
      }
      return true;
    }
    return add_new(key, marks, gap, {word, end}, false);
  }

  Marks marks_of(const char* gap, const char* word) const {
    const auto spaces = static_cast<uint32_t>(word - gap);
    const uint32_t place = character_ + spaces;
    if (spaces > 0 && stages_.gap != Gap::kNothing) {
      return {stages_.gap == Gap::kOneMark ? 1 : spaces, character_, place};
    }
    using Scheme = Metaspace::PrependScheme;
    const bool wanted = stages_.prepends || stages_.scheme == Scheme::kAlways ||
                        (stages_.scheme == Scheme::kFirst && first_ == 0 && word == text_.data());
    return {wanted ? 1U : 0U, place, place};
  }

  // Where the bytes [from, to) of the marks and the word come from.
  template <bool kAscii>
  Span span(const Marks& marks, const char* word, uint32_t from, uint32_t to) const {
    const auto mark_size = static_cast<uint32_t>(stages_.mark.size());
    const uint32_t before = marks.count * mark_size;
    const auto characters = [word](uint32_t bytes) {
      return kAscii ? bytes : static_cast<uint32_t>(unicode::count_characters({word, bytes}));
    };
    const uint32_t begin =
        from < before ? marks.character + from / mark_size : marks.word + characters(from - before + 1) - 1;
    const uint32_t end =
        to <= before ? marks.character + (to - 1) / mark_size + 1 : marks.word + characters(to - before);
    return {begin, std::max(end, begin + 1)};
  }

  // A word that the cache does not have, or not all of what is wanted.
  bool add_new(std::optional<WordCache::Key> key, const Marks& marks, const char* gap, std::string_view word,
               bool is_beginning) {
    const uint8_t before = gap < word.data() ? stages_.characters.of(static_cast<unsigned char>(word.data()[-1])) : 0;
    const Verdict verdict = stages_.characters.judge(word, before);
    if (verdict == Verdict::kSpoilt) return false;
    // Characters that go before there are any shift the spans of all that follow.
    if (kDetails && verdict == Verdict::kDifferent && stages_.has_charsmap && gap == word.data()) return false;
    if (is_beginning) {
      add_different(std::nullopt, encoder_.plan_.spec.normalizers, gap, word);
    } else if (verdict == Verdict::kPlain) {
      add_plain(key, marks, word);
    } else if (verdict == Verdict::kMapped && stages_.charsmap) {
      add_mapped(key, marks, word);
    } else {
      // Without the space before it, the key of such a word would not say all that counts.
      const bool extends = (stages_.characters.of(unicode::decode(word.data()).code) & PlainCharacters::kExtends) != 0;
      add_different(extends ? std::nullopt : key, stages_.normalizers, gap, word);
    }
    if constexpr (kDetails) character_ = marks.word + static_cast<uint32_t>(unicode::count_characters(word));
    return true;
  }

  void put_marks(const Marks& marks, std::string& text) const {
    text.clear();
    for (uint32_t i = 0; i < marks.count; ++i) text += stages_.mark;
  }

  void add_plain(std::optional<WordCache::Key> key, const Marks& marks, std::string_view word) {
    std::string& text = encoder_.worker_.scratch.word;
    put_marks(marks, text);
    text += word;
    const WordTokens& tokens = encoder_.tokenize(text);
    if (key) cache_.insert(*key, tokens);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    encoder_.add_word(tokens, [&](uint32_t from, uint32_t to) {
      from = std::min(from, last);
      return span<false>(marks, word.data(), from, std::clamp(to, from + 1, last + 1));
    });
  }

  void add_mapped(std::optional<WordCache::Key> key, const Marks& marks, std::string_view word) {
    std::string& text = encoder_.worker_.scratch.word;
    std::vector<Span>& spans = encoder_.worker_.scratch.spans;
    put_marks(marks, text);
    spans.clear();
    if constexpr (kDetails) {
      for (uint32_t i = 0; i < text.size(); ++i) spans.push_back(span<false>(marks, word.data(), i, i + 1));
    }
    uint32_t character = marks.word;
    for (size_t at = 0; at < word.size(); ++character) {
      const auto [code, bytes] = unicode::decode(word.data() + at);
      const std::string_view own = word.substr(at, bytes);
      const bool maps = (stages_.characters.of(code) & PlainCharacters::kMaps) != 0;
      text += maps ? *stages_.charsmap->find(own) : own;
      if constexpr (kDetails) spans.resize(text.size(), {character, character + 1});
      at += bytes;
    }
    const WordTokens& tokens = encoder_.tokenize(text);
    if (!kDetails && key) keep_ids(*key, tokens);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    encoder_.add_word(tokens, [&](uint32_t from, uint32_t to) {
      return Span{spans[std::min(from, last)].begin, spans[std::min(std::max(from + 1, to) - 1, last)].end};
    });
  }

  void add_different(std::optional<WordCache::Key> key, std::span<const Normalizer> normalizers, const char* gap,
                     std::string_view word) {
    const std::vector<uint32_t>& ids = encoder_.out_.ids;
    const size_t before = ids.size();
    const uint32_t place = kDetails || gap == text_.data() ? character_ : 1;
    encoder_.interpret(normalizers, {gap, word.end()}, place);
    if (kDetails || !key) return;
    WordTokens& tokens = encoder_.worker_.tokens;
    tokens.clear();
    for (size_t i = before; i < ids.size(); ++i) tokens.push_back({ids[i], 0, 0});
    cache_.insert(*key, tokens);
  }

  // Of a word that has changed only the ids are kept: its entry says nothing of where they come from.
  void keep_ids(const WordCache::Key& key, const WordTokens& tokens) {
    WordTokens bare = tokens;
    for (WordToken& token : bare) token.begin = token.end = 0;
    cache_.insert(key, bare);
  }
  static bool is_opaque(const WordCache::Entry& entry) { return entry.ends[entry.count - 1] == 0; }

  // Of a key: the byte with the size, and a bit that a word without a mark has.
  static constexpr uint64_t kSize = uint64_t{0xFF} << 56, kUnmarked = uint64_t{1} << 63;
  static constexpr uint64_t kNotAscii = 0x8080808080808080;

  const SpacedText& stages_;
  Encoder& encoder_;
  WordCache& cache_;
  std::string_view text_;
  const char* end_;
  uint32_t first_;
  uint32_t character_;  // the place of what comes next
};

}  // namespace leanformers
