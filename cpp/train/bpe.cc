#include "train/bpe.h"

#include <algorithm>
#include <unordered_map>

#include "train/alphabet.h"
#include "train/pair_counts.h"

namespace leanformers {
namespace {

using WordList = std::vector<uint32_t>;

// A pair that may be merged, and the words to merge it in. As in the reference, a pair that comes up again after it
// was queued is queued a second time, with the new words only; and counts go stale until a pair is on top.
struct Candidate {
  int64_t count;
  PairKey key;
  uint32_t pair;   // its place in the table
  uint32_t words;  // its place among the lists, which also tells which one is older
};

// The order of a heap: on top is the highest count, of equal counts the lower pair, of equal pairs the older.
bool is_below(const Candidate& a, const Candidate& b) {
  if (a.count != b.count) return a.count < b.count;
  if (a.key != b.key) return a.key > b.key;
  return a.words > b.words;
}

// What one merge changes beside one neighbour: added up per neighbour, it costs two look-ups for all of its words.
struct Neighbour {
  int64_t lost = 0, gained = 0;
  WordList words;  // where pairs were gained
};

class BpeTrainer {
 public:
  BpeTrainer(std::span<const WordCounts::Word> words, const BpeTraining& settings) : settings_(settings) {
    const Alphabet alphabet(words, settings, vocabulary_);
    read_words(words, alphabet);
    count_pairs();
  }

  TrainedBpe train(Progress progress) {
    const size_t start = vocabulary_.size();
    while (vocabulary_.size() < settings_.vocab_size && !queue_.empty()) {
      const Candidate top = pop();
      if (const int64_t count = pairs_.count(top.pair); top.count != count) {
        push({count, top.key, top.pair, top.words});
        continue;
      }
      if (top.count < 1 || static_cast<uint64_t>(top.count) < settings_.min_frequency) break;
      merge(top);
      progress.at(vocabulary_.size() - start, settings_.vocab_size - start);
    }
    return result();
  }

 private:
  struct Word {
    uint64_t begin;  // in symbols_
    uint32_t size;
    int64_t count;
  };

  void read_words(std::span<const WordCounts::Word> words, const Alphabet& alphabet) {
    words_.reserve(words.size());
    for (const WordCounts::Word& word : words) {
      const size_t begin = symbols_.size();
      alphabet.visit_symbols(word.text(), [this](uint32_t id) { symbols_.push_back(id); });
      const size_t size = symbols_.size() - begin;
      if (size < 2) {
        symbols_.resize(begin);  // nothing to merge
      } else {
        words_.push_back({begin, static_cast<uint32_t>(size), static_cast<int64_t>(word.count)});
      }
    }
    if (settings_.max_token_length) lengths_.assign(symbols_.size(), 1);
  }

  void count_pairs() {
    for (uint32_t i = 0; i < words_.size(); ++i) {
      const uint32_t* symbols = symbols_.data() + words_[i].begin;
      for (uint32_t at = 0; at + 1 < words_[i].size; ++at) {
        const uint32_t pair = pairs_.find_or_add(pair_key(symbols[at], symbols[at + 1]));
        pairs_.count(pair) += words_[i].count;
        if (pair == lists_.size()) lists_.emplace_back();
        if (lists_[pair].empty() || lists_[pair].back() != i) lists_[pair].push_back(i);
      }
    }
    for (uint32_t pair = 0; pair < pairs_.size(); ++pair) {
      queue_.push_back({pairs_.count(pair), pairs_.key(pair), pair, pair});
    }
    std::make_heap(queue_.begin(), queue_.end(), is_below);
  }

  void merge(const Candidate& top) {
    const auto first = static_cast<uint32_t>(top.key >> 32);
    const auto second = static_cast<uint32_t>(top.key);
    const uint32_t merged = vocabulary_.add(joined(first, second));
    merges_.push_back(top.key);
    left_.resize(vocabulary_.size());
    right_.resize(vocabulary_.size());
    const WordList list = std::move(lists_[top.words]);
    lists_[top.words] = {};
    for (const uint32_t i : list) merge_in_word(i, first, second, merged);
    // The pair of two merged symbols may have been gained on both sides: one list for both.
    WordList& twice = right_[merged].words;
    if (!twice.empty() && !left_[merged].words.empty()) {
      left_[merged].words.insert(left_[merged].words.end(), twice.begin(), twice.end());
      twice.clear();
    }
    // All counts first: they have to be whole when the pairs are queued.
    for (const uint32_t other : touched_left_) {
      pairs_.count(pairs_.find_or_add(pair_key(other, first))) -= left_[other].lost;
      pairs_.count(pairs_.find_or_add(pair_key(other, merged))) += left_[other].gained;
    }
    for (const uint32_t other : touched_right_) {
      pairs_.count(pairs_.find_or_add(pair_key(second, other))) -= right_[other].lost;
      pairs_.count(pairs_.find_or_add(pair_key(merged, other))) += right_[other].gained;
    }
    for (const uint32_t other : touched_left_) enqueue(pair_key(other, merged), left_[other]);
    for (const uint32_t other : touched_right_) enqueue(pair_key(merged, other), right_[other]);
    touched_left_.clear();
    touched_right_.clear();
  }

