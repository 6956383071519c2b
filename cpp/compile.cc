// From a Spec to a Plan: indexes, checks, and the choice between a fused path and the general pipeline.
#include <algorithm>
#include <random>
#include <stdexcept>
#include <thread>

#include "byte_level.h"
#include "characters.h"
#include "normalizers.h"
#include "plan.h"
#include "pre_tokenizers.h"
#include "scan/alone.h"
#include "template.h"
#include "unicode/unicode.h"

namespace leanformers {
namespace {

// Ids are indexes of a table; beyond this they are a damaged file rather than a vocabulary.
constexpr uint32_t kMaxId = 1 << 24;

CompiledModel compile_model(const Model& model) {
  struct Compile {
    CompiledModel operator()(const WordPiece& settings) const { return {WordPieceModel(settings)}; }
    CompiledModel operator()(const Bpe& settings) const { return {BpeModel(settings)}; }
    CompiledModel operator()(const Unigram& settings) const { return {UnigramModel(settings)}; }
    CompiledModel operator()(const WordLevel& settings) const { return {WordLevelModel(settings)}; }
  };
  return std::visit(Compile{}, model);
}

std::vector<std::string_view> tokens_by_id(const Model& model) {
  std::vector<std::string_view> tokens(use_tokens(model, [](const auto& table) { return table.size(); }));
  for_each_token(model, [&tokens](std::string_view token, uint32_t id) {
    if (id > kMaxId) {
      throw std::invalid_argument("token \"" + std::string(token) + "\" has the id " + std::to_string(id) +
                                  ", which is too large");
    }
    if (id >= tokens.size()) tokens.resize(id + 1);
    tokens[id] = token;
  });
  return tokens;
}

const char* name_of(const Model& model) {
  static constexpr const char* kNames[] = {"WordPiece", "BPE", "Unigram", "WordLevel"};
  return kNames[model.index()];
}

}  // namespace

Plan::Plan(Spec from, bool fused, const CompiledModel* compiled)
    : spec(std::move(from)),
      tokens(tokens_by_id(spec.model)),
      model(compiled != nullptr ? compiled->model : compile_model(spec.model).model) {
  if (model.index() != spec.model.index()) throw std::invalid_argument("the compiled model is of another kind");
  index_added_tokens();
  if (const auto* settings = std::get_if<WordPiece>(&spec.model)) longest_word = settings->max_input_chars_per_word;
  const Template full = spec.post_processor.value_or(plain_template());
  with_special_tokens = std::make_shared<const Template>(full);
  without_special_tokens = std::make_shared<const Template>(leanformers::without_special_tokens(full));
  choose_path(fused);
  cuts = Cuts::read(*this);
  explanation.push_back("long texts: " + (cuts.why_not.empty() ? "cut between words, for several threads"
                                                               : "one thread each, because " + cuts.why_not));
}

void Plan::index_added_tokens() {
  std::vector<const AddedToken*> verbatim_tokens, normalized_tokens;
  std::vector<std::string> verbatim_patterns, normalized_patterns;
  for (AddedToken& token : spec.added_tokens) {
    // The model's own id wins over the one that the file gives.
    if (const uint32_t id = find(token.content); id != Vocabulary::kMissing) token.id = id;
    added_by_content.emplace(token.content, &token);
    if (token.special) special.insert(token.content);
    const std::string pattern = token.normalized ? normalize(spec.normalizers, token.content) : token.content;
    added_by_id.emplace(token.id, pattern);
    (token.normalized ? normalized_tokens : verbatim_tokens).push_back(&token);
    (token.normalized ? normalized_patterns : verbatim_patterns).push_back(pattern);
  }
  verbatim = AddedTokenMatcher(std::move(verbatim_tokens), std::move(verbatim_patterns));
  normalized = AddedTokenMatcher(std::move(normalized_tokens), std::move(normalized_patterns));
}

void Plan::choose_path(bool fused) {
  const auto general = [this](std::string why) {
    explanation = {"normalizer, pre-tokenizer: general pipeline, because " + why,
                   std::string("model: ") + name_of(spec.model) + ", word by word"};
  };
  const auto* normalizer = spec.normalizers.size() == 1 ? std::get_if<BertNormalizer>(&spec.normalizers[0]) : nullptr;
  const bool bert_split =
      spec.pre_tokenizers.size() == 1 && std::holds_alternative<BertPreTokenizer>(spec.pre_tokenizers[0]);
  if (!fused) return general("the fused paths are switched off");
  if (choose_byte_level()) return;
  std::string why_not;
  if (choose_spaced(why_not)) return;
  if (normalizer == nullptr || !bert_split || !std::holds_alternative<WordPiece>(spec.model)) {
    if (!choose_word_classes(why_not)) general(why_not);
    return;
  }
  if (!normalized.empty()) return general("added tokens are to be found in the normalized text");
  bert = BertTable::get(*normalizer);
  explanation = {
      "normalizer, pre-tokenizer: fused BERT scan over the original bytes; texts with combining marks that have to be "
      "reordered use the general pipeline",
      "model: WordPiece with a cache of words"};
}

// The scan needs that no byte is unknown to the model, so that offsets are plain, and that nothing is random.
bool Plan::choose_byte_level() {
  const auto* settings = std::get_if<Bpe>(&spec.model);
  const auto split = ByteLevelSplit::recognise(spec.normalizers, spec.pre_tokenizers);
  if (settings == nullptr || !split) return false;
  const bool plain = settings->continuing_subword_prefix.value_or("").empty() &&
                     settings->end_of_word_suffix.value_or("").empty() && settings->dropout.value_or(0) == 0;
  for (int byte = 0; byte < 256; ++byte) {
    char utf8[4];
    const uint32_t size = unicode::encode(byte_to_character(static_cast<char>(byte)), utf8);
    if (!plain || find({utf8, size}) == Vocabulary::kMissing) return false;
  }
  byte_level = split;
  explanation = {"normalizer, pre-tokenizer: fused scan for the split of " + std::string(split->name) +
                     " over the original bytes" +
                     (split->nfc ? "; texts that NFC may change use the general pipeline" : ""),
                 "model: BPE with a cache of words"};
  return true;
}

bool Plan::choose_spaced(std::string& why_not) {
  spaced = read_spaced_text(spec, why_not);
  if (!spaced) return false;
  // A part without marks of each token shows where it may be, as long as words stay as they are written.
  for (const AddedToken& token : spec.added_tokens) {
    if (!token.normalized) continue;
    const std::string& pattern = added_by_id.at(token.id);
    std::string longest;
    for (size_t begin = 0, end; begin < pattern.size(); begin = end + spaced->mark.size()) {
      end = std::min(spaced->mark.empty() ? pattern.size() : pattern.find(spaced->mark, begin), pattern.size());
      if (end - begin > longest.size()) longest = pattern.substr(begin, end - begin);
    }
    if (spaced->changes_words || longest.empty()) {
      why_not = "added tokens are to be found in the normalized text";
      spaced.reset();
      return false;
    }
    parts_of_normalized_.push_back(longest);
  }
  explanation = {
      "normalizer, pre-tokenizer: fused scan of the words between spaces, over the original bytes" +
          std::string(spaced->changes_words ? "; words that the normalizers change go through them one by one" : ""),
      std::string("model: ") + name_of(spec.model) + " with a cache of words"};
  return true;
}

bool Plan::choose_word_classes(std::string& why_not) {
  auto classes = WordClasses::read(spec, why_not);
  if (!classes) return false;
  const auto refuse = [&why_not](const char* why) {
    why_not = why;
    return false;
  };
  const auto* bpe = std::get_if<Bpe>(&spec.model);
  if (bpe != nullptr && bpe->dropout.value_or(0) != 0) return refuse("its merges are random");
  if (spec.trim_offsets && std::holds_alternative<Unigram>(spec.model)) return refuse("offsets are trimmed");
  if (!spec.normalizers.empty() && !normalized.empty()) {
    return refuse("added tokens are to be found in the normalized text");
  }
  word_classes = std::move(classes);
  if (!word_classes->has_runs()) index_characters();
  windows.emplace(*word_classes, instructions());
  if (!windows->fits() || characters) windows.reset();
  const std::string words = characters ? "single characters" : "words by the classes of their characters";
  const char* exception =
      "; where characters depend on their neighbours, what is between white space uses the general pipeline";
  explanation = {"normalizer, pre-tokenizer: fused scan of the " + words + ", over the original bytes" +
                     (word_classes->has_dependent() ? exception : ""),
                 std::string("model: ") + name_of(spec.model) +
                     (characters ? " as a table of characters" : " with a cache of words")};
  return true;
}

// The characters that are words and have one token.
void Plan::index_characters() {
  characters.emplace();
  if (longest_word == 0) return;
  const auto normalizers = LoneNormalizers::read(spec.normalizers);
  WordTokens found;
  const auto add = [&](char32_t code) {
    if (word_classes->of(code) != WordClasses::kIsolated || characters->find(code) != CharacterTable::kMissing) return;
    const auto text = normalizers->normalize(code);
    if (!text || text->size() != 1) return;
    try {
      std::visit([&](const auto& any) { any.tokenize(unicode::to_utf8(*text), found); }, model);
    } catch (const std::invalid_argument&) {
      return;  // unknown, with no token for that: an error when it comes
    }
    if (found.size() == 1) characters->insert(code, found[0].id);
  };
  for (const std::string_view token : tokens) {
    if (!token.empty()) add(unicode::decode(token.data()).code);
  }
  for (char32_t code = 0; word_classes->has_normalizers() && code < unicode::kScalarEnd; ++code) {
    if (word_classes->changes(code)) add(code);
  }
}

OuterSpaces Plan::outer_spaces(std::string_view token) {
  const auto is_space = [](const Character& character) {
    return character.code == byte_to_character(' ') || unicode::has(character.code, unicode::kWhiteSpace);
  };
  const Characters characters = read_characters(token, 0);
  const auto leading = std::find_if_not(characters.begin(), characters.end(), is_space) - characters.begin();
  const auto trailing = std::find_if_not(characters.rbegin(), characters.rend(), is_space) - characters.rbegin();
  return {static_cast<uint32_t>(leading), static_cast<uint32_t>(trailing)};
}

void Sequence::append(const Sequence& part, bool one_word) {
  if (part.goes_on && one_word) --word_count;
  for (const auto& [place, spaces] : part.stripped) stripped.emplace_back(ids.size() + place, spaces);
  ids.insert(ids.end(), part.ids.begin(), part.ids.end());
  spans.insert(spans.end(), part.spans.begin(), part.spans.end());
  const size_t tokens = words.size();
  words.resize(tokens + part.words.size());
  std::ranges::transform(part.words, words.begin() + static_cast<ptrdiff_t>(tokens),
                         [this](int32_t word) { return word_count + word; });
  word_count += part.word_count;
  has_long_word |= part.has_long_word;
  has_special_token |= part.has_special_token;
}

// The pool is only a saving. A fork may have copied the mutex while another thread, which is not in the new process,
// held it: whoever does not get it soon does without.
std::unique_lock<std::mutex> WorkerPool::lock() const {
  std::unique_lock lock(mutex_, std::try_to_lock);
  for (int tries = 0; !lock && tries < 1000; ++tries) {
    std::this_thread::yield();
    lock.try_lock();
  }
  return lock;
}

WorkerPool::WorkerPool() {
  constexpr size_t kMany = 64;
  free_.reserve(kMany);
  free_.push_back(make());
}

std::unique_ptr<Worker> WorkerPool::make() { return std::make_unique<Worker>(std::random_device{}()); }

WorkerPool::Loan WorkerPool::lend() const {
  if (const auto held = lock(); held && !free_.empty()) {
    Loan loan(free_.back().release(), ReturnToPool{this});
    free_.pop_back();
    return loan;
  }
  return Loan(make().release(), ReturnToPool{this});
}

void ReturnToPool::operator()(Worker* worker) const {
  std::unique_ptr<Worker> owned(worker);
  if (const auto held = pool->lock()) pool->free_.push_back(std::move(owned));
}

}  // namespace leanformers
