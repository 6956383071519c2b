// Is a short text one of a set, and which ones does a text begin with? All sizes of more than eight bytes are looked up
// at once, so that neither memory nor branches are waited for one after the other, as in a trie: a small filter says
// which ones may be there, and most of them are.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/perfect_table.h"
#include "model/window.h"
#include "shared_array.h"

namespace leanformers {

// The number of the highest bit that is set: of SymbolTable's sets of sizes the largest.
inline uint32_t highest_bit(uint32_t bits) { return 31 - static_cast<uint32_t>(std::countl_zero(bits)); }

class SymbolTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  struct Text {
    Window window;  // its first bytes, and zeros
    uint32_t size;
  };

  SymbolTable() = default;  // to be read from an archive

  // The symbol of a text is its place in the list. Only those of at most Window::kBytes are found. False when there are
  // some whose hashes are too alike.
  bool build(std::span<const Text> texts);

  // Bit n: the first n bytes, more than eight, may be a text. Bit kLonger: longer texts may begin with all of the
  // window's. What the window has no bytes for is for the caller to ignore.
  static constexpr unsigned kLonger = Window::kBytes + 1;
  uint32_t beginnings_after_eight(const Window& window) const {
    if (!may_have(hash_of(window.first(8), kGoesOn))) return 0;
    uint32_t sizes = 0;
#pragma GCC unroll 8
    for (unsigned size = 9; size <= kLonger; ++size) sizes |= may_have(hash_of(window.first(size), size)) << size;
    return sizes;
  }

  // The symbol of a text of so many bytes, if there is one. Otherwise, most often, a number beyond all symbols.
  uint32_t guess(const Window& text, unsigned size) const { return places_.guess(hash_of(text, size)); }
  // In two steps, as PerfectTable has them.
  [[gnu::always_inline]] PerfectTable::Asked ask(const Window& text, unsigned size) const {
    return places_.ask(hash_of(text, size));
  }
  uint32_t guess(PerfectTable::Asked asked) const { return places_.guess(asked); }
  // For a look at what was guessed that comes soon.
  [[gnu::always_inline]] void prefetch(uint32_t symbol) const {
    __builtin_prefetch(&texts_[symbol < texts_.size() ? symbol : 0]);
  }
  // Whether a guess was right.
  bool is(uint32_t symbol, const Window& text, unsigned size) const {
    // Without a branch: whether there is one is anybody's guess.
    const unsigned is_any = symbol < texts_.size();
    return (is_any & unsigned{texts_[is_any != 0 ? symbol : 0] == key(text, size)}) != 0;
  }
  uint32_t find(const Window& text, unsigned size) const {
    const uint32_t symbol = guess(text, size);
    return is(symbol, text, size) ? symbol : kMissing;
  }

  template <class Archive>
  void archive(Archive& a) {
    a(texts_, places_, filter_, filter_shift_);
  }

 private:
  static constexpr unsigned kGoesOn = 17;  // a size of no text: eight bytes that longer ones begin with

  void add_to_filter(uint64_t hash) {
    filter_.writable()[hash >> filter_shift_ >> 6] |= uint64_t{1} << (hash >> filter_shift_ & 63);
  }

  static Window key(const Window& text, unsigned size) { return {text.low, text.high | uint64_t{size} << 56}; }
  // Its highest bits are good.
  static uint64_t hash_of(const Window& window, unsigned size) {
    return window.low * 0x9E3779B97F4A7C15 + window.high * 0xC2B2AE3D27D4EB4F + size * 0xA0761D6478BD642F;
  }
  // Sixteen bits a text or more.
  uint32_t may_have(uint64_t hash) const {
    return static_cast<uint32_t>(filter_[hash >> filter_shift_ >> 6] >> (hash >> filter_shift_ & 63) & 1);
  }

  SharedArray<Window> texts_;  // with their sizes in the last byte
  PerfectTable places_;
  SharedArray<uint64_t> filter_;
  int filter_shift_ = 0;
};

}  // namespace leanformers
