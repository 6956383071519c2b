// Tokenizes the words between spaces that are not known, and remembers them.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "character_counter.h"
#include "plan.h"
#include "spaced_stretch.h"
#include "spaced_words.h"
#include "unicode/unicode.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class SpacedNewWords {
 public:
  using Word = GatheredWord;

  // `stretch` is the one that the words are of, at any time.
  SpacedNewWords(const SpacedStretch& stretch, Encoder& encoder, SpacedWords<kDetails>& words)
      : stages_(stretch.stages), stretch_(stretch), encoder_(encoder), words_(words) {}

  // A word that the caches do not have, or not all of what is wanted.
  bool add_new(const Word& word) {
    const std::string_view letters = stretch_.letters_of(word);
    const Verdict verdict = stretch_.judge(letters);
    if (verdict == Verdict::kSpoilt) return false;
    if (kDetails && !stretch_.is_after_gap(letters) && verdict == Verdict::kDifferent && may_shift(letters))
      return false;
    const Marks marks = stretch_.marks_of(word, letters.data());
    if (stretch_.prepends && word.begin == stretch_.text.data() && marks.spaces > 0) {
      add_different(word, encoder_.plan_.spec.normalizers);
    } else if (verdict == Verdict::kPlain) {
      add_plain(word, marks, letters);
    } else if (verdict == Verdict::kMapped && stages_.charsmap) {
      add_mapped(word, marks, letters);
    } else {
      add_different(word, stages_.normalizers);
    }
    return true;
  }

  const TokenSearch* search() const { return encoder_.plan_.search_of_words(); }
  // A word whose text is made of letters and one mark or none, to be searched with others. Not for others.
  bool add_text_of(const Word& word, SideBySide& some) {
    const std::string_view letters = stretch_.letters_of(word);
    if (letters.empty() || static_cast<unsigned char>(letters.back()) >= 0x80) return false;
    const Marks marks = stretch_.marks_of(word.key, word.size() - letters.size());
    const size_t mark_bytes = marks.count * stages_.mark.size(), size = mark_bytes + letters.size();
    if (marks.count > 1 || size > Window::kBytes) return false;
    if (stages_.cuts && next_cut(letters, 0) < letters.size()) return false;
    const bool is_plain = is_easy(letters) || (stretch_.judge(letters) == Verdict::kPlain && may_be_kept(word) &&
                                               model().has_only_letters(letters));
    if (!is_plain || (marks.count > 0 && !model().has_only_letters(stages_.mark))) return false;
    const Window own = window_of(word.key).from(marks.spaces);
    some.add(marks.count > 0 ? Window::of(stages_.mark).with(own, static_cast<unsigned>(mark_bytes)) : own, size);
    return true;
  }
  // Remembers the tokens of such a word.
  void keep_found(const Word& word, std::span<WordToken> tokens) {
    const std::string_view letters = stretch_.letters_of(word);
    count_characters(stretch_.marks_of(word.key, word.size() - letters.size()), letters, word.key.is_ascii(), tokens);
    words_.keep(word, tokens);
  }

 private:
  using Gap = SpacedText::Gap;
  using Verdict = PlainCharacters::Verdict;
  using Marks = SpacedStretch::Marks;

  // Characters that the charsmap drops before there are any others shift the spans of all that follow.
  bool may_shift(std::string_view letters) const {
    if (!stages_.has_charsmap) return false;
    const auto found = stages_.charsmap ? stages_.charsmap->find(letters) : std::string_view();
    return found && found->empty();
  }

  const BpeModel& model() const { return std::get<BpeModel>(encoder_.plan_.model); }
  // Whether a word has nothing but ASCII that stays as it is and is a letter to the model: most have.
  bool is_easy(std::string_view letters) {
    if (!easy_) {
      easy_.emplace();
      for (char byte = '!'; byte <= '~'; ++byte) {
        const auto place = static_cast<unsigned char>(byte);
        (*easy_)[place] = stages_.characters.of(place) == 0 && model().has_only_letters({&byte, 1});
      }
    }
    bool all = true;
    for (const char byte : letters) all &= (*easy_)[static_cast<unsigned char>(byte)];
    return all;
  }

  void put_marks(uint32_t count, std::string& text) const {
    text.clear();
    for (uint32_t i = 0; i < count; ++i) text += stages_.mark;
  }

  void add_plain(const Word& word, const Marks& marks, std::string_view letters) {
    if (stages_.cuts && word.size() <= LongWords::kMaxBytes && next_cut(letters, 0) < letters.size()) {
      join_parts(marks, letters);
    } else {
      tokenize(marks, letters, needs_places(word));
    }
    add_tokens(word, encoder_.worker_.tokens);
  }

  // Also of ids alone, if they are remembered: others may ask for places. Long texts without a space are not.
  static bool needs_places(const Word& word) { return kDetails || !word.is_new(); }

  void tokenize(const Marks& marks, std::string_view letters, bool with_places) {
    std::string& text = encoder_.worker_.scratch.word;
    put_marks(marks.count, text);
    text += letters;
    encoder_.tokenize(text);
    if (with_places) count_characters(marks, letters, unicode::is_ascii(letters), encoder_.worker_.tokens);
  }

  // Where the part that begins at `begin` ends.
  size_t next_cut(std::string_view letters, size_t begin) const {
    size_t at = begin + 1;
    while (at < letters.size() && !stages_.cuts->has(letters[at - 1], letters[at])) ++at;
    return std::min(at, letters.size());
  }

  // The tokens of a word by its parts, of which most are known.
  void join_parts(const Marks& marks, std::string_view letters) {
    WordTokens& joined = encoder_.worker_.joined;
    WordTokens& tokens = encoder_.worker_.tokens;
    joined.clear();
    uint32_t character = 0;
    for (size_t begin = 0, end; begin < letters.size(); begin = end) {
      end = next_cut(letters, begin);
      const std::string_view own = letters.substr(begin, end - begin);
      const Marks before = begin == 0 ? marks : Marks{0, 0};
      const char* const first = own.data() - before.spaces;
      const Word part = words_.part({first, own.data() + own.size()}, before.count == 0);
      if (!words_.append(part, character, joined)) {
        tokenize(before, own, true);
        for (const auto& [id, from, to] : tokens) joined.push_back({id, character + from, character + to});
        if (may_be_kept(part)) words_.keep(part, tokens);
      }
      character += before.spaces + static_cast<uint32_t>(unicode::count_characters(own));
    }
    tokens.swap(joined);
  }

  // Makes the places of the tokens, in the bytes of marks and letters, characters from the word's first one.
  void count_characters(const Marks& marks, std::string_view letters, bool is_ascii,
                        std::span<WordToken> tokens) const {
    const auto mark_size = static_cast<uint32_t>(stages_.mark.size());
    const uint32_t before = marks.count * mark_size;
    const auto last = before + static_cast<uint32_t>(letters.size()) - 1;
    if (is_ascii && marks.count <= 1 && marks.spaces <= 1) {  // most are: nothing is counted, and nothing branches
      const uint32_t shift = before - marks.spaces;
      for (WordToken& token : tokens) {
        const uint32_t from = std::min(token.begin, last), to = std::clamp(token.end, from + 1, last + 1);
        token.begin = std::max(from, shift) - shift;
        token.end = std::max(to, shift + 1) - shift;
      }
      return;
    }
    CharacterCounter counter(letters);
    for (WordToken& token : tokens) {
      const uint32_t from = std::min(token.begin, last), to = std::clamp(token.end, from + 1, last + 1);
      token.begin = from < before ? from / mark_size : marks.spaces + counter.at(from - before + 1) - 1;
      const uint32_t end = to <= before ? (to - 1) / mark_size + 1 : marks.spaces + counter.at(to - before);
      token.end = std::max(end, token.begin + 1);
    }
  }

  // Each character by itself becomes what the charsmap has for it.
  void add_mapped(const Word& word, const Marks& marks, std::string_view letters) {
    std::string& text = encoder_.worker_.scratch.word;
    std::vector<Span>& spans = encoder_.worker_.scratch.spans;  // of each byte of `text`
    const bool with_places = needs_places(word);
    put_marks(marks.count, text);
    spans.clear();
    for (uint32_t i = 0; with_places && i < text.size(); ++i) {
      const uint32_t mark = i / static_cast<uint32_t>(stages_.mark.size());
      spans.push_back({mark, mark + 1});
    }
    uint32_t character = marks.spaces;
    for (size_t at = 0; at < letters.size(); ++character) {
      const auto [code, bytes] = unicode::decode(letters.data() + at);
      const std::string_view own = letters.substr(at, bytes);
      const bool maps = (stages_.characters.of(code) & PlainCharacters::kMaps) != 0;
      text += maps ? *stages_.charsmap->find(own) : own;
      if (with_places) spans.resize(text.size(), {character, character + 1});
      at += bytes;
    }
    encoder_.tokenize(text);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    for (WordToken& token :
         std::span(encoder_.worker_.tokens).first(with_places ? encoder_.worker_.tokens.size() : 0)) {
      const uint32_t from = token.begin;
      token.begin = spans[std::min(from, last)].begin;
      token.end = spans[std::min(std::max(from + 1, token.end) - 1, last)].end;
    }
    add_tokens(word, encoder_.worker_.tokens);
  }

  // Writes the worker's tokens and remembers them.
  void add_tokens(const Word& word, const WordTokens& tokens) {
    words_.add(word, tokens);
    if (may_be_kept(word)) words_.keep(word, tokens);
  }

  void add_different(const Word& word, std::span<const Normalizer> normalizers) {
    Sequence& out = encoder_.out_;
    const size_t before = out.ids.size();
    const int32_t words = out.word_count;
    const char* const begin = gap_of(word);
    const auto spaces = static_cast<uint32_t>(word.begin - begin);
    const uint32_t place = kDetails ? word.character - spaces : begin == stretch_.text.data() ? stretch_.first : 1;
    encoder_.interpret(normalizers, {begin, word.begin + word.size()}, place);
    const bool one = stages_.one_word() || out.word_count == words + 1;
    if (stages_.one_word()) out.word_count = words;
    if (!may_be_kept(word) || (kDetails && may_shift(stretch_.letters_of(word)))) return;
    if (kDetails && !one && out.keeps_words) return;
    WordTokens& tokens = encoder_.worker_.tokens;
    tokens.clear();
    for (size_t i = before; i < out.ids.size(); ++i) {
      WordToken token{out.ids[i], 0, 0};
      if constexpr (kDetails) {
        const Span span = out.spans[i];
        if (span.begin < word.character || span.end < span.begin || span.end > word.character + word.size()) return;
        token.begin = span.begin - word.character;
        token.end = span.end - word.character;
      }
      tokens.push_back(token);
    }
    words_.keep(word, tokens, kDetails && !one);
  }

  // Where the normalizers begin to read, so that they see a space before the word where there is one.
  const char* gap_of(const Word& word) const {
    return stages_.gap == Gap::kNothing && word.begin > stretch_.text.data() ? word.begin - 1 : word.begin;
  }

  // Without the space before it, or all of them, the key of a word that goes on with what is before would not say all
  // that counts.
  bool may_be_kept(const Word& word) const {
    const std::string_view letters = stretch_.letters_of(word);
    if (letters.empty()) return true;
    return (stages_.characters.of(unicode::decode(letters.data()).code) & PlainCharacters::kExtends) == 0;
  }

  const SpacedText& stages_;
  const SpacedStretch& stretch_;
  Encoder& encoder_;
  SpacedWords<kDetails>& words_;
  std::optional<std::array<bool, 256>> easy_;  // bytes; made when it is needed
};

}  // namespace leanformers
