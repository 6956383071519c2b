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

  std::array<uint8_t, 16> bytes() const {
    if constexpr (std::endian::native == std::endian::little) return std::bit_cast<std::array<uint8_t, 16>>(*this);
    std::array<uint8_t, 16> bytes;
    for (size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<uint8_t>(low >> 8 * i);
      bytes[8 + i] = static_cast<uint8_t>(high >> 8 * i);
    }
    return bytes;
  }

  // Without a branch on how many bytes there are, which nobody could guess.

  // Without what follows the first bytes, up to 16.
  Window first(unsigned bytes) const {
    const Window& mask = kFirst[bytes];
    return {low & mask.low, high & mask.high};
  }
  // Without the first bytes, fewer than 16.
  Window from(unsigned bytes) const {
    const unsigned bits = 8 * bytes % 64;
    const bool is_far = bytes >= 8;
    const uint64_t near_low = low >> bits | high << 1 << (63 - bits), shifted_high = high >> bits;
    return {is_far ? shifted_high : near_low, is_far ? 0 : shifted_high};
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
  static const std::array<Window, 17> kFirst;

  template <class T>
  static T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    if constexpr (std::endian::native == std::endian::little) return value;
    return static_cast<T>(__builtin_bswap64(value) >> (64 - 8 * sizeof value));
  }
};

inline constexpr std::array<Window, 17> Window::kFirst = [] {
  std::array<Window, 17> masks{};
  for (unsigned bytes = 1; bytes <= 16; ++bytes) {
    masks[bytes].low = ~uint64_t{0} >> 8 * (bytes < 8 ? 8 - bytes : 0);
    if (bytes > 8) masks[bytes].high = ~uint64_t{0} >> 8 * (16 - bytes);
  }
  return masks;
}();

}  // namespace leanformers
