#include "simd/merges.h"

#include <array>

#include "model/short_merge.h"

namespace leanformers {
namespace {

void merge_words(const JoinedSymbols& joined, MergedWord* words, size_t count) {
  std::array<ShortMerge<MergedWord::kMost + 1>, MergeFunction::kRoom> merges;
  std::array<uint8_t, MergeFunction::kRoom> waiting;
  for (size_t i = 0; i < count; ++i) {
    merges[i].begin();
    for (uint32_t letter = 0; letter < words[i].count; ++letter) {
      merges[i].add(words[i].symbols[letter], words[i].ends[letter]);
    }
    merges[i].find_pairs(joined);
    waiting[i] = static_cast<uint8_t>(i);
  }
  for (size_t going = count; going > 0;) {
    for (size_t w = 0; w < going; ++w) merges[waiting[w]].look(joined);
    size_t left = 0;
    for (size_t w = 0; w < going; ++w) {
      const uint8_t i = waiting[w];
      waiting[left] = i;
      left += merges[i].merge(joined);
    }
    going = left;
  }
  for (size_t i = 0; i < count; ++i) {
    words[i].count = 0;
    merges[i].for_each([&word = words[i]](uint32_t symbol, uint32_t, uint32_t end) {
      word.symbols[word.count] = symbol;
      word.ends[word.count++] = static_cast<uint8_t>(end);
    });
  }
}

}  // namespace

const MergeFunction merge_function{merge_words};

}  // namespace leanformers
