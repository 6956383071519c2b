#include "model/symbol_table.h"

#include <bit>
#include <vector>

namespace leanformers {

bool SymbolTable::build(std::span<const Text> texts) {
  texts_ = SharedArray<Window>(texts.size(), Window{0, 0});
  filter_ = SharedArray<uint64_t>(std::bit_ceil(texts.size() + 4) / 4);
  filter_shift_ = 58 - std::countr_zero(filter_.size());
  std::vector<uint64_t> hashes(texts.size());
  for (uint32_t symbol = 0; symbol < texts.size(); ++symbol) {
    const auto& [window, size] = texts[symbol];
    const bool is_longer = size > Window::kBytes;
    const uint64_t hash = hash_of(window, is_longer ? kLonger : size);
    if (size > 8) {
      add_to_filter(hash);
      add_to_filter(hash_of(window.first(8), kGoesOn));
    }
    if (is_longer) {
      hashes[symbol] = hash_of({symbol, 0}, 0);  // a slot that nobody looks for
    } else {
      hashes[symbol] = hash;
      texts_.writable()[symbol] = key(window, size);
    }
  }
  return places_.build(hashes);
}

}  // namespace leanformers
