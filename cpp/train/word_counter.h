// Counts the words of texts, as a tokenizer's own normalizers and pre-tokenizers make them, on several threads.
// The memory that it takes depends on the different words, not on the texts. Added tokens in a text count as text, as
// in the reference.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "train/word_counts.h"

namespace leanformers {

class WordCounter {
 public:
  // Works on at most `threads` threads; 0: on all processors that this process may use.
  WordCounter(std::vector<Normalizer> normalizers, std::vector<PreTokenizer> pre_tokenizers, unsigned threads);
  ~WordCounter();

  // Texts are valid UTF-8 of less than 4 GiB each. Throws std::invalid_argument for a longer one.
  void add(std::span<const std::string_view> texts);

  // The words of all texts so far. Their order depends on the threads; their counts do not.
  const WordCounts& words();

  unsigned threads() const { return static_cast<unsigned>(workers_.size()); }
  // Whether texts are cut at spaces, so that each different stretch goes through the stages only once.
  bool cuts_at_spaces() const { return cuts_at_spaces_; }

 private:
  struct Worker;
  void read(std::string_view text, Worker& worker);
  void flush(Worker& worker);

  std::vector<Normalizer> normalizers_;
  std::vector<PreTokenizer> pre_tokenizers_;
  bool cuts_at_spaces_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;  // of words_
  WordCounts words_;
};

}  // namespace leanformers
