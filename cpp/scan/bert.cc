#include "scan/bert.h"

#include <algorithm>
#include <array>
#include <mutex>

namespace leanformers {

using Kind = BertTable::Kind;

std::shared_ptr<const BertTable> BertTable::get(const BertNormalizer& normalizer) {
  const bool strip_accents = normalizer.strip_accents.value_or(normalizer.lowercase);
  const size_t flags =
      normalizer.clean_text + 2 * normalizer.handle_chinese_chars + 4 * strip_accents + 8 * normalizer.lowercase;
  static std::array<std::shared_ptr<const BertTable>, 16> tables;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (!tables[flags]) tables[flags] = std::make_shared<const BertTable>(normalizer);
  return tables[flags];
}

BertTable::BertTable(const BertNormalizer& normalizer) {
  pages_.emplace_back();  // page 0: letters that stay as they are
  for (char32_t first = 0; first < unicode::kScalarEnd; first += 256) {
    Page page;
    bool plain = true;
    for (char32_t i = 0; i < 256; ++i) {
      const char32_t code = first + i;
      const bool stays = (unicode::properties(code) & ~(unicode::kWord | unicode::kMark | unicode::kNumeric)) == 0;
      if (stays && unicode::combining_class(code) == 0) continue;
      page[i] = classify(code, normalizer);
      plain = plain && page[i].kind == Kind::kLetter && page[i].bytes == 0;
    }
    if (plain) continue;
    page_of_[first >> 8] = static_cast<uint16_t>(pages_.size());
    pages_.push_back(page);
  }
  for (uint32_t byte = 0; byte < 128; ++byte) {
    const Entry entry = at(byte);
    if (entry.kind != Kind::kLetter && entry.kind != Kind::kIsolated) continue;
    if (entry.bytes <= 1) byte_forms_[byte] = entry.bytes == 0 ? static_cast<char>(byte) : form(entry)[0];
  }
}

BertTable::Entry BertTable::classify(char32_t code, const BertNormalizer& normalizer) {
  const bool strip_accents = normalizer.strip_accents.value_or(normalizer.lowercase);
  if (normalizer.clean_text) {
    if (unicode::has(code, unicode::kControl)) return {Kind::kDrop};
    if (unicode::has(code, unicode::kWhiteSpace)) return {Kind::kSpace};
  }
  std::string output;
  size_t letters = 0, spaces = 0, isolated = 0;
  const bool chinese = normalizer.handle_chinese_chars && unicode::has(code, unicode::kChinese);
  for (const char32_t part : strip_accents ? unicode::decompose(code) : unicode::Expansion{{code}, 1}) {
    if (strip_accents && unicode::has(part, unicode::kNonspacingMark)) continue;
    if (strip_accents && unicode::combining_class(part) != 0) return {Kind::kGeneral};
    for (const char32_t lower : normalizer.lowercase ? unicode::lowercase(part) : unicode::Expansion{{part}, 1}) {
      const uint16_t properties = unicode::properties(lower);
      if (properties & unicode::kWhiteSpace) {
        ++spaces;
      } else if (chinese || properties & unicode::kBertPunctuation) {
        ++isolated;
      } else {
        ++letters;
      }
      char bytes[4];
      output.append(bytes, unicode::encode(lower, bytes));
    }
  }
  if (output.empty()) return {chinese ? Kind::kSpace : Kind::kDrop};
  if (spaces != 0) return {letters + isolated == 0 ? Kind::kSpace : Kind::kGeneral};
  if (isolated > 1 || (isolated == 1 && letters != 0)) return {Kind::kGeneral};
  const Kind kind = isolated == 1 ? Kind::kIsolated : Kind::kLetter;
  char own[4];
  if (output == std::string_view(own, unicode::encode(code, own))) return {kind};
  return {kind, static_cast<uint8_t>(output.size()), add_form(output)};
}

uint16_t BertTable::add_form(std::string_view form) {
  const size_t offset = pool_.size() / 4;
  pool_ += form;
  pool_.resize((pool_.size() + 3) / 4 * 4);
  return static_cast<uint16_t>(offset);
}

}  // namespace leanformers
