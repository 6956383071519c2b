#include "model/bpe.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "byte_level.h"
#include "unicode/unicode.h"

namespace leanformers {

namespace {

constexpr uint32_t kMissing = Vocabulary::kMissing;
static_assert(kMissing == CharacterTable::kMissing);

std::string byte_token(unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
}

// The bytes that a token's characters stand for; none if one stands for none.
std::optional<std::string> bytes_of(std::string_view token) {
  std::string bytes;
  for (size_t at = 0; at < token.size();) {
    const auto [code, size] = unicode::decode(token.data() + at);
    const std::optional<char> byte = character_to_byte(code);
    if (!byte) return std::nullopt;
    bytes += *byte;
    at += size;
  }
  return bytes;
}

std::string name_of(std::string_view left, std::string_view right) {
  return "the merge of \"" + std::string(left) + "\" and \"" + std::string(right) + "\"";
}

// Where the token is that two parts make: most often at a place that is near, or behind it.
uint32_t place_of(const Vocabulary& vocab, std::string_view left, std::string_view right, uint32_t near) {
  for (size_t place = near; place < std::min(near + size_t{2}, vocab.size()); ++place) {
    const std::string_view token = vocab[place].first;
    if (token.size() == left.size() + right.size() && token.starts_with(left) && token.ends_with(right)) {
      return static_cast<uint32_t>(place);
    }
  }
  return vocab.place(std::string(left).append(right));
}

bool are_distinct(const Bpe& settings) {
  uint32_t largest = 0;
  for (const auto& [token, id] : settings.vocab) largest = std::max(largest, id);
  if (largest / 64 > settings.vocab.size()) return false;  // no vocabulary to hurry with
  std::vector<bool> seen(size_t{largest} + 1);
  for (const auto& [token, id] : settings.vocab) {
    if (seen[id]) return false;
    seen[id] = true;
  }
  return true;
}

}  // namespace

BpeModel::BpeModel(const Bpe& settings)
    : prefix_(settings.continuing_subword_prefix.value_or("")),
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
  const std::vector<Merge> merges = read_merges(settings);
  add_characters(settings);
  for (unsigned byte = 0; byte < 256; ++byte) {
    letters_[byte] = characters_[0].find(byte_to_character(static_cast<char>(byte)));
  }
  bytes_.fill(kMissing);
  if (settings.byte_fallback) {
    for (unsigned byte = 0; byte < 256; ++byte) bytes_[byte] = vocab.find(byte_token(byte));
  }
  if (unknown_token_) {
    if (const uint32_t id = vocab.find(*unknown_token_); id != kMissing) unknown_id_ = id;
  }
  find_search(settings, merges);
  if (!search_) {
    merges_ = MergeTable(merges);
    if (dropout_ == 0) seams_.emplace(merges, first_symbols());
  }
  if (settings.ignore_merges && dropout_ == 0) keep_words(vocab);
}

