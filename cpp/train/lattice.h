// All ways to write a word as pieces, and what is asked of them: how often each piece is expected, and the best way.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/trie.h"
#include "train/seeds.h"
#include "unicode/unicode.h"

namespace leanformers {

// Pieces with their scores; piece 0 stands for what is unknown.
class PieceModel {
 public:
  static constexpr double kDead = -std::numeric_limits<double>::infinity();  // the score of a piece that is gone

  // Keeps the texts of `pieces` by reference.
  explicit PieceModel(const ScoredPieces& pieces);
  void set_scores(const ScoredPieces& pieces);

  size_t size() const { return scores_.size(); }
  double score(uint32_t id) const { return scores_[id]; }
  double probability(uint32_t id) const { return probabilities_[id]; }
  double smallest_score() const { return smallest_; }

  // Calls visit(bytes, id) for the pieces that `text` begins with; for the unknown one if no piece is its first
  // character.
  template <typename Visit>
  void visit_pieces(std::string_view text, const Visit& visit) const {
    const uint32_t character = unicode::decode(text.data()).bytes;
    bool known = false;
    trie_.visit_beginnings(text, [&](uint32_t bytes, uint32_t value) {
      const uint32_t id = value + 1;
      if (scores_[id] == kDead) return;
      known |= bytes == character;
      visit(bytes, id);
    });
    if (!known) visit(character, 0);
  }

 private:
  Trie trie_;  // of all but the unknown piece
  std::vector<double> scores_, probabilities_;
  double smallest_ = 0;
};

// The lattice of one word. Used for one word after the other, it keeps its memory.
class Lattice {
 public:
  explicit Lattice(const PieceModel& model) : model_(model) {}

  void read(std::string_view word);

  // Calls add(id, expectation) for each piece in each place where it can stand: the probability that it stands there.
  template <typename Add>
  void expectations(const Add& add);

  struct Best {
    double score;
    std::span<const uint32_t> ids;  // from the last to the first; empty: there is no way
  };
  // The best way; `but_whole` leaves out the piece that is the whole word.
  Best best(bool but_whole = false);

 private:
  struct Edge {
    uint32_t begin, end, id;
  };
  template <typename Number, typename Add>
  bool expectations_as(const Add& add);

  const PieceModel& model_;
  uint32_t size_ = 0;
  std::vector<Edge> edges_;  // by rising begin
  std::vector<double> before_, after_;
  std::vector<const Edge*> last_;
  std::vector<uint32_t> ids_;
};

// --- How expectations are computed: forward and backward sums, in one of two kinds of numbers ---

struct PlainNumber {
  static constexpr double kZero = 0, kOne = 1;
  static double of(const PieceModel& model, uint32_t id) { return model.probability(id); }
  static double add(double a, double b) { return a + b; }
  static double multiply(double a, double b) { return a * b; }
  static double ratio(double a, double b) { return a / b; }
  static bool is_usable(double total) { return total > 1e-250; }
};

// Slower, for words so long that their probability vanishes.
struct LogarithmicNumber {
  static constexpr double kZero = -std::numeric_limits<double>::infinity(), kOne = 0;
  static double of(const PieceModel& model, uint32_t id) { return model.score(id); }
  static double add(double a, double b) {
    if (a < b) std::swap(a, b);
    return b == kZero ? a : a + std::log1p(std::exp(b - a));
  }
  static double multiply(double a, double b) { return a + b; }
  static double ratio(double a, double b) { return std::exp(a - b); }
  static bool is_usable(double) { return true; }
};

template <typename Add>
void Lattice::expectations(const Add& add) {
  if (!expectations_as<PlainNumber>(add)) expectations_as<LogarithmicNumber>(add);
}

template <typename Number, typename Add>
bool Lattice::expectations_as(const Add& add) {
  before_.assign(size_ + 1, Number::kZero);
  before_[0] = Number::kOne;
  for (const auto& [begin, end, id] : edges_) {
    before_[end] = Number::add(before_[end], Number::multiply(before_[begin], Number::of(model_, id)));
  }
  const double total = before_[size_];
  if (!Number::is_usable(total)) return false;
  after_.assign(size_ + 1, Number::kZero);
  after_[size_] = Number::kOne;
  for (size_t i = edges_.size(); i-- > 0;) {
    const auto& [begin, end, id] = edges_[i];
    const double onward = Number::multiply(after_[end], Number::of(model_, id));
    after_[begin] = Number::add(after_[begin], onward);
    add(id, Number::ratio(Number::multiply(before_[begin], onward), total));
  }
  return true;
}

}  // namespace leanformers
