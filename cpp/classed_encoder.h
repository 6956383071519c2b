// Encodes a stretch of text by the classes of its characters (scan/word_classes.h): words are remembered with their
// tokens under the bytes that they have in the text, and characters that are words are looked up in a table.
#pragma once

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "character_counter.h"
#include "characters.h"
#include "normalizers.h"
#include "plan.h"
#include "pre_tokenizers.h"
#include "scan/class_windows.h"
#include "unicode/unicode.h"
#include "word_lookup.h"

namespace leanformers {

// `Encoder` is the SequenceEncoder<kDetails> that the tokens go to.
template <typename Encoder, bool kDetails>
class ClassedEncoder {
 public:
  // `first` is the place in the text of the stretch.
  ClassedEncoder(const WordClasses& classes, Encoder& encoder, std::string_view text, uint32_t first)
      : classes_(classes),
        encoder_(encoder),
        out_(encoder.out_),
        at_(text.data()),
        end_(at_ + text.size()),
        character_(first),
        words_(encoder.worker_, out_) {
    words_.begin_text(end_);
  }

  void encode() {
    const bool has_windows = plan().windows && most_bytes_ >= ClassWindows::kBytes;
    for (mark(); at_ < end_;) {
      if (plan().characters && add_known_characters()) continue;
      if (has_windows && end_ - at_ >= ptrdiff_t{ClassWindows::kBytes} && step_window()) continue;
      step();
    }
    write();
  }

 private:
  using Window = ClassWindows::Window;

  // --- Going back: what stands between two barriers is taken back where one of its characters depends on others ---

  // What there was at the last barrier.
  struct Mark {
    const char* at;
    uint32_t character;
    size_t waiting;   // words
    bool is_written;  // they have been, and then there were so many tokens and words
    size_t tokens;
    int32_t word_count;
    bool has_long_word;
  };

  void mark() {
    if (classes_.has_dependent()) mark_ = {at_, character_, words_.waiting(), false, 0, 0, false};
  }

  // Writes the words before the mark, and forgets those after it.
  void write_mark() {
    if (mark_.is_written) return;
    words_.take_back(mark_.waiting);
    write();
    mark_.is_written = true;
    mark_.tokens = out_.ids.size();
    mark_.word_count = out_.word_count;
    mark_.has_long_word = out_.has_long_word;
  }

  // Writes all words. False: only those before the mark, to which the scan returns, once for each mark.
  bool flush() {
    if (!classes_.has_dependent() || mark_.is_written) {
      write();
      return true;
    }
    const bool have_waited = words_.waiting() > 0;
    write_mark();
    if (!have_waited) return true;
    at_ = mark_.at;
    character_ = mark_.character;
    return false;
  }

  // All between two barriers goes through the general pipeline.
  void interpret() {
    const char* end = at_;
    while (end < end_ && !classes_.is_barrier(*end)) ++end;
    write_mark();
    words_.take_back(0);
    encoder_.take_back(mark_.tokens, mark_.word_count);
    out_.has_long_word = mark_.has_long_word;
    Characters characters = read_characters({mark_.at, end}, mark_.character);
    at_ = end;
    character_ = mark_.character + static_cast<uint32_t>(characters.size());
    normalize(plan().spec.normalizers, characters, mark_.character);
    encoder_.interpret_words({std::move(characters), mark_.character});
    mark();
  }

  // --- Words ---

  static constexpr ptrdiff_t kReadAhead = ptrdiff_t{ClassWindows::kBytes} + 16;  // the bytes of a window and of a key

  static uint64_t below(uint32_t place) { return place >= 64 ? ~uint64_t{0} : (uint64_t{1} << place) - 1; }
  // How many characters begin before this place.
  static uint32_t count(const Window& window, uint32_t place) {
    return static_cast<uint32_t>(std::popcount(~window.inner & below(place)));
  }

