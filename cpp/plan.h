// A compiled Spec: everything that encode and decode read, immutable, and a pool of workers for what they write.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "added_tokens.h"
#include "buffer.h"
#include "cuts.h"
#include "long_words.h"
#include "medium_words.h"
#include "model/character_table.h"
#include "model/compiled_model.h"
#include "scan/bert.h"
#include "scan/byte_level.h"
#include "scan/character_tokens.h"
#include "scan/class_windows.h"
#include "scan/spaced.h"
#include "scan/word_classes.h"
#include "tokenizer.h"
#include "word_cache.h"

namespace leanformers {

// How many spaces a token begins and ends with.
struct OuterSpaces {
  uint32_t leading, trailing;
};

// The tokens of one sequence, which may stand behind those of others.
struct Sequence {
  Buffer<uint32_t> ids;
  Buffer<Span> spans;     // with details
  Buffer<int32_t> words;  // with details, if they are kept
  bool keeps_words = false;
  size_t begin = 0;  // its first token
  int32_t word_count = 0;
  bool has_long_word = false;      // that became the unknown token for its length alone
  bool has_special_token = false;  // that stood in the text
  bool goes_on = false;            // of a part: it begins with the rest of a stretch, and not with an added token
  // With details: spans of what follows may be shifted too, as in the reference, by what a charsmap has dropped before
  // it kept anything.
  bool may_shift = false;
  // With details, where spans are to be trimmed: tokens that stand as they were found, by rising place in `ids`.
  std::vector<std::pair<size_t, OuterSpaces>> stripped;

  size_t size() const { return ids.size() - begin; }

  // Of the token that was added last: it belongs to the next word.
  void add_word_number() {
    if (keeps_words) words.push_back(word_count);
  }

  void clear() {
    ids.clear();
    spans.clear();
    words.clear();
    begin_next();
  }
  // What is there stays before the tokens of another sequence.
  void begin_next() {
    begin = ids.size();
    word_count = 0;
    has_long_word = has_special_token = goes_on = may_shift = false;
    stripped.clear();
  }
  // Leaves what stands before it.
  void take_back() {
    ids.resize(begin);
    spans.resize(std::min(spans.size(), begin));
    words.resize(std::min(words.size(), begin));
    begin_next();
  }

  // Adds the next part of the text. With `one_word`, a stretch is one to the caller, and may go on in it.
  void append(const Sequence& part, bool one_word);
};

// What one encode call writes to. Workers are lent for a call and keep their memory and their cache between calls.
struct Worker {
  explicit Worker(uint64_t seed) : cache(seed), medium_words(seed), long_words(seed) {}

  WordCache cache;
  MediumWords medium_words;
  LongWords long_words;
  bool knows_words = false;  // of the vocabulary: the cache has been given them (known_words.h)
  CharacterTokens character_tokens;
  BertScratch scratch;
  std::string prefixed;  // a text with a space before it
  std::vector<AddedTokenMatcher::Segment> segments;
  WordTokens tokens;
  WordTokens joined;  // of the parts of a word
  Sequence first, second;
};

class WorkerPool {
 public:
  // Has a worker, so that the first call has it at once.
  WorkerPool();

  // Returns the worker to the pool when it goes.
  using Loan = std::unique_ptr<Worker, struct ReturnToPool>;
  Loan lend() const;

 private:
  friend struct ReturnToPool;
  static std::unique_ptr<Worker> make();
  std::unique_lock<std::mutex> lock() const;

  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Worker>> free_;
};

struct ReturnToPool {
  const WorkerPool* pool;
  void operator()(Worker* worker) const;
};

// Calls `use` with the TokenTable of a model.
template <typename Use>
auto use_tokens(const Model& model, const Use& use) {
  return std::visit(
      [&use](const auto& any) {
        if constexpr (requires { any.pieces; }) {
          return use(any.pieces);
        } else {
          return use(any.vocab);
        }
      },
      model);
}

// Calls `visit(token, id)` for each token of a model's vocabulary.
template <typename Visit>
void for_each_token(const Model& model, const Visit& visit) {
  use_tokens(model, [&visit](const auto& tokens) {
    for (size_t place = 0; place < tokens.size(); ++place) {
      const auto [token, value] = tokens[place];
      if constexpr (std::is_same_v<decltype(value), const uint32_t>) {
        visit(token, value);
      } else {
        visit(token, static_cast<uint32_t>(place));
      }
    }
  });
}

struct Plan {
  Plan(Spec from, bool fused, const CompiledModel* compiled);

  Spec spec;
  std::vector<std::string_view> tokens;  // the model's id -> token; ids may be sparse: null where there is none
  decltype(CompiledModel::model) model;
  // Null: new words are tokenized one by one.
  const TokenSearch* search_of_words() const {
    const auto* const bpe = std::get_if<BpeModel>(&model);
    return bpe != nullptr ? bpe->search_of_words() : nullptr;
  }

  std::unordered_map<uint32_t, std::string> added_by_id;  // as it is written: normalized where it is found so
  std::unordered_map<std::string_view, const AddedToken*> added_by_content;
  std::unordered_set<std::string_view> special;  // contents that skip_special_tokens leaves out

  AddedTokenMatcher verbatim;    // looked for in the text as it comes
  AddedTokenMatcher normalized;  // looked for after normalization

  std::shared_ptr<const Template> with_special_tokens, without_special_tokens;

  std::shared_ptr<const BertTable> bert;     // a fused scan; null: another one, or the general pipeline
  std::optional<ByteLevelSplit> byte_level;  // likewise
  std::optional<SpacedText> spaced;          // likewise
  std::optional<WordClasses> word_classes;   // likewise
  std::optional<ClassWindows> windows;       // of these classes, where they fit
  std::optional<CharacterTable> characters;  // where each character is a word: the tokens of those that have one
  Cuts cuts;                                 // of long texts
  std::vector<std::string> explanation;
  uint32_t longest_word = UINT32_MAX;  // in characters; what is longer becomes the unknown token

  WorkerPool workers;

  // The model's own; Vocabulary::kMissing: it has no such token.
  uint32_t find(std::string_view token) const {
    return use_tokens(spec.model, [token](const auto& tokens) { return tokens.find(token); });
  }

  // If not, a stretch that `spaced` cuts has no added token.
  bool may_have_normalized_token(std::string_view text) const {
    for (const std::string& part : parts_of_normalized_) {
      if (text.find(part) != text.npos) return true;
    }
    return false;
  }

  // How many spaces, as byte-level tokens write them or not, a token begins and ends with.
  static OuterSpaces outer_spaces(std::string_view token);

 private:
  void index_added_tokens();
  void choose_path(bool fused);
  bool choose_byte_level();
  bool choose_spaced(std::string& why_not);
  bool choose_word_classes(std::string& why_not);
  void index_characters();

  // Some of what each added token that is looked for in normalized text has, and has in the text as it comes.
  std::vector<std::string> parts_of_normalized_;
};

}  // namespace leanformers
