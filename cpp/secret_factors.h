// Odd numbers that come from a seed: the highest bits of a sum of products with them are a place in a table that nobody
// can foresee (Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace leanformers {

template <size_t kCount>
class SecretFactors {
 public:
  // `first`: the number of the first one among those of this seed.
  explicit SecretFactors(uint64_t seed, uint64_t first = 1) {
    for (size_t i = 0; i < kCount; ++i) factors_[i] = random(seed, first + i) | 1;
  }

  uint64_t operator[](size_t i) const { return factors_[i]; }

 private:
  // Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
  static uint64_t random(uint64_t seed, uint64_t number) {
    seed += number * 0x9E3779B97F4A7C15;
    seed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9;
    seed = (seed ^ seed >> 27) * 0x94D049BB133111EB;
    return seed ^ seed >> 31;
  }

  std::array<uint64_t, kCount> factors_;
};

}  // namespace leanformers
