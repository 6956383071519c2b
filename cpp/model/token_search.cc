#include "model/token_search.h"

#include <algorithm>
#include <array>
#include <bit>
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
    texts.push_back({texts[left].window.with(texts[right].window, texts[left].size), texts[left].size + texts[right].size});
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
  std::vector<uint32_t> longer;
  std::vector<std::string> longer_texts;
  for (uint32_t symbol = forest.letters(); symbol < forest.size(); ++symbol) {
    if (texts[symbol].size <= Window::kBytes) continue;
    longer.push_back(symbol);
    longer_texts.push_back(whole_text(forest, letters, symbol));
  }
  search.bytes_.fill(SymbolTable::kMissing);
  for (uint32_t letter = 0; letter < letters.size(); ++letter) {
    if (letters[letter].size() == 1) search.bytes_[static_cast<unsigned char>(letters[letter][0])] = letter;
  }
  search.longer_ = Trie({longer_texts.begin(), longer_texts.end()});
  search.longer_symbols_ = SharedArray<uint32_t>(std::move(longer));
  search.forest_ = std::move(forest);
  return search;
}

// The search of a long text.
class TokenSearch::Run {
 public:
  Run(const TokenSearch& search, std::string_view text, WordTokens& tokens)
      : symbols_(search.symbols_),
        forest_(search.forest_),
        search_(search),
        text_(text),
        tokens_(tokens),
        first_(tokens.size()),
        dead_ends_(text.size()) {}

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
    const std::string_view rest = text_.substr(at);
    const Window window = Window::of(rest);
    uint32_t sizes = symbols_.beginnings(window);
    if (sizes >> SymbolTable::kLonger & 1 && limit > SymbolTable::kLonger && add_longer(at, limit)) return true;
    limit = std::min({limit, SymbolTable::kLonger, static_cast<uint32_t>(rest.size()) + 1});
    sizes &= (1U << limit) - 1;
    for (; sizes != 0; sizes ^= 1U << highest(sizes)) {
      const uint32_t size = highest(sizes);
      if (add_if_good(symbols_.find(window, size), at, at + size)) return true;
    }
    return false;
  }
  bool add_longer(uint32_t at, uint32_t limit) {
    std::vector<std::pair<uint32_t, uint32_t>> found;
    search_.longer_.visit_beginnings(text_.substr(at, limit - 1),
                                     [&](uint32_t size, uint32_t place) { found.emplace_back(size, place); });
    return std::any_of(found.rbegin(), found.rend(), [&](const auto& match) {
      return add_if_good(search_.longer_symbols_[match.second], at, at + match.first);
    });
  }
  bool add_if_good(uint32_t symbol, uint32_t begin, uint32_t end) {
    if (symbol == SymbolTable::kMissing || dead_ends_.has(end)) return false;
    if (tokens_.size() > first_ && !forest_.compatible(tokens_.back().id, symbol)) return false;
    tokens_.push_back({symbol, begin, end});
    return true;
  }

  const SymbolTable& symbols_;
  const MergeForest& forest_;
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
           forest_.compatible(cut.left, cut.right);
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

// Appends the letters of a text, if they are few.
bool TokenSearch::add_letters(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  const size_t first = tokens.size();
  for (uint32_t at = 0; at < text.size();) {
    if (tokens.size() - first == kMostLetters) {
      tokens.resize(first);
      return false;
    }
    uint32_t letter = bytes_[static_cast<unsigned char>(text[at])], size = 1;
    if (letter == SymbolTable::kMissing) {
      size = unicode::decode(text.data() + at).bytes;
      letter = symbols_.find(Window::of(text.substr(at, size)), size);
    }
    tokens.push_back({letter, offset + at, offset + at + size});
    at += size;
  }
  return true;
}

void TokenSearch::encode(std::string_view text, uint32_t offset, WordTokens& tokens) const {
  if (text.size() <= Window::kBytes && add_one_or_two(text, offset, tokens)) return;
  const size_t first = tokens.size();
  if (add_letters(text, offset, tokens)) {
    const size_t letters = tokens.size() - first;
    if (letters <= 8) return ShortMerge<8>(forest_).merge(tokens, first);
    if (letters <= 16) return ShortMerge<16>(forest_).merge(tokens, first);
    return ShortMerge<kMostLetters>(forest_).merge(tokens, first);
  }
  Run(*this, text, tokens).find_symbols();
  for (size_t i = first; i < tokens.size(); ++i) {
    tokens[i] = {forest_.id(tokens[i].id), offset + tokens[i].begin, offset + tokens[i].end};
  }
}

}  // namespace leanformers
