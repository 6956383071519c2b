#include "model/token_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <numeric>
#include <utility>

#include "model/side_by_side.h"
#include "unicode/unicode.h"

namespace leanformers {

namespace {

// The places of a text that no tokens go on from: bits, those of short texts in a register.
class DeadEnds {
 public:
  explicit DeadEnds(size_t size) : size_(size) {}
  bool has(size_t place) const { return place < 64 ? first_ >> place & 1 : !more_.empty() && more_[place]; }
  void add(size_t place) {
    if (place < 64) {
      first_ |= uint64_t{1} << place;
    } else {
      more_.resize(size_ + 1);
      more_[place] = true;
    }
  }

 private:
  size_t size_;
  uint64_t first_ = 0;
  std::vector<bool> more_;
};

std::vector<SymbolTable::Text> texts_of(const MergeForest& forest, const std::vector<std::string>& letters) {
  std::vector<SymbolTable::Text> texts;
  texts.reserve(forest.size());
  for (const std::string& letter : letters) {
    texts.push_back({Window::of(letter), static_cast<uint32_t>(letter.size())});
  }
  for (uint32_t symbol = forest.letters(); symbol < forest.size(); ++symbol) {
    const auto& [left, right] = forest.parts(symbol);
    texts.push_back(
        {texts[left].window.with(texts[right].window, texts[left].size), texts[left].size + texts[right].size});
  }
  return texts;
}

std::string whole_text(const MergeForest& forest, const std::vector<std::string>& letters, uint32_t symbol) {
  std::string text;
  std::vector<uint32_t> waiting{symbol};
  while (!waiting.empty()) {
    symbol = waiting.back();
    waiting.pop_back();
    if (symbol < forest.letters()) {
      text += letters[symbol];
    } else {
      waiting.push_back(forest.parts(symbol).right);
      waiting.push_back(forest.parts(symbol).left);
    }
  }
  return text;
}

}  // namespace

std::optional<TokenSearch> TokenSearch::make(MergeForest forest, const std::vector<std::string>& letters) {
  TokenSearch search;
  const std::vector<SymbolTable::Text> texts = texts_of(forest, letters);
  if (!search.symbols_.build(texts)) return std::nullopt;
  // What a trie is not for has an empty text there, which is never found.
  std::vector<std::string_view> short_texts(texts.size()), longer_views(texts.size());
  std::vector<std::array<char, kShort>> eights(texts.size());
  std::deque<std::string> longer_texts;
  for (uint32_t symbol = 0; symbol < texts.size(); ++symbol) {
    const auto& [window, size] = texts[symbol];
    if (size <= kShort) {
      eights[symbol] = window.first_eight();
      short_texts[symbol] = {eights[symbol].data(), size};
    } else if (size > Window::kBytes) {
      longer_views[symbol] = longer_texts.emplace_back(whole_text(forest, letters, symbol));
    }
  }
  search.bytes_.fill(SymbolTable::kMissing);
  for (uint32_t letter = 0; letter < letters.size(); ++letter) {
    if (letters[letter].size() == 1) search.bytes_[static_cast<unsigned char>(letters[letter][0])] = letter;
  }
  std::array<uint32_t, 256> numbers;
  std::iota(numbers.begin(), numbers.end(), 0);
  search.bytes_are_letters_ = search.bytes_ == numbers;
  search.short_ = Trie(short_texts);
  search.longer_ = Trie(longer_views);
  search.goes_on_ = SharedArray<uint64_t>(texts.size() / 64 + 1);
  for (const auto& [window, size] : texts) {
    if (size <= kShort) continue;
    const std::array<char, kShort> eight = window.first_eight();
    const uint32_t symbol = search.longest_short({eight.data(), eight.size()}).symbol;
    search.goes_on_.writable()[symbol / 64] |= uint64_t{1} << symbol % 64;
  }
  search.forest_ = std::move(forest);
  return search;
}

// The search of a long text.
class TokenSearch::Run {
 public:
  Run(const TokenSearch& search, std::string_view text, WordTokens& tokens)
      : search_(search), text_(text), tokens_(tokens), first_(tokens.size()), dead_ends_(text.size()) {}

