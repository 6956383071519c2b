// What the fuzz targets share: bytes as Python would hand them over, and claims that end the run when they fail.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "unicode/unicode.h"

namespace leanformers::fuzz {

inline void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

// The bytes as valid UTF-8.
inline std::string read_text(const uint8_t* data, size_t size) {
  return unicode::replace_invalid(std::string_view(reinterpret_cast<const char*>(data), size));
}

}  // namespace leanformers::fuzz