  std::string joined(uint32_t first, uint32_t second) const {
    std::string_view rest = vocabulary_[second];
    const std::string& prefix = settings_.continuing_subword_prefix;
    if (!prefix.empty() && rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
    return vocabulary_[first] + std::string(rest);
  }

  void merge_in_word(uint32_t i, uint32_t first, uint32_t second, uint32_t merged) {
    Word& word = words_[i];
    uint32_t* symbols = symbols_.data() + word.begin;
    uint32_t* lengths = lengths_.empty() ? nullptr : lengths_.data() + word.begin;
    uint32_t to = 0;
    for (uint32_t from = 0; from < word.size; ++to) {
      if (symbols[from] != first || from + 1 == word.size || symbols[from + 1] != second) {
        symbols[to] = symbols[from];
        if (lengths != nullptr) lengths[to] = lengths[from];
        ++from;
        continue;
      }
      const uint32_t length = lengths == nullptr ? 0 : lengths[from] + lengths[from + 1];
      const auto fits = [&](uint32_t other) {
        return lengths == nullptr || lengths[other] + length < *settings_.max_token_length;
      };
      if (to > 0) change(left_, touched_left_, symbols[to - 1], i, fits(to - 1));
      if (from + 2 < word.size) change(right_, touched_right_, symbols[from + 2], i, fits(from + 2));
      symbols[to] = merged;
      if (lengths != nullptr) lengths[to] = length;
      from += 2;
    }
    word.size = to;
  }

  void change(std::vector<Neighbour>& side, WordList& touched, uint32_t symbol, uint32_t word, bool gains) {
    Neighbour& neighbour = side[symbol];
    if (neighbour.lost == 0) touched.push_back(symbol);
    neighbour.lost += words_[word].count;
    if (!gains) return;
    neighbour.gained += words_[word].count;
    if (neighbour.words.empty() || neighbour.words.back() != word) neighbour.words.push_back(word);
  }

  // Queues a gained pair, and makes the neighbour ready for the next merge.
  void enqueue(PairKey key, Neighbour& neighbour) {
    const uint32_t pair = neighbour.words.empty() ? 0 : pairs_.find_or_add(key);
    if (!neighbour.words.empty() && pairs_.count(pair) > 0) {
      push({pairs_.count(pair), key, pair, static_cast<uint32_t>(lists_.size())});
      neighbour.words.shrink_to_fit();
      lists_.push_back(std::move(neighbour.words));
    }
    neighbour = {};
  }

  void push(const Candidate& candidate) {
    queue_.push_back(candidate);
    std::push_heap(queue_.begin(), queue_.end(), is_below);
  }

  Candidate pop() {
    std::pop_heap(queue_.begin(), queue_.end(), is_below);
    const Candidate top = queue_.back();
    queue_.pop_back();
    return top;
  }

  // A pair that was merged twice has the rank of the second time, as in the reference.
  TrainedBpe result() {
    std::unordered_map<PairKey, size_t> rank;
    for (size_t i = 0; i < merges_.size(); ++i) rank[merges_[i]] = i;
    TrainedBpe trained;
    for (size_t i = 0; i < merges_.size(); ++i) {
      if (rank[merges_[i]] != i) continue;
      const auto first = static_cast<uint32_t>(merges_[i] >> 32);
      trained.merges.emplace_back(vocabulary_[first], vocabulary_[static_cast<uint32_t>(merges_[i])]);
    }
    trained.tokens = vocabulary_.take();
    return trained;
  }

  const BpeTraining& settings_;
  Vocabulary vocabulary_;
  std::vector<uint32_t> symbols_;  // of all words, one after the other; a word shrinks in place
  std::vector<uint32_t> lengths_;  // of each symbol in characters; only kept for max_token_length
  std::vector<Word> words_;
  PairCounts pairs_;
  std::vector<WordList> lists_;
  std::vector<Candidate> queue_;  // a heap
  std::vector<PairKey> merges_;
  std::vector<Neighbour> left_, right_;  // by symbol, of the merge that is being done
  WordList touched_left_, touched_right_;
};

}  // namespace

TrainedBpe train_bpe(std::span<const WordCounts::Word> words, const BpeTraining& settings, Progress progress) {
  return BpeTrainer(words, settings).train(std::move(progress));
}

}  // namespace leanformers