std::vector<Merge> BpeModel::read_merges(const Bpe& settings) {
  // The queue of the reference takes an outdated entry for a good one if the symbols that are there now merge into the
  // same symbol. That cannot be when merging makes symbols longer and each id has one length.
  scannable_ = are_distinct(settings);
  const Vocabulary& vocab = settings.vocab;
  const size_t count = settings.merges.size();
  std::vector<Merge> merges(count);
  const auto missing = [&](size_t rank, std::string_view token) {
    const auto [left, right] = settings.merges[rank];
    return std::invalid_argument(name_of(left, right) + " needs \"" + std::string(token) +
                                 "\", which is not in the vocabulary");
  };
  constexpr size_t kMost = 64;  // parts of so many are looked up together
  std::array<std::string_view, 2 * kMost> parts;
  std::array<uint32_t, 2 * kMost> ids;
  uint32_t result = 0;  // the place of what the last one makes, which the next one, or the one after it, most often has
  for (size_t begin = 0; begin < count; begin += kMost) {
    const size_t some = std::min(kMost, count - begin);
    for (size_t i = 0; i < some; ++i) std::tie(parts[2 * i], parts[2 * i + 1]) = settings.merges[begin + i];
    vocab.find_all(std::span(parts).first(2 * some), ids.data());
    for (size_t i = 0; i < some; ++i) {
      const std::string_view left = parts[2 * i], right = parts[2 * i + 1];
      if (right.size() < prefix_.size()) {
        throw std::invalid_argument(name_of(left, right) + " has a right part that is shorter than the prefix \"" +
                                    prefix_ + "\"");
      }
      if (right.size() == prefix_.size()) scannable_ = false;
      if (ids[2 * i] == kMissing) throw missing(begin + i, left);
      if (ids[2 * i + 1] == kMissing) throw missing(begin + i, right);
      const std::string_view rest = right.substr(prefix_.size());
      result = place_of(vocab, left, rest, result);
      if (result == kMissing) throw missing(begin + i, std::string(left).append(rest));
      merges[begin + i] = {ids[2 * i], ids[2 * i + 1], vocab[result].second};
    }
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

// Letters are the characters that the merges begin with: all of the vocabulary, or those of bytes, which are then
// searched as bytes. No other symbol that a word has before merging may take part in a merge: so they part the letters.
void BpeModel::find_search(const Bpe& settings, std::span<const Merge> merges) {
  if (!scannable_ || dropout_ != 0 || inside_ != 0 || last_ != 0) return;
  byte_level_ = std::find(letters_.begin(), letters_.end(), kMissing) == letters_.end();
  std::vector<uint32_t> ids;
  std::vector<std::string> texts;
  if (byte_level_) {
    ids.assign(letters_.begin(), letters_.end());
    for (unsigned byte = 0; byte < 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
  } else {
    for (const auto& [token, id] : settings.vocab) {
      if (token.empty() || unicode::decode(token.data()).bytes != token.size()) continue;
      ids.push_back(id);
      texts.emplace_back(token);
    }
  }
  const std::vector<uint32_t> first = first_symbols();
  std::unordered_set<uint32_t> others(first.begin(), first.end());
  for (uint32_t id : ids) others.erase(id);
  if (!others.empty()) {
    for (const Merge& merge : merges) {
      if (others.contains(merge.left) || others.contains(merge.right)) return;
    }
  }
  if (std::optional<MergeForest> forest = MergeForest::grow(merges, ids)) {
    search_ = TokenSearch::make(*std::move(forest), texts);
  }
}

void BpeModel::keep_words(const Vocabulary& vocab) {
  if (!search_) {
    words_ = vocab;
    return;
  }
  StringList<uint32_t> words, byte_words;
  for (const auto& [token, id] : vocab) {
    if (search_->finds(id)) continue;
    words.add(token, id);
    if (const auto bytes = byte_level_ ? bytes_of(token) : std::nullopt) byte_words.add(*bytes, id);
  }
  if (!words.empty()) words_.emplace(std::move(words));
  if (!byte_words.empty()) byte_words_.emplace(std::move(byte_words));
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
  if (search_ && has_only_letters(word)) return search(word, 0, symbols);
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
  // Neighbouring letters to be searched, which what vanishes does not part.
  std::string_view letters;
  std::string joined;
  const auto add_letters = [&] {
    if (!joined.empty()) letters = joined += letters;
    if (!letters.empty()) search(letters, end, symbols);
    end += static_cast<uint32_t>(letters.size());
    letters = {};
    joined.clear();
  };
  for (uint32_t at = 0; at < word.size();) {
    const auto [code, bytes] = unicode::decode(word.data() + at);
    const unsigned place = (at > 0 ? inside_ : 0) | (at + bytes == word.size() ? last_ : 0);
    const std::string_view character = word.substr(at, bytes);
    at += bytes;
    if (search_ && is_letter(code)) {
      add_unknown();
      if (!letters.empty() && letters.end() != character.begin()) joined += std::exchange(letters, {});
      letters = {letters.empty() ? character.data() : letters.data(), letters.size() + bytes};
      continue;
    }
    if (const uint32_t id = characters_[place].find(code); id != kMissing) {
      add_letters();
      add_unknown();
      add(id, bytes);
    } else if (has_bytes(character) && has_bytes(prefix(place)) && has_bytes(suffix(place))) {
      add_letters();
      for (std::string_view text : {prefix(place), character, suffix(place)}) {
        for (char byte : text) add(bytes_[static_cast<unsigned char>(byte)], 1);
      }
    } else if (unknown_token_) {
      add_letters();
      if (!fuse_unknown_) add_unknown();
      unknown_bytes += bytes;
    }
  }
  add_letters();
  add_unknown();
}

bool BpeModel::has_only_letters(std::string_view word) const {
  for (size_t at = 0; at < word.size();) {
    const auto [code, bytes] = unicode::decode(word.data() + at);
    if (!is_letter(code)) return false;
    at += bytes;
  }
  return true;
}

bool BpeModel::is_letter(char32_t code) const {
  return byte_level_ ? character_to_byte(code).has_value() : characters_[0].find(code) != kMissing;
}

void BpeModel::search(std::string_view letters, uint32_t offset, WordTokens& tokens) const {
  if (!byte_level_) return search_->encode(letters, offset, tokens);
  const std::string bytes = *bytes_of(letters);
  size_t token = tokens.size();
  search_->encode(bytes, 0, tokens);
  for (uint32_t at = 0; token < tokens.size(); ++token) {  // from bytes to those of their letters
    const uint32_t end = tokens[token].end;
    tokens[token].begin = offset;
    for (; at < end; ++at) offset += byte_to_character(bytes[at]) < 0x80 ? 1 : 2;
    tokens[token].end = offset;
  }
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
  if (!search_) merge(tokens);
}

void BpeModel::tokenize_bytes(std::string_view bytes, WordTokens& tokens) const {
  tokens.clear();
  if (search_) {
    if (byte_words_) {
      if (const uint32_t id = byte_words_->find(bytes); id != kMissing) {
        tokens.push_back({id, 0, static_cast<uint32_t>(bytes.size())});
        return;
      }
    }
    return search_->encode(bytes, 0, tokens);
  }
  if (words_) {
    std::string letters;
    for (char byte : bytes) {
      char letter[4];
      letters.append(letter, unicode::encode(byte_to_character(byte), letter));
    }
    if (const uint32_t id = words_->find(letters); id != kMissing) {
      tokens.push_back({id, 0, static_cast<uint32_t>(bytes.size())});
      return;
    }
  }
  for (uint32_t i = 0; i < bytes.size(); ++i) {
    tokens.push_back({letters_[static_cast<unsigned char>(bytes[i])], i, i + 1});
  }
  merge(tokens);
}

void BpeModel::merge(WordTokens& tokens) const {
  if (dropout_ == 1) return;
  if (tokens.size() <= kScanned || !seams_) {
    tokens.resize(merge_part(tokens));
    return;
  }
  const std::span<WordToken> symbols = tokens;
  size_t kept = 0;
  for (size_t begin = 0, end; begin < symbols.size(); begin = end) {
    end = begin + 1;
    while (end < symbols.size() && !seams_->between(symbols[end - 1].id, symbols[end].id)) ++end;
    const std::span<WordToken> part = symbols.subspan(begin, end - begin);
    const size_t merged = merge_part(part);
    std::copy_n(part.begin(), merged, symbols.begin() + kept);
    kept += merged;
  }
  tokens.resize(kept);
}

size_t BpeModel::merge_part(std::span<WordToken> symbols) const {
  const bool scan = symbols.size() <= kScanned && scannable_ && dropout_ == 0;
  return scan ? merge_by_scanning(merges_, symbols) : merge_by_queue(merges_, dropout_, symbols);
}

}  // namespace leanformers
