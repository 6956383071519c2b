#include "model/token_search.h"

#include <utility>

namespace leanformers {

namespace {

// Of the texts of all symbols, by number.
Trie make_trie(const MergeForest& forest, const std::vector<std::string>& letters) {
  std::string texts;
  std::vector<std::pair<size_t, size_t>> places;  // where each symbol's text begins, and its size
  places.reserve(forest.size());
  const auto append = [&](auto part) {
    const size_t begin = texts.size();
    part();
    places.emplace_back(begin, texts.size() - begin);
  };
  for (const std::string& letter : letters) append([&] { texts += letter; });
  for (uint32_t symbol = forest.letters(); symbol < forest.size(); ++symbol) {
    append([&] {
      const auto [left, right] = forest.parts(symbol);
      for (uint32_t part : {left, right}) {
        const auto [begin, size] = places[part];
        texts.append(texts, begin, size);
      }
    });
  }
  std::vector<std::string_view> keys;
  keys.reserve(places.size());
  for (const auto& [begin, size] : places) keys.push_back(std::string_view(texts).substr(begin, size));
  return Trie(keys);
}

// The places of a text that no tokens go on from: bits, those of short texts in a register.
class DeadEnds {
 public:
  explicit DeadEnds(size_t size) : size_(size) {}
  bool has(size_t place) const { return place < 64 ? first_ >> place & 1 : !more_.empty() && more_[place]; }
  void add(size_t place) {
    if (place < 64) {
      first_ |= uint64_t{1} << place;
    } else {
      more_.resize(size_ + 1);
      more_[place] = true;
    }
  }

 private:
  size_t size_;
  uint64_t first_ = 0;
  std::vector<bool> more_;
};

}  // namespace

TokenSearch::TokenSearch(MergeForest forest, const std::vector<std::string>& letters)
    : forest_(std::move(forest)), trie_(make_trie(forest_, letters)) {}

void TokenSearch::encode(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  const size_t first = tokens.size();
  const auto size = static_cast<uint32_t>(text.size());
  DeadEnds dead_ends(size);
  uint32_t at = 0;
  Match match = longest(text, size);
  while (true) {
    const uint32_t end = at + match.size;
    if (!dead_ends.has(end) && (at == 0 || forest_.compatible(tokens.back().id, match.symbol))) {
      tokens.push_back({match.symbol, offset + at, offset + end});
      if (end == size) break;
      at = end;
      match = longest(text.substr(at), size - at);
      continue;
    }
    while ((match = longest(text.substr(at), match.size - 1)).size == 0) {
      dead_ends.add(at);
      at = tokens.back().begin - offset;
      match.size = tokens.back().end - tokens.back().begin;
      tokens.pop_back();
    }
  }
  for (size_t i = first; i < tokens.size(); ++i) tokens[i].id = forest_.id(tokens[i].id);
}

}  // namespace leanformers
