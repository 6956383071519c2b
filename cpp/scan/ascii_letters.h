// Skips runs of ASCII letters eight bytes at a time: most words of most texts are one of these.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace leanformers {

// How many ASCII letters eight bytes, the first one lowest, begin with. The high bit of each sum says whether the byte
// without its case is at least 'a', or beyond 'z'.
constexpr uint32_t count_ascii_letters(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = kOnes * 0x80;
  const uint64_t lower = (bytes | kOnes * 0x20) & ~kHigh;
  const uint64_t from_a = lower + kOnes * (0x80 - 'a');
  const uint64_t beyond_z = lower + kOnes * (0x7F - 'z');
  const uint64_t others = ~(from_a & ~beyond_z & ~bytes) & kHigh;
  return static_cast<uint32_t>(std::countr_zero(others)) / 8;
}

// A place up to which there are ASCII letters alone. There may be more of them: the last bytes of a text are left to
// the caller's own loop, and on big-endian machines everything is.
inline const char* skip_ascii_letters(const char* at, const char* end) {
  if constexpr (std::endian::native != std::endian::little) return at;
  for (uint32_t letters = 8; letters == 8 && end - at >= 8; at += letters) {
    uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    letters = count_ascii_letters(bytes);
  }
  return at;
}

}  // namespace leanformers
