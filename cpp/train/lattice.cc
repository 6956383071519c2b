#include "train/lattice.h"

#include <algorithm>

namespace leanformers {
namespace {

constexpr double kUnknownPenalty = 10;

std::vector<std::string_view> texts(const ScoredPieces& pieces) {
  std::vector<std::string_view> texts;
  texts.reserve(pieces.size());
  for (size_t id = 1; id < pieces.size(); ++id) texts.push_back(pieces[id].first);
  return texts;
}

}  // namespace

PieceModel::PieceModel(const ScoredPieces& pieces) : trie_(texts(pieces)) { set_scores(pieces); }

void PieceModel::set_scores(const ScoredPieces& pieces) {
  scores_.resize(pieces.size());
  probabilities_.resize(pieces.size());
  smallest_ = std::numeric_limits<double>::infinity();
  for (size_t id = 1; id < pieces.size(); ++id) {
    scores_[id] = pieces[id].second;
    if (scores_[id] != kDead) smallest_ = std::min(smallest_, scores_[id]);
  }
  if (smallest_ == std::numeric_limits<double>::infinity()) smallest_ = 0;
  if (!pieces.empty()) scores_[0] = smallest_ - kUnknownPenalty;
  std::transform(scores_.begin(), scores_.end(), probabilities_.begin(), [](double score) { return std::exp(score); });
}

void Lattice::read(std::string_view word) {
  size_ = static_cast<uint32_t>(word.size());
  edges_.clear();
  for (uint32_t begin = 0; begin < size_; begin += unicode::decode(word.data() + begin).bytes) {
    model_.visit_pieces(word.substr(begin),
                        [this, begin](uint32_t bytes, uint32_t id) { edges_.push_back({begin, begin + bytes, id}); });
  }
}

Lattice::Best Lattice::best(bool but_whole) {
  before_.assign(size_ + 1, PieceModel::kDead);
  before_[0] = 0;
  last_.assign(size_ + 1, nullptr);
  for (const Edge& edge : edges_) {
    if (but_whole && edge.begin == 0 && edge.end == size_) continue;
    const double score = before_[edge.begin] + model_.score(edge.id);
    if (score > before_[edge.end]) {
      before_[edge.end] = score;
      last_[edge.end] = &edge;
    }
  }
  ids_.clear();
  for (uint32_t end = size_; end > 0 && last_[end] != nullptr; end = last_[end]->begin) ids_.push_back(last_[end]->id);
  return {before_[size_], ids_};
}

}  // namespace leanformers
