#include "known_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "byte_level.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

// Those of large vocabularies that come first: these are the most frequent ones.
constexpr size_t kMostWords = size_t{1} << 15;

// Places in the cache are far apart in memory: those of a block are on their way while the next words are read.
class Block {
 public:
  explicit Block(WordCache& cache) : cache_(cache) {}
  ~Block() { write(); }

  void add(std::string_view word, uint32_t id) {
    const WordCache::Key key = WordCache::key(word, false);
    cache_.prefetch(key);
    words_[count_] = {key, id, static_cast<uint8_t>(unicode::count_characters(word))};
    if (++count_ == words_.size()) write();
  }

 private:
  struct Word {
    WordCache::Key key;
    uint32_t id;
    uint8_t characters;
  };
  void write() {
    for (size_t i = 0; i < count_; ++i) cache_.insert_token(words_[i].key, words_[i].id, words_[i].characters);
    count_ = 0;
  }

  WordCache& cache_;
  std::array<Word, 32> words_;
  size_t count_ = 0;
};

// The bytes that the characters of a byte-level token stand for.
class Bytes {
 public:
  // Null when there are too many, or a character stands for none.
  std::string_view read(std::string_view token) {
    size_t size = 0;
    for (size_t at = 0; at < token.size(); ++size) {
      if (size == bytes_.size()) return {};
      const char first = token[at];
      if ('!' <= first && first <= '~') {
        bytes_[size] = first;
        ++at;
      } else {
        const auto [code, bytes] = unicode::decode(token.data() + at);
        const std::optional<char> byte = character_to_byte(code);
        if (!byte) return {};
        bytes_[size] = *byte;
        at += bytes;
      }
    }
    return {bytes_.data(), size};
  }

 private:
  std::array<char, WordCache::kMaxBytes> bytes_;
};

// Reads tokens: the word of the text that has one as its only token, or null.
class WordPieceWords {
 public:
  WordPieceWords(const Plan& plan, const WordPiece&) : plan_(plan) {}
  // Words of letters and digits, which are known by their bytes in lower case.
  std::string_view read(std::string_view token, uint32_t) const {
    const auto stays = [this](char byte) {
      const bool alphanumeric = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
      return alphanumeric && plan_.bert->byte_form(byte) == byte;
    };
    return token.size() <= plan_.longest_word && std::all_of(token.begin(), token.end(), stays) ? token : "";
  }

 private:
  const Plan& plan_;
};

class BpeWords {
 public:
  BpeWords(const Plan& plan, const Bpe&)
      : model_(std::get<BpeModel>(plan.model)), byte_level_(plan.byte_level.has_value()) {}
  std::string_view read(std::string_view token, uint32_t id) {
    if (!model_.keeps(id)) return {};
    return byte_level_ ? bytes_.read(token) : token;
  }

 private:
  const BpeModel& model_;
  bool byte_level_;
  Bytes bytes_;
};

template <typename Words, typename Settings>
void remember(const Plan& plan, const Settings& settings, WordCache& cache) {
  // Of equal tokens the last one counts, which the cache does not know.
  if (settings.vocab.distinct() != settings.vocab.size()) return;
  cache.prepare();
  cache.reserve(2 * std::min(settings.vocab.size(), kMostWords));
  Block block(cache);
  Words words(plan, settings);
  size_t left = kMostWords;
  for (const auto& [token, id] : settings.vocab) {
    const std::string_view word = words.read(token, id);
    if (word.empty() || word.size() > WordCache::kMaxBytes) continue;
    block.add(word, id);
    if (--left == 0) break;
  }
}

}  // namespace

void remember_known_words(const Plan& plan, Worker& worker) {
  worker.knows_words = true;
  const auto* bpe = std::get_if<Bpe>(&plan.spec.model);
  const bool as_written = plan.byte_level || (plan.word_classes && !plan.word_classes->has_normalizers());
  if (plan.bert) {
    remember<WordPieceWords>(plan, std::get<WordPiece>(plan.spec.model), worker.cache);
  } else if (bpe != nullptr && as_written) {
    remember<BpeWords>(plan, *bpe, worker.cache);
  }
}

}  // namespace leanformers
