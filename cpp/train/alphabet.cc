#include "train/alphabet.h"

#include <algorithm>
#include <utility>

namespace leanformers {
namespace {

std::string to_string(char32_t code) { return unicode::to_utf8({&code, 1}); }

// The characters to keep, by code point.
std::vector<char32_t> choose_characters(std::span<const WordCounts::Word> words, const BpeTraining& settings) {
  std::vector<uint64_t> counts = count_characters(words);
  for (const char32_t code : settings.initial_alphabet) counts[code] = UINT64_MAX;
  std::vector<char32_t> kept;
  for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
    if (counts[code] != 0) kept.push_back(code);
  }
  if (settings.limit_alphabet && kept.size() > *settings.limit_alphabet) {
    std::stable_sort(kept.begin(), kept.end(), [&](char32_t a, char32_t b) { return counts[a] > counts[b]; });
    kept.resize(*settings.limit_alphabet);
    std::sort(kept.begin(), kept.end());
  }
  return kept;
}

}  // namespace

std::vector<uint64_t> count_characters(std::span<const WordCounts::Word> words) {
  std::vector<uint64_t> counts(unicode::kScalarEnd);
  for (const WordCounts::Word& word : words) {
    for (uint32_t at = 0; at < word.size;) {
      const auto [code, bytes] = unicode::decode(word.bytes + at);
      counts[code] += word.count;
      at += bytes;
    }
  }
  return counts;
}

uint32_t Vocabulary::add(std::string_view token) {
  const auto [found, is_new] = ids_.try_emplace(std::string(token), static_cast<uint32_t>(tokens_.size()));
  if (is_new) tokens_.emplace_back(token);
  return found->second;
}

Alphabet::Alphabet(std::span<const WordCounts::Word> words, const BpeTraining& settings, Vocabulary& vocabulary)
    : rows_(unicode::kScalarEnd, kLeftOut) {
  for (const std::string& token : settings.special_tokens) vocabulary.add(token);
  for (const char32_t code : choose_characters(words, settings)) vocabulary.add(to_string(code));

  // Which forms of each character occur. A special token of one character keeps that character too.
  std::vector<uint8_t> forms(unicode::kScalarEnd);
  for (const WordCounts::Word& word : words) {
    visit_characters(word.text(), [&](char32_t code, unsigned form) { forms[code] |= uint8_t(1U << form); });
  }
  for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
    if (forms[code] == 0 || !vocabulary.has(to_string(code))) continue;
    rows_[code] = static_cast<uint32_t>(ids_.size());
    std::array<uint32_t, 4> ids{};
    for (unsigned form = 0; form < ids.size(); ++form) {
      if ((forms[code] >> form & 1) == 0) continue;
      const std::string& prefix = form & kFirst ? std::string() : settings.continuing_subword_prefix;
      const std::string& suffix = form & kLast ? settings.end_of_word_suffix : std::string();
      ids[form] = vocabulary.add(prefix + to_string(code) + suffix);
    }
    ids_.push_back(ids);
  }
}

}  // namespace leanformers
