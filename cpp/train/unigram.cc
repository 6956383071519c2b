#include "train/unigram.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "train/alphabet.h"
#include "train/blocks.h"
#include "train/lattice.h"

namespace leanformers {
namespace {

constexpr size_t kWordsAtOnce = 1024;
constexpr double kLeastExpected = 0.5;  // a piece that is expected less often goes

// Sums of expectations as whole numbers of 2^-24: they do not depend on the order in which threads add them.
constexpr double kUnit = 1 << 24;

// The derivative of log Γ: recurrence up to 7, then the asymptotic series. Abramowitz and Stegun, 6.3.5 and 6.3.18.
double digamma(double x) {
  double result = 0;
  for (; x < 7; ++x) result -= 1 / x;
  const double inverse = 1 / (x * x);
  return result + std::log(x) - 0.5 / x -
         inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse / 240)));
}

class UnigramTrainer {
 public:
  UnigramTrainer(std::span<const WordCounts::Word> words, const UnigramTraining& settings, unsigned threads)
      : words_(words), settings_(settings), threads_(threads) {
    for (const char32_t code : settings.initial_alphabet) required_.push_back(code);
    const std::vector<uint64_t> counts = count_characters(words);
    for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
      if (counts[code] != 0) required_.push_back(code);
    }
    std::sort(required_.begin(), required_.end());
    required_.erase(std::unique(required_.begin(), required_.end()), required_.end());
    if (required_.size() > room()) {
      throw std::invalid_argument("the vocabulary has room for " + std::to_string(room()) + " pieces, but " +
                                  std::to_string(required_.size()) + " different characters need one each");
    }
  }

  TrainedUnigram train(Progress progress) {
    pieces_ = seed_pieces(words_, settings_.max_piece_length, settings_.seed_size);
    pieces_.emplace(pieces_.begin(), "<UNK>", 0.0);  // piece 0; its text is never looked for
    const size_t wanted = settings_.vocab_size * 11 / 10;
    const size_t start = pieces_.size();
    for (;;) {
      PieceModel model(pieces_);
      for (uint32_t i = 0; i < settings_.n_sub_iterations; ++i) {
        progress.step(start - pieces_.size(), start - std::min(start, wanted));
        maximize(expect(model));
        model.set_scores(pieces_);
      }
      const auto alive = static_cast<size_t>(
          std::count_if(pieces_.begin(), pieces_.end(), [](const auto& piece) { return is_alive(piece); }));
      if (alive > wanted) {
        prune(model, std::max(wanted, static_cast<size_t>(static_cast<double>(alive) * settings_.shrinking_factor)));
      }
      std::erase_if(pieces_, [](const auto& piece) { return !is_alive(piece); });
      if (alive <= wanted) return result(model.smallest_score());
    }
  }

 private:
  using Piece = ScoredPieces::value_type;
  static bool is_alive(const Piece& piece) { return piece.second != PieceModel::kDead; }

  bool adds_unknown() const {
    const auto& special = settings_.special_tokens;
    return settings_.unk_token && std::find(special.begin(), special.end(), *settings_.unk_token) == special.end();
  }
  size_t room() const {
    const size_t taken = settings_.special_tokens.size() + (adds_unknown() ? 1 : 0);
    return settings_.vocab_size - std::min(settings_.vocab_size, taken);
  }

  // Calls visit(lattice, word, sums) for all words on all threads, each with sums of its own, and adds these up.
  template <typename Visit>
  std::vector<uint64_t> sum_over_words(const PieceModel& model, const Visit& visit) const {
    std::vector<std::vector<uint64_t>> sums(threads_);
    std::vector<Lattice> lattices(threads_, Lattice(model));
    for_each_block(words_.size(), kWordsAtOnce, threads_, [&](size_t thread, size_t begin, size_t end) {
      sums[thread].resize(model.size());
      for (size_t i = begin; i < end; ++i) {
        lattices[thread].read(words_[i].text());
        visit(lattices[thread], words_[i], sums[thread]);
      }
    });
    std::vector<uint64_t> total(model.size());
    for (const std::vector<uint64_t>& own : sums) {
      for (size_t id = 0; id < own.size(); ++id) total[id] += own[id];
    }
    return total;
  }

  std::vector<uint64_t> expect(const PieceModel& model) const {
    return sum_over_words(model, [](Lattice& lattice, const WordCounts::Word& word, std::vector<uint64_t>& sums) {
      const double count = static_cast<double>(word.count) * kUnit;
      lattice.expectations(
          [&](uint32_t id, double expectation) { sums[id] += static_cast<uint64_t>(expectation * count + 0.5); });
    });
  }

  // Digamma makes rare pieces rarer: a sparse prior (Liang and Klein, "Structured Bayesian nonparametric models with
  // variational inference", 2007).
  void maximize(const std::vector<uint64_t>& expected) {
    double sum = 0;
    for (size_t id = 1; id < pieces_.size(); ++id) {
      const double frequency = static_cast<double>(expected[id]) / kUnit;
      pieces_[id].second = frequency < kLeastExpected ? PieceModel::kDead : frequency;
      if (is_alive(pieces_[id])) sum += frequency;
    }
    const double log_sum = digamma(sum);
    for (size_t id = 1; id < pieces_.size(); ++id) {
      if (is_alive(pieces_[id])) pieces_[id].second = digamma(pieces_[id].second) - log_sum;
    }
  }

  // Kills the pieces whose loss would make the words least less likely, down to about `kept` pieces. What takes the
  // place of a piece is the best way to write it as others. Those that stay are sorted: pieces that nothing can
  // replace, then the others, the dear ones first.
  void prune(const PieceModel& model, size_t kept) {
    const std::vector<uint64_t> frequency = count_in_best_ways(model);
    double sum = 0, all = 0;
    for (const uint64_t count : frequency) sum += static_cast<double>(count);
    for (const WordCounts::Word& word : words_) all += static_cast<double>(word.count);

    struct Candidate {
      uint32_t id;
      double loss;
    };
    std::vector<Candidate> candidates;
    ScoredPieces chosen = {pieces_[0]};
    Lattice lattice(model);
    for (uint32_t id = 1; id < pieces_.size(); ++id) {
      if (!is_alive(pieces_[id])) continue;
      lattice.read(pieces_[id].first);
      const auto [score, others] = lattice.best(true);
      const auto count = static_cast<double>(frequency[id]);
      if (others.empty() || score > pieces_[id].second) {
        if (others.empty() || count != 0) chosen.push_back(std::move(pieces_[id]));
        continue;
      }
      if (count == 0) continue;
      const double log_new_sum = std::log(sum + count * (static_cast<double>(others.size()) - 1));
      double log_others = 0;
      for (const uint32_t other : others) {
        log_others += std::log(static_cast<double>(frequency[other]) + count) - log_new_sum;
      }
      candidates.push_back({id, count / all * (std::log(count) - std::log(sum) - log_others)});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.loss > b.loss; });
    for (const Candidate& candidate : candidates) {
      if (chosen.size() >= kept) break;
      chosen.push_back(std::move(pieces_[candidate.id]));
    }
    pieces_ = std::move(chosen);
  }

  std::vector<uint64_t> count_in_best_ways(const PieceModel& model) const {
    return sum_over_words(model, [](Lattice& lattice, const WordCounts::Word& word, std::vector<uint64_t>& sums) {
      for (const uint32_t id : lattice.best().ids) sums[id] += word.count;
    });
  }

  // Special tokens; then all required characters and the best other pieces, the likely ones first.
  TrainedUnigram result(double smallest_score) const {
    std::unordered_map<std::string_view, double> scores;
    for (const auto& [piece, score] : std::span(pieces_).subspan(1)) scores.emplace(piece, score);
    ScoredPieces pieces;
    std::unordered_set<std::string> inserted{"<UNK>", settings_.unk_token.value_or("<UNK>")};
    inserted.insert(settings_.special_tokens.begin(), settings_.special_tokens.end());
    double penalty = 0;  // so that no two missing characters score the same
    for (const char32_t code : required_) {
      std::string character = unicode::to_utf8({&code, 1});
      if (!inserted.insert(character).second) continue;
      const auto known = scores.find(character);
      pieces.emplace_back(character, known == scores.end() ? smallest_score + penalty : known->second);
      if (known == scores.end()) penalty += 0.0001;
    }
    for (const auto& [piece, score] : std::span(pieces_).subspan(1)) {
      if (pieces.size() >= room()) break;
      if (inserted.insert(piece).second) pieces.emplace_back(piece, score);
    }
    std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.second > b.second; });

    TrainedUnigram trained;
    if (adds_unknown()) trained.pieces.emplace_back(*settings_.unk_token, 0.0);
    for (const std::string& token : settings_.special_tokens) trained.pieces.emplace_back(token, 0.0);
    trained.pieces.insert(trained.pieces.end(), pieces.begin(), pieces.end());
    for (uint32_t id = 0; settings_.unk_token && id < trained.pieces.size(); ++id) {
      if (trained.pieces[id].first != *settings_.unk_token) continue;
      trained.unk_id = id;
      break;
    }
    return trained;
  }

  std::span<const WordCounts::Word> words_;
  const UnigramTraining& settings_;
  size_t threads_;
  std::vector<char32_t> required_;  // the characters that must be pieces
  ScoredPieces pieces_;             // piece 0 is the unknown one
};

}  // namespace

TrainedUnigram train_unigram(std::span<const WordCounts::Word> words, const UnigramTraining& settings, unsigned threads,
                             Progress progress) {
  return UnigramTrainer(words, settings, threads).train(std::move(progress));
}

}  // namespace leanformers
