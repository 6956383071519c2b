// What a worker's cache gets when there is much to do: room for many words at once, and for BERT those of the
// vocabulary that are tokens as a whole. Most new words are such, and it takes less time to remember all of them than
// to tokenize a few of them; the search of BPE is so fast for them that it does not pay.
#pragma once

#include <cstddef>

#include "plan.h"

namespace leanformers {

// Once for each worker: when it has met so many new words, or before it begins with so much text.
inline bool needs_known_words(const Worker& worker, size_t text_bytes) {
  constexpr size_t kManyWords = 1000, kMuchText = size_t{1} << 16;
  return !worker.knows_words && (worker.cache.kept() >= kManyWords || text_bytes >= kMuchText);
}
void remember_known_words(const Plan& plan, Worker& worker);

}  // namespace leanformers
