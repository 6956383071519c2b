#include "known_words.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

// Those of large vocabularies that come first: these are the most frequent ones.
constexpr size_t kMostWords = size_t{1} << 15;

// Places in the cache are far apart in memory: those of a block are on their way while the next words are read.
class Block {
 public:
  explicit Block(WordCache& cache) : cache_(cache) {}
  ~Block() { write(); }

  void add(std::string_view word, uint32_t id) {
    const WordCache::Key key = WordCache::key(word, false);
    cache_.prefetch(key);
    words_[count_] = {key, id, static_cast<uint8_t>(unicode::count_characters(word))};
    if (++count_ == words_.size()) write();
  }

 private:
  struct Word {
    WordCache::Key key;
    uint32_t id;
    uint8_t characters;
  };
  void write() {
    for (size_t i = 0; i < count_; ++i) cache_.insert_token(words_[i].key, words_[i].id, words_[i].characters);
    count_ = 0;
  }

  WordCache& cache_;
  std::array<Word, 32> words_;
  size_t count_ = 0;
};

// The words of letters and digits that have one token, and are known by their bytes in lower case.
class PlainWords {
 public:
  explicit PlainWords(const Plan& plan) : plan_(plan) {}
  bool has(std::string_view token) const {
    const auto stays = [this](char byte) {
      const bool alphanumeric = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
      return alphanumeric && plan_.bert->byte_form(byte) == byte;
    };
    return token.size() <= std::min<size_t>(plan_.longest_word, WordCache::kMaxBytes) &&
           std::ranges::all_of(token, stays);
  }

 private:
  const Plan& plan_;
};

// Of equal tokens the last one counts, which the cache does not know: then it is given none.
void remember(const Plan& plan, const Vocabulary& vocab, WordCache& cache) {
  if (vocab.distinct() != vocab.size()) return;
  Block block(cache);
  const PlainWords words(plan);
  size_t left = kMostWords;
  for (const auto& [token, id] : vocab) {
    if (token.empty() || !words.has(token)) continue;
    block.add(token, id);
    if (--left == 0) break;
  }
}

}  // namespace

void remember_known_words(const Plan& plan, Worker& worker) {
  worker.knows_words = true;
  worker.cache.reserve(2 * kMostWords);
  if (plan.bert) remember(plan, std::get<WordPiece>(plan.spec.model).vocab, worker.cache);
}

}  // namespace leanformers
