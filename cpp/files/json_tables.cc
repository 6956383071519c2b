#include "files/json_tables.h"

#include <charconv>

#include "decimal.h"
#include "unicode/unicode.h"

namespace leanformers {

namespace {

// The text is not as expected.
struct Unexpected {};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  JsonTables read() {
    bool found = false;
    read_object([&](std::string_view name) {
      if (name != "model") return skip_value();
      if (found) throw Unexpected();
      found = true;
      read_object([&](std::string_view field) {
        if (field == "vocab") {
          tables_.vocab_place = read_table(tables_.vocab_place, [&] {
            peek() == '{' ? void(tables_.vocabulary = read_vocabulary()) : read_pieces();
          });
        } else if (field == "merges") {
          tables_.merges_place = read_table(tables_.merges_place, [&] { read_merges(); });
        } else {
          skip_value();
        }
      });
    });
    if (peek() != '\0' || !found) throw Unexpected();
    return std::move(tables_);
  }

  Vocabulary read_only_vocabulary() {
    Vocabulary vocabulary = read_vocabulary();
    if (peek() != '\0') throw Unexpected();
    return vocabulary;
  }

 private:
  // --- The tables ---

  template <class Read>
  JsonTables::Place read_table(JsonTables::Place before, Read read) {
    if (before.end != 0) throw Unexpected();
    peek();
    const size_t begin = at_;
    read();
    return {begin, at_};
  }

  Vocabulary read_vocabulary() {
    StringList<uint32_t> tokens;
    read_object([&](std::string_view token) { tokens.add(token, read_id()); });
    Vocabulary vocabulary(std::move(tokens));
    if (vocabulary.distinct() != vocabulary.size()) throw Unexpected();
    return vocabulary;
  }

  void read_pieces() {
    StringList<double> pieces;
    read_list([&] {
      expect('[');
      const std::string_view piece = read_string();
      expect(',');
      pieces.add(piece, read_number(read_score));
      expect(']');
    });
    tables_.pieces.emplace(std::move(pieces));
  }

  void read_merges() {
    StringList<uint32_t> merges;
    bool joined = true;
    std::string both;
    read_list([&] {
      if (merges.empty()) joined = peek() == '"';
      size_t left;
      if (joined) {
        both = read_string();
        left = both.find(' ');
        if (left == std::string::npos || both.find(' ', left + 1) != std::string::npos) throw Unexpected();
        both.erase(left, 1);
      } else {
        expect('[');
        both = read_string();
        left = both.size();
        expect(',');
        both += read_string();
        expect(']');
      }
      merges.add(both, static_cast<uint32_t>(left));
    });
    tables_.merges = MergesTable{MergeList(std::move(merges)), joined};
  }

  // --- JSON ---

  // The next character that is no white space; NUL at the end.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  char next() {
    if (at_ == text_.size()) throw Unexpected();
    return text_[at_++];
  }

  void expect(char character) {
    if (peek() != character) throw Unexpected();
    ++at_;
  }

  // Calls `read` where each item begins.
  template <class Read>
  void read_items(char open, char close, Read read) {
    expect(open);
    if (peek() == close) {
      ++at_;
      return;
    }
    for (;;) {
      read();
      if (peek() == close) break;
      expect(',');
    }
    ++at_;
  }
  template <class Read>
  void read_list(Read read) {
    read_items('[', ']', read);
  }
  template <class Read>
  void read_object(Read read) {
    read_items('{', '}', [&] {
      const std::string_view name = read_string();
      expect(':');
      read(name);
    });
  }

  // Goes on to behind a value, of which only strings and brackets are looked at.
  void skip_value() {
    size_t depth = 0;
    do {
      switch (peek()) {
        case '"':
          skip_string();
          break;
        case '{':
        case '[':
          ++depth;
          ++at_;
          break;
        case '}':
        case ']':
          if (depth == 0) throw Unexpected();
          --depth;
          ++at_;
          break;
        case '\0':
          throw Unexpected();
        default:
          if (depth == 0) {
            at_ = std::min(text_.find_first_of(",}] \n\r\t", at_), text_.size());
          } else {
            ++at_;
          }
      }
    } while (depth > 0);
  }

  void skip_string() {
    ++at_;
    for (char character = next(); character != '"'; character = next()) {
      if (character == '\\') next();
    }
  }

  // Up to the next string with an escape, which is put together in `unescaped_`, it is a part of the text.
  std::string_view read_string() {
    expect('"');
    const size_t first = at_;
    skip_characters();
    if (at_ < text_.size() && text_[at_] == '"') return checked(text_.substr(first, at_++ - first));
    unescaped_.assign(text_, first, at_ - first);
    for (;;) {
      const char character = next();
      if (character == '"') return checked(unescaped_);
      if (character != '\\') throw Unexpected();
      read_escape(unescaped_);
      const size_t begin = at_;
      skip_characters();
      unescaped_.append(text_, begin, at_ - begin);
    }
  }

  // Those that stand for themselves in a string.
  void skip_characters() {
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= ' ')
      ++at_;
  }

  static std::string_view checked(std::string_view string) {
    if (!unicode::is_valid(string)) throw Unexpected();
    return string;
  }

  void read_escape(std::string& out) {
    static constexpr std::string_view kNames = "\"\\/bfnrt", kCharacters = "\"\\/\b\f\n\r\t";
    const char name = next();
    if (const size_t found = kNames.find(name); found != std::string_view::npos) {
      out += kCharacters[found];
      return;
    }
    if (name != 'u') throw Unexpected();
    char32_t code = read_four_digits();
    if (0xD800 <= code && code < 0xDC00) {
      if (next() != '\\' || next() != 'u') throw Unexpected();
      const char32_t low = read_four_digits();
      if (low < 0xDC00 || low > 0xDFFF) throw Unexpected();
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (0xDC00 <= code && code < 0xE000) {
      throw Unexpected();
    }
    char utf8[4];
    out.append(utf8, unicode::encode(code, utf8));
  }

  char32_t read_four_digits() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const char digit = next();
      uint32_t value = 0;
      if (std::from_chars(&digit, &digit + 1, value, 16).ec != std::errc()) throw Unexpected();
      code = code * 16 + value;
    }
    return code;
  }

  // Behind white space.
  template <class Value>
  Value read_number(std::optional<Value> (*read)(std::string_view&)) {
    peek();
    std::string_view rest = text_.substr(at_);
    const std::optional<Value> number = read(rest);
    if (!number) throw Unexpected();
    at_ = text_.size() - rest.size();
    return *number;
  }

  uint32_t read_id() {
    const Decimal id = read_number(read_whole);
    const bool whole = peek() != '.' && peek() != 'e' && peek() != 'E';
    if (!whole || id.dropped > 0 || id.number > UINT32_MAX) throw Unexpected();
    return static_cast<uint32_t>(id.number);
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string unescaped_;
  JsonTables tables_;
};

template <class Read>
auto read_text(std::string_view text, Read read) -> std::optional<decltype(read(std::declval<Reader&>()))> {
  if (text.size() >= UINT32_MAX) return std::nullopt;  // more than a StringList takes
  Reader reader(text);
  try {
    return read(reader);
  } catch (const Unexpected&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<JsonTables> read_json_tables(std::string_view text) {
  return read_text(text, [](Reader& reader) { return reader.read(); });
}

std::optional<Vocabulary> read_json_vocabulary(std::string_view text) {
  return read_text(text, [](Reader& reader) { return reader.read_only_vocabulary(); });
}

}  // namespace leanformers
