// Training as Python functions: a WordCounter is fed with texts, and the trainers learn from its words.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "module/module.h"
#include "module/texts.h"
#include "pattern.h"
#include "train/bpe.h"
#include "train/unigram.h"
#include "train/word_counter.h"
#include "train/word_level.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

// A WordCounter that several Python threads may hold: one of them works with it at a time.
class SharedCounter {
 public:
  SharedCounter(std::vector<Normalizer> normalizers, std::vector<PreTokenizer> pre_tokenizers, unsigned threads)
      : counter_(std::move(normalizers), std::move(pre_tokenizers), threads) {}

  // Calls work(counter) without the GIL.
  template <typename Work>
  auto use(const Work& work) {
    const nb::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    return work(counter_);
  }

  void add(nb::list list) {
    const HeldTexts held(std::move(list), false);
    use([&](WordCounter& counter) { counter.add(held.texts().texts); });
  }

 private:
  std::mutex mutex_;
  WordCounter counter_;
};

// Calls work(counter, progress) without the GIL; `callback`, where there is one, gets what is done and what there is to
// do. Control-C and errors of the callback stop the work.
template <typename Work>
auto with_progress(SharedCounter& counter, const nb::object& callback, const Work& work) {
  std::exception_ptr error;
  Progress progress([&](size_t done, size_t total) {
    const nb::gil_scoped_acquire acquire;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (!callback.is_none()) callback(done, total);
    } catch (const nb::python_error&) {
      error = std::current_exception();
    }
    return error == nullptr;
  });
  try {
    return counter.use([&](WordCounter& words) { return work(words, std::move(progress)); });
  } catch (const Stopped&) {
    std::rethrow_exception(error);
  }
}

std::u32string characters_of(const std::string& text) { return Pattern::literal(text).source(); }

using Tokens = std::vector<std::string>;
using Merges = std::vector<std::pair<std::string, std::string>>;

std::pair<Tokens, Merges> train_bpe_of(SharedCounter& counter, size_t vocab_size, uint64_t min_frequency,
                                       Tokens special_tokens, std::optional<size_t> limit_alphabet,
                                       const std::string& initial_alphabet, std::string continuing_subword_prefix,
                                       std::string end_of_word_suffix, std::optional<uint32_t> max_token_length,
                                       const nb::object& progress) {
  const BpeTraining settings{vocab_size,
                             min_frequency,
                             std::move(special_tokens),
                             limit_alphabet,
                             characters_of(initial_alphabet),
                             std::move(continuing_subword_prefix),
                             std::move(end_of_word_suffix),
                             max_token_length};
  TrainedBpe trained = with_progress(counter, progress, [&](WordCounter& words, Progress report) {
    return train_bpe(words.words().words(), settings, std::move(report));
  });
  return {std::move(trained.tokens), std::move(trained.merges)};
}

std::pair<ScoredPieces, std::optional<uint32_t>> train_unigram_of(
    SharedCounter& counter, size_t vocab_size, Tokens special_tokens, const std::string& initial_alphabet,
    std::optional<std::string> unk_token, double shrinking_factor, uint32_t n_sub_iterations, uint32_t max_piece_length,
    size_t seed_size, const nb::object& progress) {
  const UnigramTraining settings{vocab_size,
                                 std::move(special_tokens),
                                 characters_of(initial_alphabet),
                                 std::move(unk_token),
                                 shrinking_factor,
                                 n_sub_iterations,
                                 max_piece_length,
                                 seed_size};
  TrainedUnigram trained = with_progress(counter, progress, [&](WordCounter& words, Progress report) {
    return train_unigram(words.words().words(), settings, words.threads(), std::move(report));
  });
  return {std::move(trained.pieces), trained.unk_id};
}

std::vector<std::pair<std::string, uint32_t>> train_word_level_of(SharedCounter& counter, size_t vocab_size,
                                                                  uint64_t min_frequency,
                                                                  const Tokens& special_tokens) {
  return counter.use([&](WordCounter& words) {
    return train_word_level(words.words().words(), vocab_size, min_frequency, special_tokens);
  });
}

std::vector<std::pair<std::string, uint64_t>> counts_of(SharedCounter& counter) {
  return counter.use([](WordCounter& words) {
    std::vector<std::pair<std::string, uint64_t>> counts;
    for (const WordCounts::Word& word : words.words().words()) counts.emplace_back(word.text(), word.count);
    return counts;
  });
}

}  // namespace

void bind_training(nb::module_& m) {
  nb::class_<SharedCounter>(m, "WordCounter",
                            "Counts the words that stages make of texts. Memory: the different words.")
      .def(nb::init<std::vector<Normalizer>, std::vector<PreTokenizer>, unsigned>(), "normalizers"_a,
           "pre_tokenizers"_a, "threads"_a = 0)
      .def("add", &SharedCounter::add, "texts"_a, nb::sig("def add(self, texts: list[str]) -> None"),
           "Count the words of texts. Lone surrogates read as U+FFFD.")
      .def(
          "__len__",
          [](SharedCounter& self) { return self.use([](WordCounter& w) { return w.words().words().size(); }); },
          "How many different words there are.")
      .def("counts", &counts_of, "The words and how often each was seen, in no particular order.")
      .def_prop_ro(
          "cuts_at_spaces",
          [](SharedCounter& self) { return self.use([](WordCounter& w) { return w.cuts_at_spaces(); }); },
          "Whether texts are cut at spaces, so that each different stretch is normalized and split only once.");

  m.def("train_bpe", &train_bpe_of, "counter"_a, nb::kw_only(), "vocab_size"_a, "min_frequency"_a = 0,
        "special_tokens"_a = Tokens(), "limit_alphabet"_a = nb::none(), "initial_alphabet"_a = "",
        "continuing_subword_prefix"_a = "", "end_of_word_suffix"_a = "", "max_token_length"_a = nb::none(),
        "progress"_a = nb::none(),
        "Tokens by id, and merges by rank. `progress` gets what is done and what there is to do; its errors stop the "
        "training.");
  m.def("train_unigram", &train_unigram_of, "counter"_a, nb::kw_only(), "vocab_size"_a, "special_tokens"_a = Tokens(),
        "initial_alphabet"_a = "", "unk_token"_a = nb::none(), "shrinking_factor"_a = 0.75, "n_sub_iterations"_a = 2,
        "max_piece_length"_a = 16, "seed_size"_a = 1000000, "progress"_a = nb::none(),
        "Pieces and scores by id, and the id of the unknown token. ValueError: more characters than the vocabulary can "
        "hold.");
  m.def("train_word_level", &train_word_level_of, "counter"_a, nb::kw_only(), "vocab_size"_a, "min_frequency"_a = 0,
        "special_tokens"_a = Tokens(), "Tokens and their ids.");
}

}  // namespace leanformers
