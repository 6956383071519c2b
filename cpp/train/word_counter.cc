#include "train/word_counter.h"

#include <stdexcept>

#include "characters.h"
#include "normalizers.h"
#include "pre_tokenizers.h"
#include "train/blocks.h"
#include "train/spaces.h"

namespace leanformers {
namespace {

// Longer stretches come once: to remember them would only take memory.
constexpr size_t kLongestStretch = 128;
// What a worker may hold before it hands on: small enough for many workers, large enough to see a word often.
constexpr size_t kMostWords = 1 << 19;
constexpr size_t kMostBytes = 1 << 24;

bool is_full(const WordCounts& words) { return words.words().size() >= kMostWords || words.bytes() >= kMostBytes; }

}  // namespace

struct WordCounter::Worker {
  WordCounts stretches;  // of texts, not yet normalized
  WordCounts words;      // on their way to the common table
};

WordCounter::WordCounter(std::vector<Normalizer> normalizers, std::vector<PreTokenizer> pre_tokenizers,
                         unsigned threads)
    : normalizers_(std::move(normalizers)),
      pre_tokenizers_(std::move(pre_tokenizers)),
      cuts_at_spaces_(works_stretch_by_stretch(normalizers_, pre_tokenizers_)) {
  const size_t count = threads != 0 ? threads : allowed_threads();
  for (size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
}

WordCounter::~WordCounter() = default;

namespace {

void count_words(std::span<const Normalizer> normalizers, std::span<const PreTokenizer> pre_tokenizers,
                 std::string_view text, uint64_t count, WordCounts& words) {
  Characters characters = read_characters(text, 0);
  normalize(normalizers, characters);
  if (characters.empty()) return;
  const uint32_t origin = characters.front().source.begin;
  for (const TextPiece& word : pre_tokenize(pre_tokenizers, {std::move(characters), origin})) {
    words.add(to_utf8(word.characters), count);
  }
}

}  // namespace

void WordCounter::read(std::string_view text, Worker& worker) {
  if (text.size() >= UINT32_MAX) throw std::invalid_argument("a text of 4 GiB or more has to be split");
  for (size_t begin = 0, end; begin < text.size(); begin = end) {
    end = cuts_at_spaces_ ? next_cut(text, begin) : text.size();
    const std::string_view stretch = text.substr(begin, end - begin);
    if (cuts_at_spaces_ && stretch.size() <= kLongestStretch) {
      worker.stretches.add(stretch, 1);
    } else {
      count_words(normalizers_, pre_tokenizers_, stretch, 1, worker.words);
    }
  }
  if (is_full(worker.stretches) || is_full(worker.words)) flush(worker);
}

void WordCounter::flush(Worker& worker) {
  for (const WordCounts::Word& stretch : worker.stretches.words()) {
    count_words(normalizers_, pre_tokenizers_, stretch.text(), stretch.count, worker.words);
  }
  worker.stretches.clear();
  const std::lock_guard lock(mutex_);
  for (const WordCounts::Word& word : worker.words.words()) words_.add(word.text(), word.count);
  worker.words.clear();
}

void WordCounter::add(std::span<const std::string_view> texts) {
  constexpr size_t kTextsAtOnce = 16;
  for_each_block(texts.size(), kTextsAtOnce, workers_.size(), [&](size_t thread, size_t begin, size_t end) {
    for (const std::string_view text : texts.subspan(begin, end - begin)) read(text, *workers_[thread]);
  });
}

const WordCounts& WordCounter::words() {
  for_each_block(workers_.size(), 1, workers_.size(), [&](size_t, size_t i, size_t) { flush(*workers_[i]); });
  return words_;
}

}  // namespace leanformers