  // The words of the next 64 bytes; false, if there is none that surely ends there.
  bool step_window() {
    const Window window = plan().windows->read(at_);
    if (window.size == 0) return false;
    if (!words_.has_room(ClassWindows::kBytes) && !flush()) return true;
    const char* const at = at_;
    const uint32_t character = character_;
    uint64_t before = 0;
    if (classes_.has_dependent() && window.barriers != 0) {
      const uint32_t barrier = ClassWindows::kBytes - static_cast<uint32_t>(std::countl_zero(window.barriers));
      before = below(barrier);
      add_words(window, at, character, before);
      at_ = at + barrier;
      character_ = character + count(window, barrier);
      mark();
    }
    add_words(window, at, character, ~before);
    at_ = at + window.size;
    character_ = character + count(window, window.size);
    return true;
  }

  void add_words(const Window& window, const char* at, uint32_t character, uint64_t part) {
    if ((window.begins & part) == 0) return;
    words_.put(
        {at, window.begins & part, window.lasts & part, window.inner, 0, character, false, end_ - at >= kReadAhead});
  }

  // The next word, or what stands between two.
  void step() {
    const char* const begin = at_;
    const auto [kind, bytes] = classes_.look(at_);
    if (kind == WordClasses::kDependent) return interpret();
    const bool is_run = kind >= WordClasses::kFirstRun;
    const char* const end = is_run ? classes_.run_end(at_ + bytes, end_, kind) : at_ + bytes;
    if ((is_run || kind == WordClasses::kIsolated) && !add({begin, end})) return;
    at_ = end;
    if constexpr (kDetails) character_ += static_cast<uint32_t>(is_run ? unicode::count_characters({begin, end}) : 1);
    if (classes_.is_barrier(*begin)) mark();
  }

  // The word that begins at `at_`. False: another place is next.
  bool add(std::string_view word) {
    if (is_looked_up(word)) {
      if (!words_.has_room(1) && !flush()) return false;
      words_.put(word, character_);
      return true;
    }
    if (!flush()) return false;
    CharacterCounter begins(word), ends(word);
    encoder_.add_word(tokenize(word), [&](uint32_t from, uint32_t to) {
      return Span{character_ + begins.at(from + 1) - 1, character_ + ends.at(to)};
    });
    return true;
  }

  // Not what may be too long for the model, which is to be told each time, nor what is too long to be kept.
  bool is_looked_up(std::string_view word) const {
    if (word.size() <= most_bytes_) return true;
    return word.size() <= most_unchanged_bytes_ && !classes_.changes(word);
  }

  static constexpr size_t kBlock = 256;  // of characters

  // Characters that are words of the table, one after the other; false: the next one is not.
  bool add_known_characters() {
    const CharacterTable& table = *plan().characters;
    if (table.find(unicode::decode(at_).code) == CharacterTable::kMissing) return false;
    if (!flush()) return true;
    const size_t before = out_.ids.size();
    const size_t room = std::min(static_cast<size_t>(end_ - at_), kBlock);
    out_.ids.resize(before + room);
    uint32_t* id = out_.ids.data() + before;
    const char* at = at_;
    for (const uint32_t* const last = id + room; at < end_ && id < last; ++id) {
      const auto [code, bytes] = unicode::decode(at);
      *id = table.find(code);
      if (*id == CharacterTable::kMissing) break;
      at += bytes;
    }
    at_ = at;
    const auto known = static_cast<uint32_t>(id - out_.ids.data() - before);
    out_.ids.resize(before + known);
    if constexpr (kDetails) {
      out_.spans.resize(before + known);
      Span* const spans = out_.spans.data() + before;
      const uint32_t character = character_;
      for (uint32_t i = 0; i < known; ++i) spans[i] = {character + i, character + i + 1};
      if (out_.keeps_words) {
        out_.words.resize(before + known);
        std::iota(out_.words.begin() + static_cast<ptrdiff_t>(before), out_.words.end(), out_.word_count);
      }
      character_ += known;
      out_.word_count += static_cast<int32_t>(known);
    }
    if (classes_.has_dependent()) mark_among(known);
    return true;
  }

