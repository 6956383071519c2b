// Encodes a stretch of text by the words between its spaces (scan/spaced.h): each is remembered with its tokens under
// the bytes that it has in the text.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "character_counter.h"
#include "plan.h"
#include "scan/spaced_windows.h"
#include "spaced_words.h"
#include "unicode/unicode.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class SpacedEncoder {
 public:
  SpacedEncoder(const SpacedText& stages, Encoder& encoder)
      : stages_(stages),
        encoder_(encoder),
        prepends_(stages.prepends),
        words_(encoder.worker_, encoder.out_, stages.one_word() ? 0 : 1) {}

  // Adds the tokens of a stretch, which is the rest of one if it `goes_on`; `first` is its place in the text. False,
  // with tokens added or not, when the stretch has to be normalized as a whole.
  bool encode(std::string_view text, uint32_t first, bool goes_on) {
    first_ = first;
    prepends_ = stages_.prepends && !goes_on;
    Writing alone{*this, [] {}};
    if (!gather(text, alone) || !words_.write(alone)) return false;
    if (stages_.one_word()) ++encoder_.out_.word_count;
    return true;
  }

  // The words of a whole text wait, to be written with those of others. `end_row()` is called for each text whose
  // tokens are all written, now or by `write`.
  template <typename EndRow>
  void add_text(std::string_view text, const EndRow& end_row) {
    if (!words_.has_room_for_end()) write(end_row);
    Writing writing{*this, end_row};
    if (!gather(text, writing)) {
      encode_otherwise(text);
      end_row();
      return;
    }
    texts_[words_.texts()] = text;
    words_.end_text();
  }
  template <typename EndRow>
  void write(const EndRow& end_row) {
    Writing writing{*this, end_row};
    words_.write(writing);
  }
  // After the caches have been changed by others; no word waits.
  void prepare() { words_.prepare(); }

 private:
  using Gap = SpacedText::Gap;
  using Verdict = PlainCharacters::Verdict;
  using Word = typename SpacedWords<kDetails>::Word;
  static constexpr ptrdiff_t kReadAhead = SpacedWindows::kBytes + 16;  // the bytes of a window and of a key

  // What SpacedWords asks for.
  template <typename EndRow>
  struct Writing {
    SpacedEncoder& encoder;
    const EndRow& end_row;

    void begin_text(size_t number) {
      encoder.text_ = number < encoder.words_.texts() ? encoder.texts_[number] : encoder.last_text_;
    }
    void end_text(size_t number, bool written) {
      if (!written) {
        encoder.encode_otherwise(encoder.texts_[number]);
      } else if (encoder.stages_.one_word()) {
        ++encoder.encoder_.out_.word_count;
      }
      end_row();
    }
    bool add_new(const Word& word) { return encoder.add_new(word); }
    const TokenSearch* search() const {
      const auto* const model = std::get_if<BpeModel>(&encoder.encoder_.plan_.model);
      return model != nullptr && model->searches_words() ? model->search() : nullptr;
    }
    bool add_text_of(const Word& word, SideBySide& some) { return encoder.add_text_of(word, some); }
    void keep(const Word& word, std::span<const WordToken> tokens) { encoder.keep_found(word, tokens); }
  };
  template <typename EndRow>
  Writing(SpacedEncoder&, const EndRow&) -> Writing<EndRow>;

  // A text that has to be normalized as a whole.
  void encode_otherwise(std::string_view text) {
    encoder_.out_.take_back();
    encoder_.encode_stage_by_stage(text, 0, false);
  }

  // False: words that waited before these were written, and one of this text says no.
  template <typename NewWords>
  bool gather(std::string_view text, NewWords& new_words) {
    const char* const end_of_text = text.data() + text.size();
    text_ = last_text_ = text;
    character_ = first_;
    words_.begin_text(end_of_text);
    const SpacedWindows windows(stages_, text, instructions());
    for (const char* at = text.data(); at < end_of_text;) {
      if (!words_.has_room(SpacedWindows::kBytes) && !words_.write(new_words)) return false;
      const bool is_first = at == text.data();
      // What a normalizer puts before a space, if it stands at the beginning, makes it another word.
      const bool is_new = is_first && prepends_ && is_gap(at);
      const auto [begins, lasts, unmarked, inner, size] =
          is_new ? SpacedWindows::Window{} : windows.look(at, is_first && is_marked(at));
      if (size == 0) {
        const char* const end = windows.word_end(at);
        put(at, end);
        at = end;
        continue;
      }
      words_.put({at, begins, lasts, inner, unmarked, character_, false, end_of_text - at >= kReadAhead});
      at += size;
      if constexpr (kDetails) {
        character_ += size;
        if (inner != 0) character_ -= static_cast<uint32_t>(std::popcount(inner << (64 - size)));
      }
    }
    return true;
  }

  // What stands before the letters of a word.
  struct Marks {
    uint32_t count;   // of those that the model sees
    uint32_t spaces;  // of the text
  };

  bool is_gap(const char* at) const { return stages_.is_gap[static_cast<unsigned char>(*at)]; }
  const char* skip_gap(const char* at, const char* end) const {
    while (at < end && is_gap(at)) ++at;
    return at;
  }

  // Gathers the word that has all from `begin` to `end`: spaces and what follows them.
  void put(const char* begin, const char* end) {
    const char* const letters = skip_gap(begin, end);
    const char* word = begin;
    if (begin < letters && stages_.joins_spaces()) {
      const bool newline = stages_.one_newline && letters - begin > 1 && letters[-2] == '\r' && letters[-1] == '\n';
      word = letters - (stages_.gap == Gap::kNothing ? 0 : newline ? 2 : 1);
    }
    character_ += static_cast<uint32_t>(word - begin);
    const bool is_nothing =
        letters == end && stages_.joins_spaces() && (stages_.gap == Gap::kNothing || stages_.strips_end);
    if (is_nothing) return;
    if (prepends_ && word == text_.data() && word < letters) {
      words_.put_new({word, end}, character_);
    } else {
      words_.put({word, end}, word == letters && !is_marked(word), character_);
    }
    if constexpr (kDetails) character_ += static_cast<uint32_t>(unicode::count_characters({word, end}));
  }

  // Whether a word without a space that becomes one has a mark.
  bool is_marked(const char* word) const {
    using Scheme = Metaspace::PrependScheme;
    const bool begins = word == text_.data();
    if (stages_.gap != Gap::kNothing && !begins) return false;
    return stages_.prepends || stages_.scheme == Scheme::kAlways ||
           (stages_.scheme == Scheme::kFirst && first_ == 0 && begins);
  }

  std::string_view letters_of(const Word& word) const {
    const char* const end = word.begin + word.size();
    return {skip_gap(word.begin, end), end};
  }

  Marks marks_of(const Word& word, const char* letters) const {
    return marks(static_cast<uint32_t>(letters - word.begin), [&] { return is_marked(letters); });
  }
  // Of a short word, whose key says whether it has a mark.
  Marks marks_of(const WordKey& key, size_t spaces) const {
    return marks(static_cast<uint32_t>(spaces), [&] { return (key.high & WordKey::kUnmarked) == 0; });
  }
  template <typename IsMarked>
  Marks marks(uint32_t spaces, const IsMarked& is_marked) const {
    if (spaces == 0) return {is_marked(), 0};
    return {stages_.gap == Gap::kOneMark ? 1 : spaces, spaces};
  }

  // A word that the caches do not have, or not all of what is wanted.
  bool add_new(const Word& word) {
    const std::string_view letters = letters_of(word);
    const bool begins = text_.data() == letters.data() || !is_gap(letters.data() - 1);
    const Verdict verdict = judge(letters);
    if (verdict == Verdict::kSpoilt) return false;
    if (kDetails && begins && verdict == Verdict::kDifferent && may_shift(letters)) return false;
    const Marks marks = marks_of(word, letters.data());
    if (prepends_ && word.begin == text_.data() && marks.spaces > 0) {
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

  // Characters that the charsmap drops before there are any others shift the spans of all that follow.
  bool may_shift(std::string_view letters) const {
    if (!stages_.has_charsmap) return false;
    const auto found = stages_.charsmap ? stages_.charsmap->find(letters) : std::string_view();
    return found && found->empty();
  }

  // A word whose text is made of letters and one mark or none, to be searched with others. Not for others.
  bool add_text_of(const Word& word, SideBySide& some) {
    const std::string_view letters = letters_of(word);
    if (letters.empty() || static_cast<unsigned char>(letters.back()) >= 0x80) return false;
    const Marks marks = marks_of(word.key, word.size() - letters.size());
    const size_t mark_bytes = marks.count * stages_.mark.size(), size = mark_bytes + letters.size();
    if (marks.count > 1 || size > Window::kBytes) return false;
    if (stages_.cuts && next_cut(letters, 0) < letters.size()) return false;
    const Window own = Window{word.key.low, word.key.high << 8 >> 8}.from(static_cast<unsigned>(marks.spaces));
    if (!is_easy(letters) &&
        (judge(letters) != Verdict::kPlain || !may_be_kept(word) || !model().has_only_letters(letters))) {
      return false;
    }
    if (marks.count > 0 && !model().has_only_letters(stages_.mark)) return false;
    some.add(marks.count > 0 ? Window::of(stages_.mark).with(own, static_cast<unsigned>(mark_bytes)) : own, size);
    return true;
  }
  const BpeModel& model() const { return std::get<BpeModel>(encoder_.plan_.model); }
  // Whether a word has nothing but ASCII that stays as it is, and is a letter to the model.
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

  // Remembers the tokens of such a word.
  void keep_found(const Word& word, std::span<const WordToken> found) {
    WordTokens& tokens = encoder_.worker_.tokens;
    tokens.assign(found.begin(), found.end());
    const std::string_view letters = letters_of(word);
    if constexpr (kDetails) count_characters(marks_of(word.key, word.size() - letters.size()), letters);
    words_.keep(word, tokens);
  }

  Verdict judge(std::string_view letters) const {
    const bool begins = text_.data() == letters.data() || !is_gap(letters.data() - 1);
    return stages_.characters.judge(
        letters, begins ? 0 : stages_.characters.of(static_cast<unsigned char>(letters.data()[-1])));
  }

  void put_marks(uint32_t count, std::string& text) const {
    text.clear();
    for (uint32_t i = 0; i < count; ++i) text += stages_.mark;
  }

  void add_plain(const Word& word, const Marks& marks, std::string_view letters) {
    if (stages_.cuts && word.size() <= LongWords::kMaxBytes && next_cut(letters, 0) < letters.size()) {
      join_parts(marks, letters);
    } else {
      tokenize(marks, letters);
    }
    add_tokens(word, encoder_.worker_.tokens);
  }

  void tokenize(const Marks& marks, std::string_view letters) {
    std::string& text = encoder_.worker_.scratch.word;
    put_marks(marks.count, text);
    text += letters;
    encoder_.tokenize(text);
    if constexpr (kDetails) count_characters(marks, letters);
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
        tokenize(before, own);
        for (const auto& [id, from, to] : tokens) joined.push_back({id, character + from, character + to});
        if (may_be_kept(part)) words_.keep(part, tokens);
      }
      character += before.spaces + static_cast<uint32_t>(unicode::count_characters(own));
    }
    tokens.swap(joined);
  }

  // Makes the places of the tokens, in the bytes of marks and letters, characters from the word's first one.
  void count_characters(const Marks& marks, std::string_view letters) {
    const auto mark_size = static_cast<uint32_t>(stages_.mark.size());
    const uint32_t before = marks.count * mark_size;
    const auto last = before + static_cast<uint32_t>(letters.size()) - 1;
    const bool ascii = unicode::count_characters(letters) == letters.size();
    CharacterCounter begins(letters), ends(letters);
    const auto count = [ascii](CharacterCounter& counter, uint32_t bytes) { return ascii ? bytes : counter.at(bytes); };
    for (WordToken& token : encoder_.worker_.tokens) {
      const uint32_t from = std::min(token.begin, last), to = std::clamp(token.end, from + 1, last + 1);
      token.begin = from < before ? from / mark_size : marks.spaces + count(begins, from - before + 1) - 1;
      const uint32_t end = to <= before ? (to - 1) / mark_size + 1 : marks.spaces + count(ends, to - before);
      token.end = std::max(end, token.begin + 1);
    }
  }

  // Each character by itself becomes what the charsmap has for it.
  void add_mapped(const Word& word, const Marks& marks, std::string_view letters) {
    std::string& text = encoder_.worker_.scratch.word;
    std::vector<Span>& spans = encoder_.worker_.scratch.spans;  // of each byte of `text`
    put_marks(marks.count, text);
    spans.clear();
    for (uint32_t i = 0; kDetails && i < text.size(); ++i) {
      const uint32_t mark = i / static_cast<uint32_t>(stages_.mark.size());
      spans.push_back({mark, mark + 1});
    }
    uint32_t character = marks.spaces;
    for (size_t at = 0; at < letters.size(); ++character) {
      const auto [code, bytes] = unicode::decode(letters.data() + at);
      const std::string_view own = letters.substr(at, bytes);
      const bool maps = (stages_.characters.of(code) & PlainCharacters::kMaps) != 0;
      text += maps ? *stages_.charsmap->find(own) : own;
      if constexpr (kDetails) spans.resize(text.size(), {character, character + 1});
      at += bytes;
    }
    encoder_.tokenize(text);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    for (WordToken& token : std::span(encoder_.worker_.tokens).first(kDetails ? encoder_.worker_.tokens.size() : 0)) {
      const uint32_t from = token.begin;
      token.begin = spans[std::min(from, last)].begin;
      token.end = spans[std::min(std::max(from + 1, token.end) - 1, last)].end;
    }
    add_tokens(word, encoder_.worker_.tokens);
  }

  // Writes the worker's tokens and remembers them.
  void add_tokens(const Word& word, WordTokens& tokens) {
    words_.add(word, tokens);
    if (may_be_kept(word)) words_.keep(word, tokens);
  }

  void add_different(const Word& word, std::span<const Normalizer> normalizers) {
    Sequence& out = encoder_.out_;
    const size_t before = out.ids.size();
    const int32_t words = out.word_count;
    const char* const begin = gap_of(word);
    const auto spaces = static_cast<uint32_t>(word.begin - begin);
    const uint32_t place = kDetails ? word.character - spaces : begin == text_.data() ? first_ : 1;
    encoder_.interpret(normalizers, {begin, word.begin + word.size()}, place);
    const bool one = stages_.one_word() || out.word_count == words + 1;
    if (stages_.one_word()) out.word_count = words;
    if (!may_be_kept(word) || (kDetails && (!one || may_shift(letters_of(word))))) return;
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
    words_.keep(word, tokens);
  }

  // Where the normalizers begin to read, so that they see a space before the word where there is one.
  const char* gap_of(const Word& word) const {
    return stages_.gap == Gap::kNothing && word.begin > text_.data() ? word.begin - 1 : word.begin;
  }

  // Without the space before it, or all of them, the key of a word that goes on with what is before would not say all
  // that counts.
  bool may_be_kept(const Word& word) const {
    const std::string_view letters = letters_of(word);
    if (letters.empty()) return true;
    return (stages_.characters.of(unicode::decode(letters.data()).code) & PlainCharacters::kExtends) == 0;
  }

  const SpacedText& stages_;
  Encoder& encoder_;
  std::string_view text_;       // that words are looked at of
  std::string_view last_text_;  // whose words were gathered last
  uint32_t first_ = 0;
  bool prepends_;               // a mark to the first word
  uint32_t character_ = 0;  // with details: the number of the next one
  std::optional<std::array<bool, 256>> easy_;  // bytes; made when it is needed
  SpacedWords<kDetails> words_;
  std::array<std::string_view, GatheredWords::kRoom> texts_;  // that have ended
};

}  // namespace leanformers
