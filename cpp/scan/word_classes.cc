#include "scan/word_classes.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "scan/alone.h"
#include "scan/ascii_letters.h"
#include "scan/character_pattern.h"

namespace leanformers {
namespace {

constexpr std::string_view kSpaces = " \t\n\v\f\r";  // ASCII's White_Space

bool is_white_space(char32_t code) { return unicode::has(code, unicode::kWhiteSpace); }

// Sorts all characters by one pre-tokenizer after the other.
class ClassReader {
 public:
  ClassReader() : classes_(unicode::kScalarEnd, WordClasses::kFirstRun) {}

  // False: it looks at more than classes.
  bool read(const PreTokenizer& stage) {
    return std::visit([this](const auto& each) { return read(each); }, stage);
  }
  std::vector<uint8_t> take() { return std::move(classes_); }

 private:
  using Behavior = SplitBehavior;

  bool read(const BertPreTokenizer&) {
    return refine([](char32_t code) -> uint8_t {
      const uint16_t properties = unicode::properties(code);
      if ((properties & unicode::kWhiteSpace) != 0) return kGap;
      return (properties & unicode::kBertPunctuation) != 0 ? kIsolated : kRest;
    });
  }
  bool read(const WhitespaceSplit&) {
    return refine([](char32_t code) { return is_white_space(code) ? kGap : kRest; });
  }
  bool read(const Whitespace&) {
    return refine([](char32_t code) -> uint8_t {
      const uint16_t properties = unicode::properties(code);
      if ((properties & unicode::kWord) != 0) return kRest + 1;
      return (properties & unicode::kWhiteSpace) != 0 ? kGap : kRest;
    });
  }
  bool read(const Punctuation& stage) {
    return split([](char32_t code) { return unicode::has(code, unicode::kBertPunctuation); }, stage.behavior);
  }
  bool read(const Digits& stage) {
    const auto is_numeric = [](char32_t code) { return unicode::has(code, unicode::kNumeric); };
    return split(is_numeric, stage.individual_digits ? Behavior::kIsolated : Behavior::kContiguous);
  }
  bool read(const CharDelimiterSplit& stage) {
    return split([&](char32_t code) { return code == stage.delimiter; }, Behavior::kRemoved);
  }
  bool read(const FixedLength& stage) {
    return stage.length == 1 && refine([](char32_t) { return kIsolated; });
  }

  bool read(const Split& stage) {
    if (!stage.pattern.is_regex() && stage.pattern.source().empty()) {  // found between all characters
      return !stage.invert && refine([](char32_t) { return kIsolated; });
    }
    const auto runs = read_character_pattern(stage.pattern);
    if (!runs || stage.behavior == Behavior::kMergedWithNext || stage.behavior == Behavior::kMergedWithPrevious) {
      return false;
    }
    // Of what is between the matches, and of each alternative.
    const bool removed = stage.behavior == Behavior::kRemoved, joined = stage.behavior == Behavior::kContiguous;
    std::vector<uint8_t> kinds(unicode::kScalarEnd, removed && stage.invert ? kGap : kRest);
    uint8_t next = kRest;
    regex::CharacterSet all, several;
    for (const CharacterRun& run : *runs) {
      if (!run.is_single() && !run.is_whole()) return false;
      several.add(common(all, run.set));
      all.add(run.set);
      if (!joined || next == kRest) ++next;
      const uint8_t word = run.is_single() && !joined ? kIsolated : next;
      const uint8_t kind = removed && !stage.invert ? kGap : word;
      for (const auto& [first, last] : run.set.ranges()) std::fill(&kinds[first], &kinds[last] + 1, kind);
    }
    for (const auto& [first, last] : several.ranges()) std::fill(&kinds[first], &kinds[last] + 1, kDependent);
    // Runs that such characters belong to must not reach beyond white space.
    const bool ends = std::ranges::all_of(*runs, [&](const CharacterRun& run) {
      return common(run.set, several).ranges().empty() || common(run.set, white_space()).ranges().empty();
    });
    return ends && runs->size() < 100 && refine([&](char32_t code) { return kinds[code]; });
  }

