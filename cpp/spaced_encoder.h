// Encodes a stretch of text by the words between its spaces (scan/spaced.h): each is remembered with its tokens under
// the bytes that it has in the text.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
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
      found_ = 0;
      cache_.prepare();
      while (at < end_ && found_ < kBatch) {
        const char* const gap = at;
        const char* const word = skip_gap(gap);
        at = find_gap(word);
        find(gap, word, at);
      }
      for (size_t i = 0; i < found_; ++i) {
        if (!add(batch_[i])) return false;
        if (stages_.one_word()) encoder_.out_.word_count = words;
      }
      flush();
    }
    if (stages_.one_word()) encoder_.out_.word_count = words + 1;
    return true;
  }

 private:
  using Gap = SpacedText::Gap;
  using Verdict = PlainCharacters::Verdict;

  // A word with the spaces before it that count. Words are found some at a time, so that their entries in the cache are
  // on their way when they are looked at.
  struct Found {
    const char* gap;
    const char* word;
    const char* end;
    WordCache::Key key;
    uint32_t marks;
    enum Way : uint8_t { kCached, kUncached, kFirst } way;
  };
  static constexpr size_t kBatch = 32;

  // The marks before a word, and where they come from.
  struct Marks {
    uint32_t count;
    uint32_t character;  // of the first one; each of several has its own
    uint32_t word;       // the word's first character
  };

  bool is_gap(const char* at) const { return stages_.is_gap[static_cast<unsigned char>(*at)]; }
  // Where each space is a mark, the next one is a word of its own.
  const char* skip_gap(const char* at) const {
    if (stages_.gap == Gap::kEachMark) return is_gap(at) ? at + 1 : at;
    while (at < end_ && is_gap(at)) ++at;
    return at;
  }
  const char* find_gap(const char* at) const {
#ifdef __SSE2__
    for (; end_ - at >= 16; at += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);
      for (auto bits = static_cast<uint32_t>(_mm_movemask_epi8(low)); bits != 0; bits &= bits - 1) {
        if (const char* found = at + std::countr_zero(bits); is_gap(found)) return found;
      }
    }
