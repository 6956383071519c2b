// Encodes a stretch of text by the words between its spaces (scan/spaced.h): each is remembered with its tokens under
// the bytes that it has in the text.
#pragma once

#include <array>
#include <bit>
#include <span>
#include <string_view>

#include "plan.h"
#include "scan/spaced_windows.h"
#include "spaced_new_words.h"
#include "unicode/unicode.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class SpacedEncoder {
 public:
  SpacedEncoder(const SpacedText& stages, Encoder& encoder)
      : stages_(stages),
        encoder_(encoder),
        stretch_{stages},
        words_(encoder.worker_, encoder.out_, stages.one_word() ? 0 : 1),
        new_words_(stretch_, encoder, words_) {}

  SpacedEncoder(const SpacedEncoder&) = delete;  // its parts know each other

  // Adds the tokens of a stretch, which is the rest of one if it `goes_on`; `first` is its place in the text. False,
  // with tokens added or not, when the stretch has to be normalized as a whole.
  bool encode(std::string_view text, uint32_t first, bool goes_on) {
    stretch_.first = first;
    stretch_.prepends = stages_.prepends && !goes_on;
    const auto no_rows = [](const auto&...) {};
    Writing alone{*this, no_rows};
    if (!gather(text, alone) || !words_.write(alone)) return false;
    if (stages_.one_word()) ++encoder_.out_.word_count;
    return true;
  }

  // The words of a whole text wait, to be written with those of others. `end_row(writer)`, or `end_row()` where no
  // tokens are being written, is called for each text whose tokens are all there, now or by `write`.
  template <typename EndRow>
  void add_text(std::string_view text, EndRow& end_row) {
    if (!words_.has_room_for_end()) write(end_row);
    Writing writing{*this, end_row};
    if (!gather(text, writing)) {
      encode_otherwise(text);
      end_row();
      return;
    }
    texts_[words_.texts()] = {text.data(), text.size()};
    words_.end_text();
  }
  template <typename EndRow>
  void write(EndRow& end_row) {
    Writing writing{*this, end_row};
    words_.write(writing);
  }
  // After the caches have been changed by others; no word waits.
  void prepare() { words_.prepare(); }

 private:
  using Gap = SpacedText::Gap;
  using Word = typename SpacedWords<kDetails>::Word;
  static constexpr ptrdiff_t kReadAhead = SpacedWindows::kBytes + 16;  // the bytes of a window and of a key

  // Which is not set to zero, as a string_view would be.
  struct WaitingText {
    const char* begin;
    size_t size;
    std::string_view view() const { return {begin, size}; }
  };

  // What SpacedWords asks for.
  template <typename EndRow>
  struct Writing {
    SpacedEncoder& encoder;
    EndRow& end_row;

    void begin_text(size_t number) {
      encoder.stretch_.text = number < encoder.words_.texts() ? encoder.texts_[number].view() : encoder.last_text_;
    }
    void end_text(size_t number, bool written, TokenWriter<kDetails>& writer) {
      if (written) {
        if (encoder.stages_.one_word()) ++writer.columns().word;
        end_row(writer);
        return;
      }
      encoder.encode_otherwise(encoder.texts_[number].view());
      end_row();
      writer = encoder.words_.new_writer();
    }
    bool add_new(const Word& word) { return encoder.new_words_.add_new(word); }
    const TokenSearch* search() const { return encoder.new_words_.search(); }
    bool add_text_of(const Word& word, SideBySide& some) { return encoder.new_words_.add_text_of(word, some); }
    void keep(const Word& word, std::span<WordToken> tokens) { encoder.new_words_.keep_found(word, tokens); }
  };
  template <typename EndRow>
  Writing(SpacedEncoder&, EndRow&) -> Writing<EndRow>;

  // A text that has to be normalized as a whole.
  void encode_otherwise(std::string_view text) {
    encoder_.out_.take_back();
    encoder_.encode_stage_by_stage(text, 0, false);
  }

  // False: words that waited before these were written, and one of this text says no.
  template <typename NewWords>
  bool gather(std::string_view text, NewWords& new_words) {
    const char* const end_of_text = text.data() + text.size();
    stretch_.text = last_text_ = text;
    character_ = stretch_.first;
    words_.begin_text(end_of_text);
    const SpacedWindows windows(stages_, text, instructions());
    for (const char* at = text.data(); at < end_of_text;) {
      if (!words_.has_room(SpacedWindows::kBytes) && !words_.write(new_words)) return false;
      const bool is_first = at == text.data();
      // What a normalizer puts before a space, if it stands at the beginning, makes it another word.
      const bool is_new = is_first && stretch_.prepends && stretch_.is_gap(at);
      const auto [begins, lasts, unmarked, inner, size] =
          is_new ? SpacedWindows::Window{} : windows.look(at, is_first && stretch_.is_marked(at));
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

  // Gathers the word that has all from `begin` to `end`: spaces and what follows them.
  void put(const char* begin, const char* end) {
    const char* const letters = stretch_.skip_gap(begin, end);
    const char* word = begin;
    if (begin < letters && stages_.joins_spaces()) {
      const bool newline = stages_.one_newline && letters - begin > 1 && letters[-2] == '\r' && letters[-1] == '\n';
      word = letters - (stages_.gap == Gap::kNothing ? 0 : newline ? 2 : 1);
    }
    character_ += static_cast<uint32_t>(word - begin);
    const bool is_nothing =
        letters == end && stages_.joins_spaces() && (stages_.gap == Gap::kNothing || stages_.strips_end);
    if (is_nothing) return;
    if (stretch_.prepends && word == stretch_.text.data() && word < letters) {
      words_.put_new({word, end}, character_);
    } else {
      words_.put({word, end}, word == letters && !stretch_.is_marked(word), character_);
    }
    if constexpr (kDetails) character_ += static_cast<uint32_t>(unicode::count_characters({word, end}));
  }

  const SpacedText& stages_;
  Encoder& encoder_;
  SpacedStretch stretch_;       // that words are looked at of
  std::string_view last_text_;  // whose words were gathered last
  uint32_t character_ = 0;      // with details: the number of the next one
  SpacedWords<kDetails> words_;
  SpacedNewWords<Encoder, kDetails> new_words_;
  std::array<WaitingText, GatheredWords::kRoom> texts_;  // that have ended
};

}  // namespace leanformers
