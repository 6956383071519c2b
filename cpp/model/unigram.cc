#include "model/unigram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {

namespace {

constexpr double kUnknownPenalty = 10;

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
  scores_.reserve(settings.pieces.size());
  for (const auto& [text, score] : settings.pieces) {
    if (!std::isfinite(score)) throw std::invalid_argument("the score of \"" + text + "\" is no finite number");
    scores_.push_back(score);
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

void UnigramModel::find_best(std::string_view word, Best* ends) const {
  // Sums in this order, and only a greater one replaces another: of equal ways the one whose last piece begins first.
  ends[0].score = 0;
  for (uint32_t at = 0; at < word.size();) {
    const double score = ends[at].score;
    const auto try_piece = [&](uint32_t bytes, double piece_score, uint32_t id) {
      Best& best = ends[at + bytes];
      const double sum = score + piece_score;
      if (best.begin != kNowhere && !(sum > best.score)) return;
      if (id == Trie::kMissing) {
        throw std::invalid_argument("the text has a character that no piece stands for, and there is no unknown token");
      }
      best = {sum, at, id};
    };
    const uint32_t character = unicode::decode(word.data() + at).bytes;
    bool known = false;  // the first character, as a piece
    trie_.visit_beginnings(word.substr(at), [&](uint32_t bytes, uint32_t id) {
      known |= bytes == character;
      try_piece(bytes, scores_[id], id);
    });
    if (!known) try_piece(character, unknown_score_, unknown_id_);
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
  std::array<Best, 256> room;  // the heap is only for long words
  std::vector<Best> long_room;
  Best* ends = room.data();
  if (word.size() >= room.size()) {
    long_room.resize(word.size() + 1);
    ends = long_room.data();
  }
  for (size_t i = 0; i <= word.size(); ++i) ends[i].begin = kNowhere;
  find_best(word, ends);

  for (auto end = static_cast<uint32_t>(word.size()), begin = end; end > 0; end = begin) {
    begin = ends[end].begin;
    if (ends[end].id != unknown_id_) {
      tokens.push_back({ends[end].id, begin, end});
      continue;
    }
    while (begin > 0 && ends[begin].id == unknown_id_) begin = ends[begin].begin;
    add_unknown(word, begin, end, tokens);
  }
  std::reverse(tokens.begin(), tokens.end());
}

}  // namespace leanformers
