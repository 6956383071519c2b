// Byte strings -> u32 by open addressing: the vocabulary's look-up, made once and never changed.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace leanformers {

class StringTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  // Reserving first avoids growing later.
  explicit StringTable(size_t expected = 0) {
    slots_.resize(std::bit_ceil(expected * 2 + 16));
    filter_.resize(slots_.size() / 16);
  }

  // The last value given to a key wins.
  void insert(std::string_view key, uint32_t value) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    const uint32_t hashed = hash(key);
    Slot& slot = slots_[find_slot(key, hashed)];
    if (slot.value == kMissing) {
      slot = {hashed, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(key.size()), value};
      bytes_ += key;
      ++count_;
    } else {
      slot.value = value;
    }
    longest_ = std::max(longest_, key.size());
    mark(hashed);
  }

  uint32_t find(std::string_view key) const { return find(key, hash(key)); }
  uint32_t find(std::string_view key, uint32_t hash) const { return slots_[find_slot(key, hash)].value; }

  size_t size() const { return count_; }
  size_t longest() const { return longest_; }

  // FNV-1a with a last mix: the hashes of all beginnings of a word cost one step a byte.
  static constexpr uint64_t kSeed = 0xCBF29CE484222325;
  static uint64_t step(uint64_t state, char byte) {
    return (state ^ static_cast<unsigned char>(byte)) * uint64_t{0x100000001B3};
  }
  static uint32_t finish(uint64_t state) { return static_cast<uint32_t>((state * 0x9E3779B97F4A7C15) >> 32); }
  static uint32_t hash(std::string_view key) {
    uint64_t state = kSeed;
    for (char byte : key) state = step(state, byte);
    return finish(state);
  }

 private:
  struct Slot {
    uint32_t hash = 0, offset = 0, size = 0, value = kMissing;
  };

  // Where the key is, or where it would go.
  size_t find_slot(std::string_view key, uint32_t hash) const {
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.value == kMissing) return i;
      if (slot.hash == hash && slot.size == key.size() &&
          std::memcmp(bytes_.data() + slot.offset, key.data(), key.size()) == 0) {
        return i;
      }
    }
  }

  // Four bits a slot, so few enough to stay in the nearest cache, where most keys that are not there end.
  bool may_contain(uint32_t hash) const { return filter_[filter_word(hash)] >> (hash & 63) & 1; }
  void mark(uint32_t hash) { filter_[filter_word(hash)] |= uint64_t{1} << (hash & 63); }
  size_t filter_word(uint32_t hash) const { return (hash >> 6) & (filter_.size() - 1); }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    filter_.assign(slots_.size() / 16, 0);
    for (const Slot& slot : old) {
      if (slot.value == kMissing) continue;
      mark(slot.hash);
      size_t i = slot.hash & (slots_.size() - 1);
      while (slots_[i].value != kMissing) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::vector<uint64_t> filter_;
  std::string bytes_;
  size_t count_ = 0;
  size_t longest_ = 0;
};

}  // namespace leanformers
