// Distinct words and how often each was seen: what every trainer learns from. The bytes of the words lie one after
// the other in blocks that never move, so that growing copies nothing but the index.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace leanformers {

class WordCounts {
 public:
  struct Word {
    const char* bytes;
    uint32_t size;
    uint32_t hash;
    uint64_t count;
    std::string_view text() const { return {bytes, size}; }
  };

  WordCounts();

  // Throws std::length_error when a word has 4 GiB or there are 2^32 of them.
  void add(std::string_view word, uint64_t count);

  // In the order in which they were first added.
  std::span<const Word> words() const { return words_; }
  size_t bytes() const { return bytes_; }

  // Forgets the words, and keeps most of the memory for others.
  void clear();

 private:
  void grow();
  const char* keep(std::string_view word);

  struct Slot {
    uint32_t hash = 0;
    uint32_t place = 0;  // in words_, counted from 1; 0: free
  };
  std::vector<Slot> slots_;
  std::vector<Word> words_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t room_ = 0;  // bytes that are left in the last block
  size_t bytes_ = 0;
};

}  // namespace leanformers
