// Encodes one sequence: added tokens, words, pieces. The hot loop.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bert_encoder.h"
#include "byte_level.h"
#include "byte_level_encoder.h"
#include "character_counter.h"
#include "characters.h"
#include "classed_encoder.h"
#include "known_words.h"
#include "normalizers.h"
#include "plan.h"
#include "pre_tokenizers.h"
#include "spaced_encoder.h"
#include "unicode/unicode.h"

namespace leanformers {

// Encodes one sequence into a Sequence that has none of its tokens yet.
template <bool kDetails>
class SequenceEncoder {
 public:
  SequenceEncoder(const Plan& plan, Worker& worker, bool split_special_tokens, Sequence& out)
      : plan_(plan), worker_(worker), split_special_tokens_(split_special_tokens), out_(out) {}

  // Adds the tokens of a text to the sequence, or of its part that has so many characters before it.
  void encode(std::string_view text, uint32_t before = 0) {
    if (text.size() >= UINT32_MAX) throw std::invalid_argument("a text of 4 GiB or more has to be split");
    CharacterCounter counter(text);
    plan_.verbatim.split(text, split_special_tokens_, worker_.segments);
    for (const auto& [token, begin, end] : worker_.segments) {
      // Without details only the difference between 0 and the rest counts: what Metaspace's scheme `first` looks at.
      const uint32_t first = before + (kDetails ? counter.at(begin) : static_cast<uint32_t>(begin > 0));
      if (token != nullptr) {
        add_token(*token, {first, kDetails ? before + counter.at(end) : 0}, text.substr(begin, end - begin));
      } else {
        const bool goes_on = before > 0 && begin == 0;
        out_.goes_on |= goes_on;
        encode_stretch(text.substr(begin, end - begin), first, goes_on);
      }
    }
  }

  // The same for several texts, which are given one after the other: `end_row()` is called behind the tokens of each,
  // or `end_row(writer)` while those of more are written: where a scan can, it looks up words of several together.
  template <typename EndRow>
  void encode_all(std::span<const std::string_view> texts, EndRow& end_row) {
    size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    if (needs_known_words(worker_, bytes)) remember_known_words(plan_, worker_);
    if (plan_.byte_level) {
      encode_all(ByteLevelEncoder<SequenceEncoder, kDetails>(*plan_.byte_level, *this), texts, end_row);
    } else if (plan_.spaced) {
      encode_all(SpacedEncoder<SequenceEncoder, kDetails>(*plan_.spaced, *this), texts, end_row);
    } else {
      for (const std::string_view text : texts) {
        encode(text);
        end_row();
      }
    }
  }

  // Adds the tokens of a word that was cut out by the caller: word `number` of the sequence, spans in itself.
  void encode_word(std::string_view word, int32_t number) {
    encode(word);
    std::fill(out_.words.begin() + static_cast<ptrdiff_t>(marked_), out_.words.end(), number);
    marked_ = out_.words.size();
  }

 private:
  friend class BertEncoder<SequenceEncoder, kDetails>;
  friend class ByteLevelEncoder<SequenceEncoder, kDetails>;
  friend class ClassedEncoder<SequenceEncoder, kDetails>;
  friend class SpacedEncoder<SequenceEncoder, kDetails>;
  friend class SpacedNewWords<SequenceEncoder, kDetails>;

  template <typename Encoder, typename EndRow>
  void encode_all(Encoder&& waiting, std::span<const std::string_view> texts, EndRow& end_row) {
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string_view text = texts[i];
      prefetch_after(texts, i);
      if (needs_known_words(worker_, text.size())) {
        waiting.write(end_row);
        remember_known_words(plan_, worker_);
        waiting.prepare();
      }
      if (text.empty() || may_wait(text)) {
        waiting.add_text(text, end_row);
        continue;
      }
      waiting.write(end_row);
      encode(text);
      end_row();
      waiting.prepare();
    }
    waiting.write(end_row);
  }

  // The beginning of a text that comes soon: those of a batch lie anywhere in memory.
  static void prefetch_after(std::span<const std::string_view> texts, size_t number) {
    constexpr size_t kAhead = 4, kBytes = 192, kLine = 64;
    if (number + kAhead >= texts.size()) return;
    for (size_t at = 0; at < kBytes; at += kLine) __builtin_prefetch(texts[number + kAhead].data() + at);
  }

