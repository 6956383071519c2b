#include "unicode/graphemes.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace leanformers {
namespace {

enum Class : uint8_t {
  kOther,
  kControl,
  kExtend,
  kConjunctExtend,  // an Extend that may stand inside a conjunct
  kLinker,          // the Extend that makes a conjunct of two consonants
  kJoiner,
  kSpacingMark,
  kPrepend,
  kLead,
  kVowel,
  kTrail,
  kLeadVowel,
  kLeadVowelTrail,
  kPictographic,
  kConsonant,
};
struct Range {
  char32_t first, last;
  Class value;
};

#include "unicode/grapheme_tables.inc"

Class class_of(char32_t code) {
  if (0x20 <= code && code < 0x7F) return kOther;
  if (code == 0) return kControl;
  const auto after = std::upper_bound(std::begin(kGraphemes), std::end(kGraphemes), code,
                                      [](char32_t wanted, const Range& range) { return wanted < range.first; });
  if (after == std::begin(kGraphemes)) return kOther;
  const Range& range = *std::prev(after);
  return code <= range.last ? range.value : kOther;
}

bool extends(Class c) { return c == kExtend || c == kConjunctExtend || c == kLinker; }

bool hangul_goes_on(Class before, Class after) {
  switch (before) {
    case kLead:
      return after == kLead || after == kVowel || after == kLeadVowel || after == kLeadVowelTrail;
    case kLeadVowel:
    case kVowel:
      return after == kVowel || after == kTrail;
    case kLeadVowelTrail:
    case kTrail:
      return after == kTrail;
    default:
      return false;
  }
}

// What has been read of a cluster, as far as it decides whether the cluster goes on.
class Cluster {
 public:
  explicit Cluster(Class first) { take(first); }

  bool goes_on(Class next) const {
    if (last_ == kControl || next == kControl) return false;
    if (extends(next) || next == kJoiner || next == kSpacingMark || last_ == kPrepend) return true;
    if (next == kConsonant && conjunct_ == Conjunct::kLinked) return true;
    if (next == kPictographic && emoji_ == Emoji::kJoined) return true;
    return hangul_goes_on(last_, next);
  }

  void take(Class next) {
    if (next == kConsonant) {
      conjunct_ = Conjunct::kBegun;
    } else if (next == kLinker && conjunct_ != Conjunct::kNone) {
      conjunct_ = Conjunct::kLinked;
    } else if (next != kConjunctExtend && next != kLinker && next != kJoiner) {
      conjunct_ = Conjunct::kNone;
    }
    if (next == kPictographic) {
      emoji_ = Emoji::kBegun;
    } else if (next == kJoiner && emoji_ == Emoji::kBegun) {
      emoji_ = Emoji::kJoined;
    } else if (!extends(next) || emoji_ == Emoji::kJoined) {
      emoji_ = Emoji::kNone;
    }
    last_ = next;
  }

 private:
  enum class Conjunct : uint8_t { kNone, kBegun, kLinked };
  enum class Emoji : uint8_t { kNone, kBegun, kJoined };
  Class last_ = kOther;
  Conjunct conjunct_ = Conjunct::kNone;
  Emoji emoji_ = Emoji::kNone;
};

}  // namespace

void visit_joining(const std::function<void(char32_t first, char32_t last, Joining joining)>& visit) {
  for (const auto& [first, last, value] : kGraphemes) {
    if (extends(value) || value == kJoiner || value == kSpacingMark) visit(first, last, Joining::kExtends);
    if (value == kPrepend) visit(first, last, Joining::kPrepends);
    if (value == kLead || value == kVowel || value == kTrail) visit(first, last, Joining::kConjoins);
  }
}

size_t cluster_end(std::span<const Character> text, size_t begin) {
  size_t end = begin + 1;
  if (end == text.size()) return end;
  if (text[begin].code == U'\r' && text[end].code == U'\n') return end + 1;
  Cluster cluster(class_of(text[begin].code));
  for (; end < text.size(); ++end) {
    const Class next = class_of(text[end].code);
    if (!cluster.goes_on(next)) break;
    cluster.take(next);
  }
  return end;
}

}  // namespace leanformers
