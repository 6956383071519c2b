#include "model/token_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <utility>

#include "model/short_merge.h"
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

uint32_t highest(uint32_t bits) { return 31 - static_cast<uint32_t>(std::countl_zero(bits)); }

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
    for (; sizes != 0; sizes ^= 1U << highest(sizes)) {
      const uint32_t size = highest(sizes);
      if (add_if_good(search_.symbols_.find(window, size), at, at + size)) return true;
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

// Of a text of at most Window::kBytes.
bool TokenSearch::add_one_or_two(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  const Window window = Window::of(text);
  const auto size = static_cast<uint32_t>(text.size());
  const auto add = [&](uint32_t symbol, uint32_t begin, uint32_t end) {
    tokens.push_back({forest_.id(symbol), offset + begin, offset + end});
  };
  const uint32_t beginnings = symbols_.beginnings(window);
  if (beginnings >> size & 1) {
    if (const uint32_t symbol = symbols_.find(window, size); symbol != SymbolTable::kMissing) {
      add(symbol, 0, size);
      return true;
    }
  }
  // What is left of a cut, what is right of it, and where it is. Cheap if both come early: then it is rarely wrong.
  struct Cut {
    uint32_t left, right, at;
    uint32_t cost() const { return std::max(left, right); }
  };
  const auto cut = [&](uint32_t at) -> Cut {
    return {symbols_.guess(window, at), symbols_.guess(window.from(at), size - at), at};
  };
  const auto is_good = [&](const Cut& cut) {
    return symbols_.is(cut.left, window, cut.at) && symbols_.is(cut.right, window.from(cut.at), size - cut.at) &&
           forest_.compatible_without_guesses(cut.left, cut.right);
  };
  uint32_t places = beginnings & symbols_.ends(window, size) >> (SymbolTable::kEnd - size) & ((1U << size) - 1);
  while (places != 0) {
    // Mostly there are one or two.
    const Cut first = cut(static_cast<uint32_t>(std::countr_zero(places))), last = cut(highest(places));
    const bool is_last = last.cost() < first.cost();
    Cut best{is_last ? last.left : first.left, is_last ? last.right : first.right, is_last ? last.at : first.at};
    for (uint32_t more = places & ~(1U << first.at | 1U << last.at); more != 0; more &= more - 1) {
      const Cut other = cut(static_cast<uint32_t>(std::countr_zero(more)));
      if (other.cost() < best.cost()) best = other;
    }
    if (is_good(best)) {
      add(best.left, 0, best.at);
      add(best.right, best.at, size);
      return true;
    }
    places &= ~(1U << best.at);
  }
  return false;
}

void TokenSearch::add_letters(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  for (uint32_t at = 0; at < text.size();) {
    uint32_t letter = bytes_[static_cast<unsigned char>(text[at])], size = 1;
    if (letter == SymbolTable::kMissing) {
      size = unicode::decode(text.data() + at).bytes;
      letter = symbols_.find(Window::of(text.substr(at, size)), size);
    }
    tokens.push_back({letter, offset + at, offset + at + size});
    at += size;
  }
}

void TokenSearch::encode(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  const size_t first = tokens.size();
  // Vocabularies have few words beyond ASCII as one token or two, and the search of a long text takes less time the
  // more tokens are of a character or less.
  if (text.size() <= Window::kBytes && static_cast<unsigned char>(text.back()) < 0x80) {
    if (add_one_or_two(text, offset, tokens)) return;
    add_letters(text, offset, tokens);
    if (tokens.size() - first <= 8) return ShortMerge<8>(forest_).merge(tokens, first);
    return ShortMerge<16>(forest_).merge(tokens, first);
  }
  Run(*this, text, tokens).find_symbols();
  for (size_t i = first; i < tokens.size(); ++i) {
    tokens[i] = {forest_.id(tokens[i].id), offset + tokens[i].begin, offset + tokens[i].end};
  }
}

}  // namespace leanformers