  // Whether a text is one stretch, which its scan may take as it stands.
  bool may_wait(std::string_view text) {
    if (text.size() >= UINT32_MAX) return false;
    if (plan_.byte_level && (!plan_.normalized.empty() || needs_prefix(text))) return false;
    if (plan_.verbatim.matches(text)) return false;
    return plan_.byte_level ? has_normal_form(text) : !plan_.may_have_normalized_token(text);
  }

  // What byte-level plans ask of a text: whether a space has to be put before it, and whether it is normalized.
  bool needs_prefix(std::string_view text) const { return plan_.byte_level->add_prefix_space && text.front() != ' '; }
  bool has_normal_form(std::string_view text) const {
    return !plan_.byte_level->nfc || CharacterClasses::get(plan_.byte_level->pattern).is_nfc(text);
  }

  // Text between added tokens, or where it `goes_on`, what is left of it.
  void encode_stretch(std::string_view text, uint32_t first, bool goes_on) {
    if (needs_known_words(worker_, text.size())) remember_known_words(plan_, worker_);
    worker_.cache.prepare();
    if (plan_.bert) {
      const size_t tokens = out_.ids.size();
      const int32_t words = out_.word_count;
      if (BertEncoder<SequenceEncoder, kDetails>(*plan_.bert, *this, text, first).encode()) return;
      take_back(tokens, words);
    }
    if (plan_.byte_level && has_normal_form(text)) return encode_as_found(text, first);
    if (plan_.spaced && !plan_.may_have_normalized_token(text)) {
      const size_t tokens = out_.ids.size();
      const int32_t words = out_.word_count;
      if (SpacedEncoder<SequenceEncoder, kDetails>(*plan_.spaced, *this).encode(text, first, goes_on)) return;
      take_back(tokens, words);
    }
    encode_stage_by_stage(text, first, goes_on);
  }

  // What no scan takes.
  void encode_stage_by_stage(std::string_view text, uint32_t first, bool goes_on) {
    if (plan_.word_classes) return encode_as_found(text, first);
    if (kDetails && plan_.spaced && plan_.spaced->has_charsmap) out_.may_shift = true;
    interpret(goes_on && plan_.spaced ? plan_.spaced->normalizers : plan_.spec.normalizers, text, first);
  }

  // For text that is as the normalizers would leave it, so that all added tokens are found in it; or for tokenizers
  // that have none to be found in normalized text.
  void encode_as_found(std::string_view text, uint32_t first) {
    if (plan_.normalized.empty()) return scan(text, first);
    CharacterCounter counter(text);
    std::vector<AddedTokenMatcher::Segment> segments;
    plan_.normalized.split(text, split_special_tokens_, segments);
    for (const auto& [token, begin, end] : segments) {
      const uint32_t character = first + counter.at(begin);
      const std::string_view part = text.substr(begin, end - begin);
      token != nullptr ? add_token(*token, {character, first + counter.at(end)}, part) : scan(part, character);
    }
  }

  void scan(std::string_view text, uint32_t first) {
    if (plan_.byte_level) return scan_bytes(text, first);
    ClassedEncoder<SequenceEncoder, kDetails>(*plan_.word_classes, *this, text, first).encode();
  }

  void scan_bytes(std::string_view text, uint32_t character) {
    if (!needs_prefix(text)) {
      return ByteLevelEncoder<SequenceEncoder, kDetails>(*plan_.byte_level, *this).encode(text, character);
    }
    worker_.prefixed.assign(1, ' ');
    worker_.prefixed += text;
    const size_t tokens = out_.spans.size();
    ByteLevelEncoder<SequenceEncoder, kDetails>(*plan_.byte_level, *this).encode(worker_.prefixed, 0);
    // Of this text characters were counted from the space, which stands where the first one of `text` does.
    const auto place = [=](uint32_t number) { return character + std::max(number, 1U) - 1; };
    for (Span& span : std::span(out_.spans).subspan(kDetails ? tokens : out_.spans.size())) {
      span.begin = place(span.begin);
      span.end = std::max(place(span.end), span.begin + 1);
    }
  }

  // The tokens of a word whose bytes the model reads as characters, with offsets in the word's characters.
  const WordTokens& tokenize_bytes(std::string_view word) {
    std::get<BpeModel>(plan_.model).tokenize_bytes(word, worker_.tokens);
    count_characters(word, worker_.tokens);
    return worker_.tokens;
  }

