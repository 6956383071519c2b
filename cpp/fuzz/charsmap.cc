// Fuzzes the reader of SentencePiece's character maps: the first two bytes say how long the map is, the rest is looked
// up.
#include "charsmap.h"

#include <stdexcept>

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace leanformers;
  if (size < 2) return 0;
  const size_t length = std::min<size_t>(data[0] | data[1] << 8, size - 2);
  try {
    const Charsmap charsmap(std::string_view(reinterpret_cast<const char*>(data) + 2, length));
    const std::string text = fuzz::read_text(data + 2 + length, size - 2 - length);
    for (size_t at = 0; at < text.size(); at += unicode::decode(text.data() + at).bytes) {
      if (const auto found = charsmap.find(std::string_view(text).substr(at))) {
        fuzz::require(unicode::is_valid(*found), "replacements are UTF-8");
      }
    }
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
