// Code point -> its token, of characters that are words by themselves: without a hash, filled as they come.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "unicode/unicode.h"

namespace leanformers {

class CharacterTokens {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  uint32_t find(char32_t code) const { return pages_[page_of_[code >> 8]][code & 0xFF]; }

  void insert(char32_t code, uint32_t id) {
    uint16_t& page = page_of_[code >> 8];
    if (page == 0) {
      page = static_cast<uint16_t>(pages_.size());
      pages_.push_back(kEmpty);
    }
    pages_[page][code & 0xFF] = id;
  }

 private:
  using Page = std::array<uint32_t, 256>;
  static constexpr Page kEmpty = [] {
    Page page;
    page.fill(kMissing);
    return page;
  }();

  std::array<uint16_t, unicode::kScalarEnd / 256> page_of_{};
  std::vector<Page> pages_{kEmpty};  // the first one stays empty
};

}  // namespace leanformers