  // The general pipeline: one stage after the other.
  void interpret(std::span<const Normalizer> normalizers, std::string_view text, uint32_t first) {
    Characters characters = read_characters(text, first);
    normalize(normalizers, characters, first);
    if (characters.empty()) return;
    if (plan_.normalized.empty()) {
      const uint32_t origin = characters.front().source.begin;
      return interpret_words({std::move(characters), origin});
    }
    const std::string normalized = to_utf8(characters);
    CharacterCounter counter(normalized);
    std::vector<AddedTokenMatcher::Segment> segments;
    plan_.normalized.split(normalized, split_special_tokens_, segments);
    for (const auto& [token, begin, end] : segments) {
      const auto stretch = std::span(characters).subspan(counter.at(begin), counter.at(end) - counter.at(begin));
      const uint32_t origin = stretch.front().source.begin;
      if (token != nullptr) {
        add_token(*token, {origin, stretch.back().source.end}, std::string_view(normalized).substr(begin, end - begin));
      } else {
        interpret_words({Characters(stretch.begin(), stretch.end()), origin});
      }
    }
  }

  void interpret_words(TextPiece piece) {
    std::vector<Span> spans;
    for (const TextPiece& word : pre_tokenize(plan_.spec.pre_tokenizers, std::move(piece))) {
      spans.clear();
      const std::string bytes = to_utf8(word.characters, kDetails ? &spans : nullptr);
      // A model's offsets may lie beyond the word: characters that vanished are not counted (traps of BPE).
      const auto last = static_cast<uint32_t>(bytes.size()) - 1;
      add_word(tokenize(bytes), [&](uint32_t from, uint32_t to) {
        return Span{spans[std::min(from, last)].begin, spans[std::min(std::max(from + 1, to) - 1, last)].end};
      });
    }
  }

  // `text` is the token with the spaces that it took.
  void add_token(const AddedToken& token, Span span, std::string_view text) {
    out_.ids.push_back(token.id);
    if (token.special) out_.has_special_token = true;
    if constexpr (kDetails) {
      if (plan_.spec.trim_offsets) {
        out_.stripped.emplace_back(out_.ids.size() - 1, Plan::outer_spaces(text));
      }
      out_.spans.push_back(span);
      out_.add_word_number();
    }
    ++out_.word_count;
  }

  const WordTokens& tokenize(std::string_view word) {
    word_ = word;
    std::visit([&](const auto& model) { model.tokenize(word, worker_.tokens); }, plan_.model);
    if (word.size() > plan_.longest_word && unicode::count_characters(word) > plan_.longest_word) {
      out_.has_long_word = true;
    }
    return worker_.tokens;
  }

  // `span(from, to)` is where bytes [from, to) of the word come from.

  template <typename SpanOf>
  void add_word(std::span<const WordToken> tokens, const SpanOf& span) {
    for (const auto& [id, begin, end] : tokens) add_piece(id, begin, end, span);
    ++out_.word_count;
  }

  template <typename SpanOf>
  void add_piece(uint32_t id, uint32_t begin, uint32_t end, const SpanOf& span) {
    out_.ids.push_back(id);
    if constexpr (kDetails) {
      // What Unigram does not know counts as it is written in the word.
      if (plan_.spec.trim_offsets && id == unigram_unknown_) {
        out_.stripped.emplace_back(out_.ids.size() - 1, Plan::outer_spaces(word_.substr(begin, end - begin)));
      }
      out_.spans.push_back(span(begin, end));
      out_.add_word_number();
    }
  }

  void take_back(size_t tokens, int32_t words) {
    out_.ids.resize(tokens);
    if constexpr (kDetails) {
      out_.spans.resize(tokens);
      if (out_.keeps_words) out_.words.resize(tokens);
    }
    out_.word_count = words;
  }

  const Plan& plan_;
  Worker& worker_;
  bool split_special_tokens_;
  Sequence& out_;
  size_t marked_ = out_.words.size();  // tokens that have the word's number of the caller
  std::string_view word_;              // the last one that the model saw
  const std::optional<uint32_t> unigram_unknown_ =
      std::holds_alternative<Unigram>(plan_.spec.model) ? std::get<Unigram>(plan_.spec.model).unk_id : std::nullopt;
};

}  // namespace leanformers