  template <typename Other>
  bool read(const Other&) {
    return false;
  }

  template <typename Predicate>
  bool split(const Predicate& is_match, Behavior behavior) {
    if (behavior == Behavior::kMergedWithNext || behavior == Behavior::kMergedWithPrevious) return false;
    const uint8_t match = behavior == Behavior::kRemoved      ? kGap
                          : behavior == Behavior::kContiguous ? static_cast<uint8_t>(kRest + 1)
                                                              : kIsolated;
    return refine([&](char32_t code) { return is_match(code) ? match : kRest; });
  }

  static constexpr uint8_t kGap = WordClasses::kGap, kIsolated = WordClasses::kIsolated,
                           kDependent = WordClasses::kDependent, kRest = WordClasses::kFirstRun;

  static regex::CharacterSet white_space() { return regex::find_property("space").value(); }

  // The class of what to some stage is in no run.
  static uint8_t joined(uint8_t a, uint8_t b) {
    for (const uint8_t kind : {kGap, kDependent}) {
      if (a == kind || b == kind) return kind;
    }
    return kIsolated;
  }

  // Characters that were of one class and are of several to this stage get one for each.
  template <typename KindOf>
  bool refine(const KindOf& kind_of) {
    std::array<std::array<uint8_t, 256>, WordClasses::kMostClasses> numbers{};
    size_t next = kRest;
    uint8_t last_own = 0, last_kind = 0, last_number = kGap;  // neighbours are alike
    for (char32_t code = 0; code < unicode::kScalarEnd; ++code) {
      uint8_t& own = classes_[code];
      const uint8_t kind = kind_of(code);
      if (code == 0 || own != last_own || kind != last_kind) {
        last_own = own;
        last_kind = kind;
        const bool in_run = std::min(own, kind) >= kRest;
        uint8_t& number = numbers[own][kind];
        if (in_run && number == 0 && next == WordClasses::kMostClasses) return false;
        if (in_run && number == 0) number = static_cast<uint8_t>(next++);
        last_number = in_run ? number : joined(own, kind);
      }
      own = last_number;
    }
    return true;
  }

