// Some bytes of a text, in registers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leanformers {

struct Window {
  static constexpr unsigned kBytes = 15;

  uint64_t low, high;  // the first bytes lowest, and zeros

  // The first kBytes of a text, or all.
  static Window of(std::string_view text) {
    const size_t size = text.size();
    const char* const data = text.data();
    if (size > kBytes) return {load<uint64_t>(data), load<uint64_t>(data + 8) << 8 >> 8};
    if (size > 8) return {load<uint64_t>(data), load<uint64_t>(data + size - 8) >> 8 * (16 - size)};
    if (size >= 4) return {load<uint32_t>(data) | uint64_t{load<uint32_t>(data + size - 4)} << 8 * (size - 4), 0};
    if (size == 0) return {0, 0};
    const uint64_t middle = static_cast<unsigned char>(data[size / 2]),
                   last = static_cast<unsigned char>(data[size - 1]);
    return {static_cast<unsigned char>(data[0]) | middle << 8 * (size / 2) | last << 8 * (size - 1), 0};
  }

  std::array<char, 8> first_eight() const {
    std::array<char, 8> bytes;
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(low >> 8 * i);
    return bytes;
  }

  // Without what follows the first bytes, up to 16.
  Window first(unsigned bytes) const {
    constexpr uint64_t kAll = ~uint64_t{0};
    if (bytes > 8) return {low, bytes < 16 ? high & ~(kAll << 8 * (bytes - 8)) : high};
    return {bytes < 8 ? low & ~(kAll << 8 * bytes) : low, 0};
  }
  // Without the first bytes, fewer than 16.
  Window from(unsigned bytes) const {
    const unsigned bits = 8 * bytes;
    if (bytes >= 8) return {high >> (bits - 64), 0};
    return {low >> bits | high << 1 << (63 - bits), high >> bits};
  }
  // With another one behind its first bytes.
  Window with(const Window& other, unsigned bytes) const {
    const unsigned bits = 8 * bytes;
    if (bytes >= kBytes) return *this;
    const uint64_t more = bytes >= 8 ? other.low << (bits - 64) : other.high << bits | other.low >> 1 >> (63 - bits);
    return {bytes >= 8 ? low : low | other.low << bits, (high | more) << 8 >> 8};
  }

  bool operator==(const Window& other) const { return ((low ^ other.low) | (high ^ other.high)) == 0; }

 private:
  template <class T>
  static T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    if constexpr (std::endian::native == std::endian::little) return value;
    return static_cast<T>(__builtin_bswap64(value) >> (64 - 8 * sizeof value));
  }
};

}  // namespace leanformers
