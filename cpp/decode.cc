// From ids back to text, and the vocabulary's look-ups.
#include <algorithm>
#include <stdexcept>

#include "decoders.h"
#include "plan.h"
#include "threads.h"

namespace leanformers {

Tokenizer::Tokenizer(Spec spec, bool fused, const CompiledModel* compiled)
    : plan_(std::make_unique<const Plan>(std::move(spec), fused, compiled)) {}
Tokenizer::~Tokenizer() = default;

std::shared_ptr<const CompiledModel> Tokenizer::compiled_model() const {
  return std::make_shared<const CompiledModel>(CompiledModel{plan_->model});
}

std::string Tokenizer::decode_tokens(std::vector<std::string> tokens) const {
  decode_chain(plan_->spec.decoders, tokens);
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i != 0 && plan_->spec.decoders.empty()) text += ' ';
    text += tokens[i];
  }
  return text;
}

std::string Tokenizer::decode(std::span<const uint32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::optional<std::string_view> token = id_to_token(ids[i]);
    if (!token)
      throw std::out_of_range("position " + std::to_string(i) + ": id " + std::to_string(ids[i]) +
                              " is not in the vocabulary");
    if (!skip_special_tokens || !plan_->special.contains(*token)) tokens.emplace_back(*token);
  }
  return decode_tokens(std::move(tokens));
}

std::vector<std::string> Tokenizer::decode_rows(std::span<const uint32_t> ids, std::span<const int64_t> row_offsets,
                                                bool skip_special_tokens, uint32_t threads) const {
  constexpr size_t kRowsOfATask = 256;
  std::vector<std::string> texts(row_offsets.size() - 1);
  const auto decode_some = [&](size_t task) {
    for (size_t row = task * kRowsOfATask; row < std::min(texts.size(), (task + 1) * kRowsOfATask); ++row) {
      const auto begin = static_cast<size_t>(row_offsets[row]), end = static_cast<size_t>(row_offsets[row + 1]);
      try {
        texts[row] = decode(ids.subspan(begin, end - begin), skip_special_tokens);
      } catch (const std::out_of_range& error) {
        throw std::out_of_range("row " + std::to_string(row) + ", " + error.what());
      }
    }
  };
  share_out((texts.size() + kRowsOfATask - 1) / kRowsOfATask, threads, decode_some);
  return texts;
}

std::optional<uint32_t> Tokenizer::token_to_id(std::string_view token) const {
  if (const auto added = plan_->added_by_content.find(token); added != plan_->added_by_content.end()) {
    return added->second->id;
  }
  const uint32_t id = plan_->find(token);
  return id == Vocabulary::kMissing ? std::nullopt : std::optional(id);
}

std::optional<std::string_view> Tokenizer::id_to_token(uint32_t id) const {
  if (const auto added = plan_->added_by_id.find(id); added != plan_->added_by_id.end()) return added->second;
  if (id < plan_->tokens.size() && plan_->tokens[id].data() != nullptr) return plan_->tokens[id];
  return std::nullopt;
}

std::vector<std::pair<std::string, uint32_t>> Tokenizer::vocab(bool with_added_tokens) const {
  std::vector<std::pair<std::string, uint32_t>> pairs;
  for_each_token(plan_->spec.model, [&pairs](std::string_view token, uint32_t id) { pairs.emplace_back(token, id); });
  if (!with_added_tokens) return pairs;
  for (const AddedToken& token : plan_->spec.added_tokens) {
    if (plan_->find(token.content) == Vocabulary::kMissing) pairs.emplace_back(token.content, token.id);
  }
  return pairs;
}

size_t Tokenizer::vocab_size(bool with_added_tokens) const {
  const size_t model_size = use_tokens(plan_->spec.model, [](const auto& tokens) { return tokens.distinct(); });
  if (!with_added_tokens) return model_size;
  return model_size +
         static_cast<size_t>(std::count_if(
             plan_->spec.added_tokens.begin(), plan_->spec.added_tokens.end(),
             [this](const AddedToken& token) { return plan_->find(token.content) == Vocabulary::kMissing; }));
}

std::vector<std::string> Tokenizer::explain() const { return plan_->explanation; }

}  // namespace leanformers
