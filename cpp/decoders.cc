#include "decoders.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "byte_level.h"
#include "characters.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

using Tokens = std::vector<std::string>;

// Before each character and at the end: what replacing nothing means in the reference.
void insert_everywhere(std::string& text, std::string_view to) {
  std::string longer;
  for (const char byte : text) {
    if (!unicode::is_continuation(byte)) longer += to;
    longer += byte;
  }
  text = longer.append(to);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return insert_everywhere(text, to);
  if (text.find(from) == std::string::npos) return;
  std::string replaced;
  size_t at = 0;
  for (size_t found; (found = text.find(from, at)) != std::string::npos; at = found + from.size()) {
    replaced.append(text, at, found - at);
    replaced += to;
  }
  replaced.append(text, at);
  text = std::move(replaced);
}

// Takes away the spaces that BERT's splitting put before punctuation and English clitics, as the reference does.
void clean_up(std::string& text) {
  static constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
}

template <typename Map>
void map_codes(std::string& token, Map map) {
  std::string mapped;
  for (size_t at = 0; at < token.size();) {
    const auto [code, bytes] = unicode::decode(token.data() + at);
    at += bytes;
    if (const std::optional<char32_t> to = map(code)) {
      char utf8[4];
      mapped.append(utf8, unicode::encode(*to, utf8));
    }
  }
  token = std::move(mapped);
}

// --- One overload for each decoder ---

void apply_to(const WordPieceDecoder& decoder, Tokens& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    if (i != 0) {
      if (token.starts_with(decoder.prefix)) {
        token.erase(0, decoder.prefix.size());
      } else {
        token.insert(token.begin(), ' ');
      }
    }
    if (decoder.cleanup) clean_up(token);
  }
}

void apply_to(const BpeDecoder& decoder, Tokens& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) replace_all(tokens[i], decoder.suffix, i + 1 == tokens.size() ? "" : " ");
}

// The byte of a token like <0x0A>.
std::optional<char> read_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* end = token.data() + 5;
  const auto [at, error] = std::from_chars(token.data() + 3, end, value, 16);
  return error == std::errc() && at == end ? std::optional(static_cast<char>(value)) : std::nullopt;
}

// Runs of byte tokens become their text; if that is no UTF-8, one U+FFFD for each byte.
void apply_to(const ByteFallback&, Tokens& tokens) {
  Tokens decoded;
  std::string bytes;
  const auto flush = [&] {
    if (bytes.empty()) return;
    if (unicode::is_valid(bytes)) {
      decoded.push_back(bytes);
    } else {
      decoded.insert(decoded.end(), bytes.size(), "\uFFFD");
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const std::optional<char> byte = read_byte(token)) {
      bytes += *byte;
      continue;
    }
    flush();
    decoded.push_back(std::move(token));
  }
  flush();
  tokens = std::move(decoded);
}

// A token with a character that stands for no byte is taken as it is written.
void apply_to(const ByteLevelDecoder&, Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) {
    std::string own;
    bool all = true;
    for (size_t at = 0; at < token.size() && all;) {
      const auto [code, size] = unicode::decode(token.data() + at);
      const std::optional<char> byte = character_to_byte(code);
      all = byte.has_value();
      if (all) own += *byte;
      at += size;
    }
    bytes += all ? own : token;
  }
  tokens.assign(1, unicode::replace_invalid(bytes));
}

void apply_to(const Ctc& decoder, Tokens& tokens) {
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  for (std::string& token : tokens) {
    replace_all(token, decoder.pad_token, "");
    if (!decoder.cleanup) continue;
    clean_up(token);
    replace_all(token, decoder.word_delimiter_token, " ");
  }
  std::erase(tokens, "");
}

void apply_to(const Fuse&, Tokens& tokens) {
  std::string joined;
  for (const std::string& token : tokens) joined += token;
  tokens.assign(1, std::move(joined));
}

// The first token's marks go altogether, unless none were ever put there.
void apply_to(const MetaspaceDecoder& decoder, Tokens& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool drop = i == 0 && decoder.prepend_scheme != Metaspace::PrependScheme::kNever;
    map_codes(tokens[i], [&](char32_t code) -> std::optional<char32_t> {
      if (code != decoder.replacement) return code;
      return drop ? std::nullopt : std::optional(U' ');
    });
  }
}

void apply_to(const ReplaceDecoder& decoder, Tokens& tokens) {
  std::vector<Pattern::Match> matches;
  for (std::string& token : tokens) {
    const std::u32string old = codes(read_characters(token, 0));
    decoder.pattern.find_all(old, matches);
    std::u32string replaced;
    size_t at = 0;
    for (const auto& [begin, end] : matches) {
      replaced.append(old, at, begin - at);
      replaced += decoder.content;
      at = end;
    }
    replaced.append(old, at);
    token = unicode::to_utf8(replaced);
  }
}

void apply_to(const StripDecoder& decoder, Tokens& tokens) {
  for (std::string& token : tokens) {
    const std::u32string text = codes(read_characters(token, 0));
    size_t begin = 0, end = text.size();
    while (begin < text.size() && begin < decoder.start && text[begin] == decoder.content) ++begin;
    while (end > begin && text.size() - end < decoder.stop && text[end - 1] == decoder.content) --end;
    token = unicode::to_utf8(std::u32string_view(text).substr(begin, end - begin));
  }
}

}  // namespace

void decode_chain(std::span<const Decoder> decoders, std::vector<std::string>& tokens) {
  for (const Decoder& decoder : decoders) {
    std::visit([&](const auto& stage) { apply_to(stage, tokens); }, decoder);
  }
}

}  // namespace leanformers