  // The last barrier among so many characters that were added last, one token each.
  void mark_among(uint32_t known) {
    const char* at = at_;
    for (uint32_t after = 0; after < known; after += !unicode::is_continuation(*at)) {
      --at;
      if (!classes_.is_barrier(*at)) continue;
      const uint32_t character = kDetails ? character_ - after : 0;
      const int32_t words = out_.word_count - (kDetails ? static_cast<int32_t>(after) : 0);
      mark_ = {at + 1, character, 0, true, out_.ids.size() - after, words, out_.has_long_word};
      return;
    }
  }

  void write() {
    if (words_.waiting() == 0) return;
    words_.write(Tokenize{*this});
  }

  struct Tokenize {
    const WordTokens& operator()(const GatheredWord& word) const {
      encoder.tokenize(word.text());
      count_characters(word.text(), encoder.encoder_.worker_.tokens);
      return encoder.encoder_.worker_.tokens;
    }

    const TokenSearch* search() const { return encoder.plan().search_of_words(); }
    bool fits(std::string_view word) const {
      return SideBySide::fits(*search(), word) && !encoder.classes_.changes(word) &&
             std::get<BpeModel>(encoder.plan().model).has_only_letters(word);
    }

    ClassedEncoder& encoder;
  };

  // The tokens of a word, with offsets in its bytes. A model's own offsets may lie beyond what it was given: characters
  // that vanished are not counted (traps of BPE).
  const WordTokens& tokenize(std::string_view word) {
    WordTokens& tokens = encoder_.worker_.tokens;
    if (!classes_.changes(word)) {
      encoder_.tokenize(word);
      const auto last = static_cast<uint32_t>(word.size()) - 1;
      for (WordToken& token : tokens) {
        token.begin = std::min(token.begin, last);
        token.end = std::clamp(token.end, token.begin + 1, last + 1);
      }
      return tokens;
    }
    std::vector<Span>& sources = encoder_.worker_.scratch.spans;  // of each byte of the text, in bytes of the word
    sources.clear();
    const std::string text = to_utf8(normalized(word), &sources);
    encoder_.tokenize(text);
    const auto last = static_cast<uint32_t>(text.size()) - 1;
    for (WordToken& token : tokens) {
      token.end = sources[std::min(std::max(token.begin + 1, token.end) - 1, last)].end;
      token.begin = sources[std::min(token.begin, last)].begin;
    }
    return tokens;
  }

  // The word as the stages make it of these characters alone, which stand for its bytes. Something is left of it, for
  // else they would be in no word.
  Characters normalized(std::string_view word) const {
    Characters characters;
    for (uint32_t at = 0; at < word.size();) {
      const auto [code, bytes] = unicode::decode(word.data() + at);
      characters.push_back({code, {at, at + bytes}});
      at += bytes;
    }
    normalize(plan().spec.normalizers, characters);
    return std::move(pre_tokenize(plan().spec.pre_tokenizers, {std::move(characters), 0}).front().characters);
  }

  const Plan& plan() const { return encoder_.plan_; }

  const WordClasses& classes_;
  Encoder& encoder_;
  Sequence& out_;
  const char* at_;
  const char* end_;
  uint32_t character_;  // the number of the one at `at_`, with details
  // Of words that are looked up: if no normalizer changes them, and if so.
  const size_t most_unchanged_bytes_ = std::min<size_t>(plan().longest_word, LongWords::kMaxBytes);
  const size_t most_bytes_ = std::min<size_t>(plan().longest_word / classes_.growth(), LongWords::kMaxBytes);
  WordLookup<kDetails> words_;
  Mark mark_{};
};

}  // namespace leanformers
