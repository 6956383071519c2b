#include "scan/plain.h"

namespace leanformers {

uint8_t& PlainCharacters::at(char32_t code) {
  uint16_t& page = page_of_[code / kPage];
  if (page == 0) {
    page = static_cast<uint16_t>(traits_.size() / kPage);
    traits_.resize(traits_.size() + kPage);
  }
  return traits_[page * kPage + code % kPage];
}

void PlainCharacters::add(char32_t code, uint8_t traits) { at(code) |= traits; }

void PlainCharacters::remove(uint8_t traits) {
  for (uint8_t& of_one : traits_) of_one &= static_cast<uint8_t>(~traits);
}

PlainCharacters::Verdict PlainCharacters::judge(std::string_view word, uint8_t before) const {
  uint8_t all = 0;
  bool plain = true;
  static_assert(kPage == 128);
  const uint8_t* const ascii = &traits_[page_of_[0] * kPage];
  for (size_t at = 0; at < word.size();) {
    const auto byte = static_cast<unsigned char>(word[at]);
    if (byte < kPage && ascii[byte] == 0) {
      before = 0;
      ++at;
      continue;
    }
    const auto [code, bytes] = unicode::decode(word.data() + at);
    const uint8_t traits = of(code);
    // What begins no key is left alone, and so is the whole cluster that it begins.
    if ((traits & kChanges) != 0 || ((traits & kExtends) != 0 && (before & (kOpens | kChanges)) != 0)) plain = false;
    if ((traits & kChanges) != 0 && (traits & kMaps) == 0) all |= kChanges;
    all |= traits & (kSpoils | kExtends);
    before = traits;
    at += bytes;
  }
  if ((all & kSpoils) != 0) return Verdict::kSpoilt;
  if (plain) return Verdict::kPlain;
  return all == 0 ? Verdict::kMapped : Verdict::kDifferent;
}

}  // namespace leanformers