  std::vector<uint8_t> classes_;
};

// The class of a text that a character becomes.
uint8_t class_of(std::u32string_view text, const std::vector<uint8_t>& classes) {
  if (text.empty()) return WordClasses::kDropped;
  const auto is_gap = [&](char32_t code) { return classes[code] == WordClasses::kGap; };
  const size_t begin = std::ranges::find_if_not(text, is_gap) - text.begin();
  if (begin == text.size()) return WordClasses::kGap;
  const size_t end = text.rend() - std::find_if_not(text.rbegin(), text.rend(), is_gap);
  const std::u32string_view word = text.substr(begin, end - begin);
  const uint8_t kind = classes[word[0]];
  const bool alike = std::ranges::all_of(word, [&](char32_t code) { return classes[code] == kind; });
  if (!alike || kind == WordClasses::kDependent || (kind == WordClasses::kIsolated && word.size() > 1))
    return WordClasses::kDependent;
  if (word.size() == text.size()) return kind;
  const bool both_sides = begin > 0 && end < text.size();
  return both_sides || kind == WordClasses::kIsolated ? WordClasses::kIsolated : WordClasses::kDependent;
}

}  // namespace

std::optional<WordClasses> WordClasses::read(const Spec& spec, std::string& why_not) {
  const auto is_metaspace = [](const PreTokenizer& stage) { return std::holds_alternative<Metaspace>(stage); };
  // Marks for spaces are for another scan, which has told what hinders it.
  if (spec.pre_tokenizers.empty() || std::ranges::any_of(spec.pre_tokenizers, is_metaspace)) return std::nullopt;
  ClassReader reader;
  for (const PreTokenizer& stage : spec.pre_tokenizers) {
    if (!reader.read(stage)) {
      why_not = "its pre-tokenizers look at more than the classes of characters";
      return std::nullopt;
    }
  }
  const std::vector<uint8_t> classes = reader.take();
  const auto normalizers = LoneNormalizers::read(spec.normalizers);
  if (!normalizers) {
    why_not = "one of its normalizers has no scan";
    return std::nullopt;
  }
  bool are_gaps = true;
  normalizers->visit_gaps([&](const std::optional<std::u32string>& text) {
    are_gaps = are_gaps && text && (text->empty() || class_of(*text, classes) == kGap);
  });
  if (!are_gaps) {
    why_not = "its normalizers look at several characters in a row";
    return std::nullopt;
  }
  WordClasses result;
  result.has_normalizers_ = !spec.normalizers.empty();
  std::vector<uint8_t> entries = classes;
  for (char32_t code = 0; result.has_normalizers_ && code < unicode::kScalarEnd; ++code) {
    if (!normalizers->may_change(code)) continue;
    const auto text = normalizers->normalize(code);
    if (!text) {
      entries[code] = kDependent | kChanges;
    } else if (text->size() != 1 || text->front() != code) {
      entries[code] = class_of(*text, classes) | kChanges;
      char bytes[4];
      const uint32_t size = unicode::encode(code, bytes);
      result.growth_ = std::max(result.growth_, (static_cast<uint32_t>(text->size()) + size - 1) / size);
    }
  }
  for (const char space : kSpaces) {
    const auto code = static_cast<unsigned char>(space);
    const auto text = normalizers->normalize(code);
    const bool is_apart = entries[code] == kGap || entries[code] == (kGap | kChanges) || entries[code] == kIsolated;
    result.barriers_[code] = is_apart && text && std::ranges::all_of(*text, is_white_space);
  }
  result.set_entries(entries);
  return result;
}

void WordClasses::set_entries(const std::vector<uint8_t>& entries) {
  std::map<std::string_view, uint16_t> pages;
  for (size_t page = 0; page < page_of_.size(); ++page) {
    const uint8_t* const first = &entries[page * kPage];
    const std::string_view bytes(reinterpret_cast<const char*>(first), kPage);
    const auto [found, is_new] = pages.emplace(bytes, static_cast<uint16_t>(pages.size()));
    page_of_[page] = found->second;
    if (is_new) entries_.insert(entries_.end(), first, first + kPage);
  }
  for (size_t code = 0; code < ascii_.size(); ++code) ascii_[code] = of(static_cast<char32_t>(code));
  const auto same_as_a = [this](char32_t code) { return of(code) == of(U'a'); };
  bool alike = of(U'a') >= kFirstRun;
  for (char32_t i = 0; i < 26; ++i) alike = alike && same_as_a(U'a' + i) && same_as_a(U'A' + i);
  letters_ = alike ? of(U'a') : uint8_t{kGap};
  for (const uint8_t entry : entries_) {
    const uint8_t kind = entry & ~kChanges;
    has_dependent_ = has_dependent_ || kind == kDependent;
    has_runs_ = has_runs_ || kind >= kFirstRun;
  }
}

bool WordClasses::changes(std::string_view word) const {
  if (!has_normalizers_) return false;
  for (size_t at = 0; at < word.size();) {
    const auto [code, bytes] = unicode::decode(word.data() + at);
    if (changes(code)) return true;
    at += bytes;
  }
  return false;
}

const char* WordClasses::run_end(const char* at, const char* end, uint8_t kind) const {
  while (at < end) {
    if (kind == letters_) {
      at = skip_ascii_letters(at, end);
      if (at == end) break;
    }
    const Character next = look(at);
    if (next.kind != kind && next.kind != kDropped) break;
    at += next.bytes;
  }
  return at;
}

}  // namespace leanformers
