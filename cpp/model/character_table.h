// Code point -> u32 in two loads: pages of the code points that are in use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "unicode/unicode.h"

namespace leanformers {

class CharacterTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  void insert(char32_t code, uint32_t value) {
    uint16_t& page = pages_[code / kPage];
    if (page == 0) {
      page = static_cast<uint16_t>(values_.size() / kPage);
      values_.resize(values_.size() + kPage, kMissing);
    }
    values_[page * kPage + code % kPage] = value;
  }

  uint32_t find(char32_t code) const { return values_[pages_[code / kPage] * kPage + code % kPage]; }

  // In no order that matters, with kMissing among them.
  const std::vector<uint32_t>& values() const { return values_; }

  template <class Archive>
  void archive(Archive& a) {
    a(pages_, values_);
  }

 private:
  static constexpr size_t kPage = 128;
  std::vector<uint16_t> pages_ = std::vector<uint16_t>(unicode::kScalarEnd / kPage);
  std::vector<uint32_t> values_ = std::vector<uint32_t>(kPage, kMissing);  // page 0: of code points not in use
};

}  // namespace leanformers
