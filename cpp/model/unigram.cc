#include "model/unigram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {

namespace {

constexpr double kUnknownPenalty = 10;
constexpr double kLargestScore = 1e298;

// `first` where all bits of `mask` are set, `second` where none is. Compilers make branches of other spellings, and
// which way they go cannot be foretold.
uint64_t choose(uint64_t mask, uint64_t first, uint64_t second) { return second ^ ((first ^ second) & mask); }
double choose(uint64_t mask, double first, double second) {
  return std::bit_cast<double>(choose(mask, std::bit_cast<uint64_t>(first), std::bit_cast<uint64_t>(second)));
}

std::vector<std::string_view> texts(const Unigram& settings) {
  std::vector<std::string_view> texts;
  texts.reserve(settings.pieces.size());
  for (const auto& [text, score] : settings.pieces) texts.push_back(text);
  return texts;
}

}  // namespace

UnigramModel::UnigramModel(const Unigram& settings)
    : trie_(texts(settings)), unknown_id_(settings.unk_id.value_or(Trie::kMissing)) {
  if (settings.unk_id && *settings.unk_id >= settings.pieces.size()) {
    throw std::invalid_argument("unk_id is " + std::to_string(*settings.unk_id) + ", but there are " +
                                std::to_string(settings.pieces.size()) + " pieces");
  }
  double smallest = std::numeric_limits<double>::infinity();
  scores_ = SharedArray<double>(settings.pieces.size());
  double* scores = scores_.writable();
  for (const auto& [text, score] : settings.pieces) {
    // Sums of scores stay finite, whatever the length of a text.
    if (!(std::abs(score) <= kLargestScore)) {
      throw std::invalid_argument("the score of \"" + std::string(text) + "\" is no finite number, or too large");
    }
    *scores++ = score;
    if (score < smallest) smallest = score;
  }
  unknown_score_ = smallest - kUnknownPenalty;
  if (settings.byte_fallback) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (unsigned byte = 0; byte < 256; ++byte) {
      const char token[] = {'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
      bytes_.push_back(trie_.find({token, sizeof token}));
    }
  }
}

void UnigramModel::try_unknown(uint32_t begin, uint32_t end, Ways ways) const {
  const double sum = ways.scores[begin] + unknown_score_;
  if (!(sum > ways.scores[end])) return;
  if (unknown_id_ == Trie::kMissing) {
    throw std::invalid_argument("the text has a character that no piece stands for, and there is no unknown token");
  }
  ways.scores[end] = sum;
  ways.last[end] = uint64_t{begin} << 32 | unknown_id_;
}

void UnigramModel::find_best(std::string_view word, Ways ways) const {
  // Sums in this order, and only a greater one replaces another: of equal ways the one whose last piece begins first.
  ways.scores[0] = 0;
  for (uint32_t at = 0; at < word.size();) {
    const double score = ways.scores[at];
    const uint32_t character = unicode::decode(word.data() + at).bytes;
    bool known = false;  // the first character, as a piece
    trie_.visit_beginnings(word.substr(at), [&](uint32_t bytes, uint32_t id) {
      known |= bytes == character;
      const uint32_t end = at + bytes;
      const double sum = score + scores_[id];
      const uint64_t better = sum > ways.scores[end] ? UINT64_MAX : 0;
      ways.scores[end] = choose(better, sum, ways.scores[end]);
      ways.last[end] = choose(better, uint64_t{at} << 32 | id, ways.last[end]);
    });
    if (!known) try_unknown(at, at + character, ways);
    at += character;
  }
}

void UnigramModel::add_unknown(std::string_view word, uint32_t begin, uint32_t end, WordTokens& reversed) const {
  const std::string_view text = word.substr(begin, end - begin);
  const auto byte_id = [this](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  const auto has_token = [&](char byte) { return byte_id(byte) != Trie::kMissing; };
  if (const uint32_t id = trie_.find(text); id != Trie::kMissing) {
    reversed.push_back({id, begin, end});
  } else if (!bytes_.empty() && std::all_of(text.begin(), text.end(), has_token)) {
    for (auto byte = text.rbegin(); byte != text.rend(); ++byte) reversed.push_back({byte_id(*byte), begin, end});
  } else {
    reversed.push_back({unknown_id_, begin, end});
  }
}

void UnigramModel::tokenize(std::string_view word, WordTokens& tokens) const {
  tokens.clear();
  constexpr size_t kShort = 128;  // the heap is only for longer words
  std::array<double, kShort> scores;
  std::array<uint64_t, kShort> last;
  std::vector<double> more_scores;
  std::vector<uint64_t> more_last;
  Ways ways{scores.data(), last.data()};
  if (word.size() >= kShort) {
    more_scores.resize(word.size() + 1);
    more_last.resize(word.size() + 1);
    ways = {more_scores.data(), more_last.data()};
  }
  std::fill_n(ways.scores, word.size() + 1, -std::numeric_limits<double>::infinity());
  find_best(word, ways);

  const auto begin_of = [&](uint32_t end) { return static_cast<uint32_t>(ways.last[end] >> 32); };
  const auto id_of = [&](uint32_t end) { return static_cast<uint32_t>(ways.last[end]); };
  for (auto end = static_cast<uint32_t>(word.size()), begin = end; end > 0; end = begin) {
    begin = begin_of(end);
    if (id_of(end) != unknown_id_) {
      tokens.push_back({id_of(end), begin, end});
      continue;
    }
    while (begin > 0 && id_of(begin) == unknown_id_) begin = begin_of(begin);
    add_unknown(word, begin, end, tokens);
  }
  std::reverse(tokens.begin(), tokens.end());
}

}  // namespace leanformers
