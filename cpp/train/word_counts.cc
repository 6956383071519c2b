#include "train/word_counts.h"

#include <cstring>
#include <random>
#include <stdexcept>

namespace leanformers {
namespace {

constexpr size_t kBlock = 1 << 18;
constexpr size_t kFirstSlots = 1 << 10;

// Another one in each process: nobody can write a corpus whose words all collide.
uint64_t seed() {
  static const uint64_t seed = (uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  return seed;
}

uint32_t hash_of(std::string_view word) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
  uint64_t state = seed() ^ word.size();
  const auto mix = [&state](uint64_t chunk) {
    state = (state ^ chunk) * kFactor;
    state ^= state >> 29;
  };
  while (word.size() >= 8) {
    uint64_t chunk;
    std::memcpy(&chunk, word.data(), 8);
    mix(chunk);
    word.remove_prefix(8);
  }
  uint64_t chunk = 0;
  std::memcpy(&chunk, word.data(), word.size());
  mix(chunk);
  return static_cast<uint32_t>((state * kFactor) >> 32);
}

}  // namespace

WordCounts::WordCounts() : slots_(kFirstSlots) {}

void WordCounts::add(std::string_view word, uint64_t count) {
  const uint32_t hash = hash_of(word);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].place != 0; at = (at + 1) & mask) {
    if (slots_[at].hash != hash) continue;
    Word& known = words_[slots_[at].place - 1];
    if (known.size == word.size() && std::memcmp(known.bytes, word.data(), word.size()) == 0) {
      known.count += count;
      return;
    }
  }
  if (word.size() >= UINT32_MAX) throw std::length_error("a word of 4 GiB");
  if (words_.size() + 1 >= UINT32_MAX) throw std::length_error("more than 4 billion different words");
  words_.push_back({keep(word), static_cast<uint32_t>(word.size()), hash, count});
  slots_[at] = {hash, static_cast<uint32_t>(words_.size())};
  bytes_ += word.size();
  if (words_.size() * 2 > slots_.size()) grow();
}

const char* WordCounts::keep(std::string_view word) {
  if (word.size() > kBlock / 4) {  // a block of its own, before the one that is being filled
    auto own = std::make_unique_for_overwrite<char[]>(word.size());
    std::memcpy(own.get(), word.data(), word.size());
    const char* bytes = own.get();
    blocks_.insert(blocks_.empty() ? blocks_.end() : blocks_.end() - 1, std::move(own));
    return bytes;
  }
  if (word.size() > room_) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
    next_ = blocks_.back().get();
    room_ = kBlock;
  }
  std::memcpy(next_, word.data(), word.size());
  const char* bytes = next_;
  next_ += word.size();
  room_ -= word.size();
  return bytes;
}

void WordCounts::grow() {
  std::vector<Slot> slots(slots_.size() * 2);
  const size_t mask = slots.size() - 1;
  for (uint32_t i = 0; i < words_.size(); ++i) {
    size_t at = words_[i].hash & mask;
    while (slots[at].place != 0) at = (at + 1) & mask;
    slots[at] = {words_[i].hash, i + 1};
  }
  slots_ = std::move(slots);
}

void WordCounts::clear() {
  slots_.assign(slots_.size(), {});
  words_.clear();
  blocks_.clear();
  next_ = nullptr;
  room_ = bytes_ = 0;
}

}  // namespace leanformers
