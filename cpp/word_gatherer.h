// Gathers words that are to be looked up in the caches together, so that their entries are on their way when they are
// looked at, and writes the tokens of those that are known.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "gathered_word.h"
#include "plan.h"
#include "simd/instructions.h"
#include "token_writer.h"

namespace leanformers {

template <bool kDetails>
class WordGatherer {
 public:
  static constexpr size_t kRoom = GatheredWords::kRoom;

  // The words of texts go to `out`.
  explicit WordGatherer(const Sequence& out)
      : functions_(instructions().words[static_cast<size_t>(details_of<kDetails>(out))]) {}

  // Words that come are those of a text with this end.
  void begin_text(const char* end) { end_ = end; }
  // There is room for an end.
  void end_text() { ends_[texts_++] = static_cast<uint16_t>(count_); }
  bool has_room_for_end() const { return texts_ < kRoom; }
  // For each text that has ended, how many words there were then.
  std::span<const uint16_t> ends() const { return {ends_.data(), texts_}; }

  // From now on words are looked up in this table, until its next change.
  void begin(const WordTable& table) {
    table_ = table;
    count_ = texts_ = 0;
  }

  size_t count() const { return count_; }
  bool has_room(size_t words) const { return kRoom - count_ >= words; }
  void forget_from(size_t number) { count_ = number; }
  GatheredWord operator[](size_t number) const { return {words_, number}; }

  // The key of a short word.
  WordKey key_of(std::string_view word) const { return WordCache::key(word, end_ - word.data() >= 16); }

  // A short word, which has this key.
  void put(std::string_view word, const WordKey& key, uint32_t character) {
    const uint32_t place = table_.place(key);
    __builtin_prefetch(table_.at(place));
    put_other(word, key, character, place);
  }
  // A word whose key says where else it is to be looked up.
  void put_other(std::string_view word, const WordKey& key, uint32_t character, uint32_t place = 0) {
    words_.places[count_] = place;
    // One by one: a key copied as a whole is read from the stack before it has got there.
    words_.keys[count_].low = key.low;
    words_.keys[count_].high = key.high;
    words_.begins[count_] = word.data();
    if constexpr (kDetails) words_.characters[count_] = character;
    ++count_;
  }
  // The words of a window, for which there is room. `key_of_other(word)` gives the key of one that is not short.
  template <typename KeyOfOther>
  void put(const WindowWords& window, const KeyOfOther& key_of_other) {
    if (window.lasts == 0) return;
    const size_t first = std::exchange(count_, functions_.put(window, table_, words_, count_));
    for (uint64_t others = words_.others; others != 0; others &= others - 1) [[unlikely]] {
      const auto number = static_cast<size_t>(std::countr_zero(others));
      const std::string_view word(words_.begins[first + number], words_.sizes[number]);
      words_.keys[first + number] = key_of_other(word);
      words_.places[first + number] = 0;
    }
  }

  // Writes the tokens of words [first, end), up to the first one that is not known at its place, and returns its
  // number.
  size_t write(size_t first, size_t end, const WordTable& table, const MediumTable& medium,
               TokenWriter<kDetails>& writer) const {
    writer.make_room((end - first) * TokenWriter<kDetails>::kRoomOfWord);
    TokenColumns& to = writer.columns();
    // The next lines that will be written to.
    constexpr size_t kAhead = 160, kLine = 16;
    for (size_t i = 0; i < 2; ++i) __builtin_prefetch(to.ids + to.count + kAhead + kLine * i, 1);
    return functions_.write(words_, first, end, table, medium, to);
  }
  using Numbers = std::array<uint16_t, kRoom>;
  // The short words from `first` on that are not at their place.
  std::span<const uint16_t> find_new(size_t first, const WordTable& table, Numbers& numbers) const {
    return {numbers.data(), functions_.find_new(words_, first, count_, table, numbers.data())};
  }
  const WordKey& key(size_t number) const { return words_.keys[number]; }
  uint32_t place(size_t number) const { return words_.places[number]; }

 private:
  const char* end_ = nullptr;
  const WordFunctions functions_;
  WordTable table_{};
  size_t count_ = 0, texts_ = 0;
  std::array<uint16_t, kRoom> ends_;
  GatheredWords words_;
};

}  // namespace leanformers
