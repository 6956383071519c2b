#include "files/implied_merges.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

// A longer token is no token, but would make the search for its parts quadratic.
constexpr size_t kLongest = 2048;  // characters
// A real vocabulary has two to five merges for a token; one of runs of one letter would have half its length.
constexpr size_t kMostOfToken = 64, kMost = size_t{1} << 16;
// Of all merges: those of a real vocabulary have a few megabytes.
constexpr size_t kMostBytes = size_t{1} << 28;

// A way to cut a token into two, which may be tokens.
struct Cut {
  size_t token;  // its number
  std::string_view left, right;
  uint32_t left_id, right_id;
};

// Looks up parts of many tokens together.
class MergeFinder {
 public:
  MergeFinder(const Vocabulary& vocabulary, MergeOrder order) : vocabulary_(vocabulary), order_(order) {}

  void add(std::string_view token) {
    for (size_t size = 1; size < token.size(); ++size) {
      if (unicode::is_continuation(token[size])) continue;
      cuts_.push_back({tokens_, token.substr(0, size), token.substr(size), 0, 0});
    }
    ++tokens_;
    constexpr size_t kSome = 512;
    if (cuts_.size() > kSome) find();
  }

  MergeList take() {
    find();
    return MergeList(std::move(merges_));
  }

 private:
  void find() {
    keep_known(&Cut::left, &Cut::left_id);
    keep_known(&Cut::right, &Cut::right_id);
    if (order_ == MergeOrder::kLowerIds) {
      std::sort(cuts_.begin(), cuts_.end(), [](const Cut& a, const Cut& b) {
        return std::tie(a.token, a.left_id, a.right_id) < std::tie(b.token, b.left_id, b.right_id);
      });
    }
    for (const Cut& cut : cuts_) {
      // The parts stand beside each other.
      const size_t size = cut.left.size() + cut.right.size();
      merges_.add({cut.left.data(), size}, static_cast<uint32_t>(cut.left.size()));
      bytes_ += size;
    }
    cuts_.clear();
    if (merges_.size() > std::max(kMost, kMostOfToken * vocabulary_.size()) || bytes_ > kMostBytes) {
      throw std::invalid_argument(std::to_string(vocabulary_.size()) + " tokens with more than " +
                                  std::to_string(merges_.size()) + " merges: no vocabulary has");
    }
  }

  // Finds the ids of these parts, and drops the cuts whose part is no token.
  void keep_known(std::string_view Cut::* part, uint32_t Cut::* id) {
    parts_.clear();
    for (const Cut& cut : cuts_) parts_.push_back(cut.*part);
    ids_.resize(parts_.size());
    vocabulary_.find_all(parts_, ids_.data());
    for (size_t i = 0; i < cuts_.size(); ++i) cuts_[i].*id = ids_[i];
    std::erase_if(cuts_, [&](const Cut& cut) { return cut.*id == Vocabulary::kMissing; });
  }

  const Vocabulary& vocabulary_;
  MergeOrder order_;
  size_t tokens_ = 0;
  std::vector<Cut> cuts_;
  std::vector<std::string_view> parts_;
  std::vector<uint32_t> ids_;
  StringList<uint32_t> merges_;
  size_t bytes_ = 0;
};

}  // namespace

MergeList implied_merges(const Vocabulary& vocabulary, MergeOrder order) {
  std::vector<uint32_t> places(vocabulary.size());
  std::iota(places.begin(), places.end(), 0);
  const auto id_of = [&](uint32_t place) { return vocabulary[place].second; };
  const auto comes_before = [&](uint32_t a, uint32_t b) { return id_of(a) < id_of(b); };
  if (!std::is_sorted(places.begin(), places.end(), comes_before)) {
    std::stable_sort(places.begin(), places.end(), comes_before);
  }
  MergeFinder finder(vocabulary, order);
  for (const uint32_t place : places) {
    const std::string_view token = vocabulary[place].first;
    if (const size_t size = unicode::count_characters(token); size > kLongest) {
      throw std::invalid_argument("a token of " + std::to_string(size) + " characters; at most " +
                                  std::to_string(kLongest) + " can be read");
    }
    finder.add(token);
  }
  return finder.take();
}

}  // namespace leanformers