#endif
    while (at < end_ && !is_gap(at)) ++at;
    return at;
  }

  void find(const char* gap, const char* word, const char* end) {
    if (gap < word && (stages_.gap == Gap::kNothing || stages_.gap == Gap::kOneMark)) {
      const bool newline = stages_.one_newline && word - gap > 1 && word[-2] == '\r' && word[-1] == '\n';
      gap = word - (newline ? 2 : 1);
      if (word == end && (stages_.gap == Gap::kNothing || stages_.strips_end)) return;
    }
    const char* const begin = stages_.gap == Gap::kNothing ? word : gap;
    const auto size = static_cast<size_t>(end - begin);
    const size_t marks = begin < word ? (stages_.gap == Gap::kOneMark ? 1 : word - gap) : is_marked(word);
    Found& found = batch_[found_++];
    found = {gap, word, end, {}, static_cast<uint32_t>(marks), Found::kCached};
    if (stages_.prepends && gap == text_.data() && gap < word) {
      found.way = Found::kFirst;
    } else if (size > WordCache::kMaxBytes) {
      found.way = Found::kUncached;
    } else {
      found.key = WordCache::key({begin, size}, end_ - begin >= 16);
      if (marks == 0) found.key.high ^= kUnmarked;
      cache_.prefetch(found.key);
    }
  }

  // Whether a word without a space that becomes one has a mark.
  bool is_marked(const char* word) const {
    using Scheme = Metaspace::PrependScheme;
    return stages_.prepends || stages_.scheme == Scheme::kAlways ||
           (stages_.scheme == Scheme::kFirst && first_ == 0 && word == text_.data());
  }

  bool add(const Found& found) {
    if constexpr (kDetails) {
      character_ += static_cast<uint32_t>(found.gap - passed_);
      passed_ = found.end;
    }
    const WordCache::Entry* entry = found.way == Found::kCached ? cache_.find(found.key) : nullptr;
    if (entry == nullptr || (kDetails && is_opaque(*entry))) {
      flush();
      return add_new(found);
    }
    if (WordCache::is_long(*entry)) {
      flush();
      add_long(found, cache_.tokens_of(*entry));
      return true;
    }
    if constexpr (kDetails) {
      const bool ascii = ((found.key.low | (found.key.high & ~kSize)) & kNotAscii) == 0;
      ascii ? add_spans<true>(found, *entry) : add_spans<false>(found, *entry);
      std::fill_n(words_.data() + filled_, WordCache::kMaxTokens, encoder_.out_.word_count);
    }
    std::copy_n(entry->ids, WordCache::kMaxTokens, ids_.data() + filled_);
    filled_ += entry->count;
    ++encoder_.out_.word_count;
    return true;
  }

  template <bool kAscii>
  void add_spans(const Found& found, const WordCache::Entry& entry) {
    const Marks marks = marks_of(found);
    uint32_t begin = 0;
    for (size_t i = 0; i < entry.count; ++i) {
      spans_[filled_ + i] = span<kAscii>(marks, found.word, begin, entry.ends[i]);
      begin = entry.ends[i];
    }
    const std::string_view word(found.word, found.end);
    character_ = marks.word + static_cast<uint32_t>(kAscii ? word.size() : unicode::count_characters(word));
  }

  void add_long(const Found& found, std::span<const WordToken> tokens) {
    const Marks marks = marks_of(found);
    const std::string_view word(found.word, found.end);
    const auto last = static_cast<uint32_t>(marks.count * stages_.mark.size() + word.size()) - 1;
    encoder_.add_word(tokens, [&](uint32_t from, uint32_t to) {
      from = std::min(from, last);
      return span<false>(marks, word.data(), from, std::clamp(to, from + 1, last + 1));
    });
    if constexpr (kDetails) character_ = marks.word + static_cast<uint32_t>(unicode::count_characters(word));
  }

  // Gives away what has been gathered.
  void flush() {
    Sequence& out = encoder_.out_;
    out.ids.insert(out.ids.end(), ids_.data(), ids_.data() + filled_);
    if constexpr (kDetails) {
      out.spans.insert(out.spans.end(), spans_.data(), spans_.data() + filled_);
      out.words.insert(out.words.end(), words_.data(), words_.data() + filled_);
    }
    filled_ = 0;
  }

  Marks marks_of(const Found& found) const {
    const auto spaces = static_cast<uint32_t>(found.word - found.gap);
    const uint32_t place = character_ + spaces;
    return {found.marks, spaces > 0 && stages_.gap != Gap::kNothing ? character_ : place, place};
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
  bool add_new(const Found& found) {
    const std::string_view word(found.word, found.end);
    const bool begins = found.gap == found.word;
    const uint8_t before = begins ? 0 : stages_.characters.of(static_cast<unsigned char>(found.word[-1]));
    const Verdict verdict = stages_.characters.judge(word, before);
    if (verdict == Verdict::kSpoilt) return false;
    if (kDetails && begins && verdict == Verdict::kDifferent && may_shift(word)) return false;
    const Marks marks = marks_of(found);
    if (found.way == Found::kFirst) {
      add_different(found, encoder_.plan_.spec.normalizers);
    } else if (verdict == Verdict::kPlain) {
      add_plain(found, marks, word);
    } else if (verdict == Verdict::kMapped && stages_.charsmap) {
      add_mapped(found, marks, word);
    } else {
      add_different(found, stages_.normalizers);
    }
    if constexpr (kDetails) character_ = marks.word + static_cast<uint32_t>(unicode::count_characters(word));
    return true;
  }

  // Characters that the charsmap drops before there are any others shift the spans of all that follow.
  bool may_shift(std::string_view word) const {
    if (!stages_.has_charsmap) return false;
    const auto found = stages_.charsmap ? stages_.charsmap->find(word) : std::string_view();
    return found && found->empty();
  }

  void put_marks(const Marks& marks, std::string& text) const {
    text.clear();
    for (uint32_t i = 0; i < marks.count; ++i) text += stages_.mark;
  }

  void add_plain(const Found& found, const Marks& marks, std::string_view word) {
    std::string& text = encoder_.worker_.scratch.word;
    put_marks(marks, text);
    text += word;
    const WordTokens& tokens = encoder_.tokenize(text);
    if (found.way == Found::kCached) cache_.insert_any(found.key, tokens);
    add_long(found, tokens);
  }

  void add_mapped(const Found& found, const Marks& marks, std::string_view word) {
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
    keep_ids(found, tokens);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    encoder_.add_word(tokens, [&](uint32_t from, uint32_t to) {
      return Span{spans[std::min(from, last)].begin, spans[std::min(std::max(from + 1, to) - 1, last)].end};
    });
  }

  void add_different(const Found& found, std::span<const Normalizer> normalizers) {
    const Buffer<uint32_t>& ids = encoder_.out_.ids;
    const size_t before = ids.size();
    const uint32_t place = kDetails || found.gap == text_.data() ? character_ : 1;
    encoder_.interpret(normalizers, {found.gap, found.end}, place);
    if (kDetails || found.way != Found::kCached) return;
    // Without the space before it, the key of such a word would not say all that counts.
    if ((stages_.characters.of(unicode::decode(found.word).code) & PlainCharacters::kExtends) != 0) return;
    WordTokens& tokens = encoder_.worker_.tokens;
    tokens.clear();
    for (size_t i = before; i < ids.size(); ++i) tokens.push_back({ids[i], 0, 0});
    keep_ids(found, tokens);
  }

  // Of a word that has changed only the ids are kept: its entry says nothing of where they come from.
  void keep_ids(const Found& found, WordTokens tokens) {
    if (kDetails || found.way != Found::kCached) return;
    for (WordToken& token : tokens) token.begin = token.end = 0;
    cache_.insert_any(found.key, tokens);
  }
  bool is_opaque(const WordCache::Entry& entry) const {
    return (WordCache::is_long(entry) ? cache_.tokens_of(entry).back().end : entry.ends[entry.count - 1]) == 0;
  }

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
  const char* passed_ = text_.data();

  std::array<Found, kBatch> batch_;
  size_t found_ = 0;
  // Tokens of known words, until they are given away.
  static constexpr size_t kRoom = (kBatch + 1) * WordCache::kMaxTokens;
  std::array<uint32_t, kRoom> ids_;
  std::array<Span, kDetails ? kRoom : 0> spans_;
  std::array<int32_t, kDetails ? kRoom : 0> words_;
  size_t filled_ = 0;
};

}  // namespace leanformers