  // Appends symbols instead of ids.
  void find_symbols() {
    const auto size = static_cast<uint32_t>(text_.size());
    for (uint32_t at = 0, limit = kNoLimit; at < size;) {  // `limit`: only tokens of less bytes
      if (add_longest(at, limit)) {
        at = tokens_.back().end;
        limit = kNoLimit;
      } else {
        dead_ends_.add(at);
        at = tokens_.back().begin;
        limit = tokens_.back().end - at;
        tokens_.pop_back();
      }
    }
  }

 private:
  static constexpr uint32_t kNoLimit = UINT32_MAX;

  // Adds the longest token that goes on from a place, if there is one.
  bool add_longest(uint32_t at, uint32_t limit) {
    const std::string_view rest = text_.substr(at, limit - 1);
    Match match = search_.longest_short(rest);
    if (match.size == 0) return false;
    if (rest.size() > kShort && search_.goes_on(match.symbol) && add_long(at, rest)) return true;
    while (!add_if_good(match.symbol, at, at + match.size)) {
      match = search_.longest_short(rest.substr(0, match.size - 1));
      if (match.size == 0) return false;
    }
    return true;
  }
  // One of more than kShort bytes.
  bool add_long(uint32_t at, std::string_view rest) {
    const Window window = Window::of(rest);
    uint32_t sizes = search_.symbols_.beginnings_after_eight(window);
    if (sizes >> SymbolTable::kLonger & 1) {
      std::vector<std::pair<uint32_t, uint32_t>> found;
      search_.longer_.visit_beginnings(rest, [&](uint32_t size, uint32_t symbol) { found.emplace_back(size, symbol); });
      const auto add = [&](const auto& match) { return add_if_good(match.second, at, at + match.first); };
      if (std::any_of(found.rbegin(), found.rend(), add)) return true;
    }
    sizes &= (2U << std::min<size_t>(rest.size(), Window::kBytes)) - 1;
    for (; sizes != 0; sizes ^= 1U << highest_bit(sizes)) {
      const uint32_t size = highest_bit(sizes);
      if (add_if_good(search_.symbols_.find(window.first(size), size), at, at + size)) return true;
    }
    return false;
  }
  bool add_if_good(uint32_t symbol, uint32_t begin, uint32_t end) {
    if (symbol == SymbolTable::kMissing || dead_ends_.has(end)) return false;
    if (tokens_.size() > first_ && !search_.forest_.compatible(tokens_.back().id, symbol)) return false;
    tokens_.push_back({symbol, begin, end});
    return true;
  }

  const TokenSearch& search_;
  std::string_view text_;
  WordTokens& tokens_;
  size_t first_;  // of the text's tokens
  DeadEnds dead_ends_;
};

void TokenSearch::encode(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  const size_t first = tokens.size();
  if (SideBySide::fits(*this, text)) {
    SideBySide one(*this);
    one.add(Window::of(text), text.size());
    one.find();
    for (const auto& [id, begin, end] : one[0]) tokens.push_back({id, offset + begin, offset + end});
    return;
  }
  if (text.size() <= MediumMerge::kMost && unicode::is_ascii(text)) return merge(text, offset, tokens);
  Run(*this, text, tokens).find_symbols();
  for (size_t i = first; i < tokens.size(); ++i) {
    tokens[i] = {forest_.id(tokens[i].id), offset + tokens[i].begin, offset + tokens[i].end};
  }
}

// ASCII, each of whose bytes is a letter. It waits for memory less often than a walk in the trie for each token, which
// nobody else has read lately.
void TokenSearch::merge(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  MediumMerge merge;
  merge.begin();
  for (uint32_t at = 0; at < text.size(); ++at) merge.add(bytes_[static_cast<unsigned char>(text[at])], at + 1);
  const JoinedSymbols joined = forest_.joined();
  merge.find_pairs(joined);
  do merge.look(joined);
  while (merge.merge(joined));
  merge.for_each([&](uint32_t symbol, uint32_t begin, uint32_t end) {
    tokens.push_back({forest_.id(symbol), offset + begin, offset + end});
  });
}

}  // namespace leanformers
