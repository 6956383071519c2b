#include "train/seeds.h"

#include <algorithm>
#include <cmath>

#include "train/alphabet.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

constexpr char32_t kEnd = 0;  // of a word

// A string that stands in several places.
struct Repeated {
  uint64_t score;
  uint64_t begin;
  uint32_t size;
};

class SuffixTree {
 public:
  SuffixTree(std::span<const WordCounts::Word> words, uint32_t longest) : longest_(longest) {
    for (const WordCounts::Word& word : words) {
      if (word.size == 0) continue;
      for (uint32_t at = 0; at < word.size;) {
        const auto [code, bytes] = unicode::decode(word.bytes + at);
        if (code != kEnd) suffixes_.push_back(text_.size());
        text_ += code;
        at += bytes;
      }
      text_ += kEnd;
    }
    sort(suffixes_.data(), suffixes_.data() + suffixes_.size(), 0);
  }

  // The inner nodes: the stretches of neighbours that begin with the same characters.
  std::vector<Repeated> inner_nodes() const {
    std::vector<Repeated> found;
    struct Open {
      uint32_t depth;
      size_t first;
    };
    std::vector<Open> open;
    for (size_t i = 1; i <= suffixes_.size(); ++i) {
      const uint32_t common = i < suffixes_.size() ? common_beginning(suffixes_[i - 1], suffixes_[i]) : 0;
      size_t first = i - 1;
      while (!open.empty() && open.back().depth > common) {
        first = open.back().first;
        add(open.back().depth, first, i, found);
        open.pop_back();
      }
      if (common > 0 && (open.empty() || open.back().depth < common)) open.push_back({common, first});
    }
    return found;
  }

  std::u32string_view text(const Repeated& repeated) const {
    return std::u32string_view(text_).substr(repeated.begin, repeated.size);
  }

 private:
  char32_t at(uint64_t suffix, uint32_t depth) const { return text_[suffix + depth]; }

  // Ternary quicksort by the character at `depth`; what is equal up to the end of its word, or as far as any piece can
  // reach and one character more, stays together in any order.
  void sort(uint64_t* begin, uint64_t* end, uint32_t depth) {
    while (end - begin > 1 && depth <= longest_) {
      const char32_t pivot = median(at(*begin, depth), at(begin[(end - begin) / 2], depth), at(end[-1], depth));
      uint64_t *lower = begin, *upper = end;
      for (uint64_t* next = begin; next < upper;) {
        const char32_t code = at(*next, depth);
        if (code < pivot) {
          std::swap(*lower++, *next++);
        } else if (code > pivot) {
          std::swap(*next, *--upper);
        } else {
          ++next;
        }
      }
      sort(begin, lower, depth);
      sort(upper, end, depth);
      if (pivot == kEnd) return;
      begin = lower;
      end = upper;
      ++depth;
    }
  }

  static char32_t median(char32_t a, char32_t b, char32_t c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
  }

  uint32_t common_beginning(uint64_t a, uint64_t b) const {
    uint32_t depth = 0;
    while (depth <= longest_ && at(a, depth) == at(b, depth)) {
      if (at(a, depth++) == kEnd) break;
    }
    return depth;
  }

  void add(uint32_t depth, size_t first, size_t last, std::vector<Repeated>& found) const {
    const uint64_t begin = suffixes_[first];
    if (depth < 2 || depth > longest_ || text_[begin + depth - 1] == kEnd) return;
    found.push_back({(last - first) * depth, begin, depth});
  }

  uint32_t longest_;
  std::u32string text_;
  std::vector<uint64_t> suffixes_;
};

}  // namespace

ScoredPieces seed_pieces(std::span<const WordCounts::Word> words, uint32_t longest, size_t most) {
  ScoredPieces pieces;
  const std::vector<uint64_t> counts = count_characters(words);
  std::vector<char32_t> characters;
  for (char32_t code = unicode::kScalarEnd - 1; code > kEnd; --code) {
    if (counts[code] != 0) characters.push_back(code);
  }
  std::stable_sort(characters.begin(), characters.end(), [&](char32_t a, char32_t b) { return counts[a] > counts[b]; });
  for (const char32_t code : characters) {
    pieces.emplace_back(unicode::to_utf8({&code, 1}), static_cast<double>(counts[code]));
  }

  const SuffixTree tree(words, longest);
  std::vector<Repeated> repeated = tree.inner_nodes();
  std::sort(repeated.begin(), repeated.end(), [&](const Repeated& a, const Repeated& b) {
    return a.score != b.score ? a.score > b.score : tree.text(a) > tree.text(b);
  });
  for (const Repeated& one : repeated) {
    if (pieces.size() >= most) break;
    pieces.emplace_back(unicode::to_utf8(tree.text(one)), static_cast<double>(one.score));
  }

  double sum = 0;
  for (const auto& [piece, score] : pieces) sum += score;
  for (auto& [piece, score] : pieces) score = std::log(score) - std::log(sum);
  return pieces;
}

}  // namespace leanformers
