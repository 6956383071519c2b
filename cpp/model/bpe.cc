#include "model/bpe.h"

#include <algorithm>
#include <stdexcept>

#include "unicode/unicode.h"

namespace leanformers {

namespace {

constexpr uint32_t kMissing = Vocabulary::kMissing;
static_assert(kMissing == CharacterTable::kMissing);

std::string byte_token(unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
}

std::string name_of(std::string_view left, std::string_view right) {
  return "the merge of \"" + std::string(left) + "\" and \"" + std::string(right) + "\"";
}

bool are_distinct(const Bpe& settings) {
  std::vector<uint32_t> ids;
  ids.reserve(settings.vocab.size());
  for (const auto& [token, id] : settings.vocab) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

}  // namespace

BpeModel::BpeModel(const Bpe& settings)
    : merges_(settings.merges.size()),
      prefix_(settings.continuing_subword_prefix.value_or("")),
      suffix_(settings.end_of_word_suffix.value_or("")),
      inside_(prefix_.empty() ? 0 : kInside),
      last_(suffix_.empty() ? 0 : kLast),
      unknown_token_(settings.unk_token),
      fuse_unknown_(settings.fuse_unk) {
  if (settings.dropout) {
    dropout_ = static_cast<float>(*settings.dropout);
    if (!(dropout_ >= 0 && dropout_ <= 1)) throw std::invalid_argument("dropout must be between 0 and 1");
  }
  const Vocabulary& vocab = settings.vocab;
  const std::vector<Seams::Merge> merges = add_merges(settings);
  add_characters(settings);
  bytes_.fill(kMissing);
  if (settings.byte_fallback) {
    for (unsigned byte = 0; byte < 256; ++byte) bytes_[byte] = vocab.find(byte_token(byte));
  }
  if (unknown_token_) {
    if (const uint32_t id = vocab.find(*unknown_token_); id != kMissing) unknown_id_ = id;
  }
  if (dropout_ == 0) seams_.emplace(merges, first_symbols());
  if (settings.ignore_merges && dropout_ == 0) words_ = vocab;
}

std::vector<Seams::Merge> BpeModel::add_merges(const Bpe& settings) {
  // The queue of the reference takes an outdated entry for a good one if the symbols that are there now merge into the
  // same symbol. That cannot be when merging makes symbols longer and each id has one length.
  scannable_ = are_distinct(settings);
  std::vector<Seams::Merge> merges;
  merges.reserve(settings.merges.size());
  std::string merged;
  for (uint32_t rank = 0; rank < settings.merges.size(); ++rank) {
    const auto& [left, right] = settings.merges[rank];
    const auto id = [&, &left = left, &right = right](std::string_view token) {  // clang 14 wants their names
      if (const uint32_t found = settings.vocab.find(token); found != kMissing) return found;
      throw std::invalid_argument(name_of(left, right) + " needs \"" + std::string(token) +
                                  "\", which is not in the vocabulary");
    };
    if (right.size() < prefix_.size()) {
      throw std::invalid_argument(name_of(left, right) + " has a right part that is shorter than the prefix \"" +
                                  prefix_ + "\"");
    }
    merged.assign(left).append(right, prefix_.size());
    merges.push_back({id(left), id(right), id(merged)});
    merges_.insert(merges.back().left, merges.back().right, rank, merges.back().result);
    if (right.size() == prefix_.size()) scannable_ = false;
  }
  return merges;
}

void BpeModel::add_characters(const Bpe& settings) {
  for (unsigned place = 0; place < characters_.size(); ++place) {
    if (place & ~(inside_ | last_)) continue;
    const std::string_view before = prefix(place), after = suffix(place);
    for (const auto& [token, id] : settings.vocab) {
      std::string_view text = token;
      if (!text.starts_with(before)) continue;
      text.remove_prefix(before.size());
      if (!text.ends_with(after)) continue;
      text.remove_suffix(after.size());
      if (text.empty() || text.size() > 4) continue;
      const auto [code, bytes] = unicode::decode(text.data());
      if (bytes == text.size()) characters_[place].insert(code, id);
    }
  }
}

std::vector<uint32_t> BpeModel::first_symbols() const {
  std::vector<uint32_t> ids(bytes_.begin(), bytes_.end());
  for (const CharacterTable& table : characters_) ids.insert(ids.end(), table.values().begin(), table.values().end());
  if (unknown_id_) ids.push_back(*unknown_id_);
  std::erase(ids, kMissing);
  return ids;
}

bool BpeModel::has_bytes(std::string_view text) const {
  return std::all_of(text.begin(), text.end(),
                     [&](char byte) { return bytes_[static_cast<unsigned char>(byte)] != kMissing; });
}

uint32_t BpeModel::unknown() const {
  if (unknown_id_) return *unknown_id_;
  throw std::invalid_argument("the text has a character that the vocabulary cannot build, and the unknown token \"" +
                              *unknown_token_ + "\" is not in the vocabulary");
}

void BpeModel::split(std::string_view word, WordTokens& symbols) const {
  uint32_t end = 0;
  const auto add = [&](uint32_t id, uint32_t bytes) {
    symbols.push_back({id, end, end + bytes});
    end += bytes;
  };
  // The unknown token waits for more of its kind, and byte tokens go ahead of it, as in the reference.
  uint32_t unknown_bytes = 0;
  const auto add_unknown = [&] {
    if (unknown_bytes > 0) add(unknown(), unknown_bytes);
    unknown_bytes = 0;
  };
  for (uint32_t at = 0; at < word.size();) {
    const auto [code, bytes] = unicode::decode(word.data() + at);
    const unsigned place = (at > 0 ? inside_ : 0) | (at + bytes == word.size() ? last_ : 0);
    const std::string_view character = word.substr(at, bytes);
    at += bytes;
    if (const uint32_t id = characters_[place].find(code); id != kMissing) {
      add_unknown();
      add(id, bytes);
    } else if (has_bytes(character) && has_bytes(prefix(place)) && has_bytes(suffix(place))) {
      for (std::string_view text : {prefix(place), character, suffix(place)}) {
        for (char byte : text) add(bytes_[static_cast<unsigned char>(byte)], 1);
      }
    } else if (unknown_token_) {
      if (!fuse_unknown_) add_unknown();
      unknown_bytes += bytes;
    }
  }
  add_unknown();
}

void BpeModel::tokenize(std::string_view word, WordTokens& tokens) const {
  tokens.clear();
  if (words_) {
    if (const uint32_t id = words_->find(word); id != kMissing) {
      tokens.push_back({id, 0, static_cast<uint32_t>(word.size())});
      return;
    }
  }
  split(word, tokens);
  if (dropout_ == 1) return;
  if (tokens.size() <= kScanned || !seams_) {
    tokens.resize(merge(tokens));
    return;
  }
  const std::span<WordToken> symbols = tokens;
  size_t kept = 0;
  for (size_t begin = 0, end; begin < symbols.size(); begin = end) {
    end = begin + 1;
    while (end < symbols.size() && !seams_->between(symbols[end - 1].id, symbols[end].id)) ++end;
    const std::span<WordToken> part = symbols.subspan(begin, end - begin);
    const size_t merged = merge(part);
    std::copy_n(part.begin(), merged, symbols.begin() + kept);
    kept += merged;
  }
  tokens.resize(kept);
}

size_t BpeModel::merge(std::span<WordToken> symbols) const {
  const bool scan = symbols.size() <= kScanned && scannable_ && dropout_ == 0;
  return scan ? merge_by_scanning(merges_, symbols) : merge_by_queue(merges_, dropout_, symbols);
}

}  // namespace leanformers
