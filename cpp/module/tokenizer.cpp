// The compiled tokenizer as a Python class: strings are held and their UTF-8 is read in place.
#include "tokenizer.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <vector>

#include "model/compiled_model.h"
#include "module/arrays.h"
#include "module/module.h"
#include "module/texts.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

Encoded encode(const Tokenizer& tokenizer, nb::list texts, std::optional<nb::list> pairs, bool words,
               bool add_special_tokens, std::optional<uint32_t> max_length, Truncation truncation, bool truncate_left,
               bool overflow, uint32_t stride, bool split_special_tokens, bool details, bool word_ids, uint32_t threads,
               size_t part_bytes) {
  const HeldTexts first(std::move(texts), words);
  const HeldTexts second(pairs ? std::move(*pairs) : nb::list(), words && pairs);
  const EncodeOptions options{.add_special_tokens = add_special_tokens,
                              .max_length = max_length,
                              .truncation = truncation,
                              .truncate_left = truncate_left,
                              .overflow = overflow,
                              .stride = stride,
                              .split_special_tokens = split_special_tokens,
                              .details = details,
                              .words = word_ids,
                              .threads = threads,
                              .part_bytes = part_bytes};
  // Releasing the GIL costs more than a short text.
  constexpr size_t kWorthReleasing = 2000;
  if (first.bytes() + second.bytes() < kWorthReleasing) {
    return tokenizer.encode(first.texts(), second.texts(), options);
  }
  const nb::gil_scoped_release release;
  return tokenizer.encode(first.texts(), second.texts(), options);
}

Array<int64_t> count(const Tokenizer& tokenizer, nb::list texts, std::optional<nb::list> pairs, bool words,
                     bool add_special_tokens, bool split_special_tokens, uint32_t threads) {
  const HeldTexts first(std::move(texts), words);
  const HeldTexts second(pairs ? std::move(*pairs) : nb::list(), words && pairs);
  const EncodeOptions options{
      .add_special_tokens = add_special_tokens, .split_special_tokens = split_special_tokens, .threads = threads};
  std::vector<int64_t> lengths;
  {
    const nb::gil_scoped_release release;
    lengths = tokenizer.count(first.texts(), second.texts(), options);
  }
  const size_t rows = lengths.size();
  return own(std::move(lengths), {rows});
}

using Numbers = nb::ndarray<const uint32_t, nb::ndim<1>, nb::device::cpu, nb::c_contig>;
using Offsets = nb::ndarray<const int64_t, nb::ndim<1>, nb::device::cpu, nb::c_contig>;

std::vector<std::string> decode_rows(const Tokenizer& tokenizer, Numbers ids, Offsets row_offsets,
                                     bool skip_special_tokens, uint32_t threads) {
  const std::span numbers(ids.data(), ids.size());
  const std::span offsets(row_offsets.data(), row_offsets.size());
  if (offsets.empty()) throw nb::value_error("row_offsets must have one item more than there are rows");
  for (size_t row = 0; row + 1 < offsets.size(); ++row) {
    if (offsets[row] < 0 || offsets[row] > offsets[row + 1] || static_cast<size_t>(offsets[row + 1]) > numbers.size()) {
      throw nb::value_error(("row_offsets of row " + std::to_string(row) + " do not fit the ids").c_str());
    }
  }
  const nb::gil_scoped_release release;
  return tokenizer.decode_rows(numbers, offsets, skip_special_tokens, threads);
}

nb::dict vocab(const Tokenizer& tokenizer, bool with_added_tokens) {
  nb::dict vocab;
  for (const auto& [token, id] : tokenizer.vocab(with_added_tokens)) vocab[nb::cast(token)] = id;
  return vocab;
}

}  // namespace

void bind_tokenizer(nb::module_& m) {
  nb::class_<Tokenizer>(m, "Tokenizer", "A compiled, immutable tokenizer; safe to use from many threads.")
      .def(
          "__init__",
          [](Tokenizer* self, std::vector<AddedToken> added_tokens, std::vector<Normalizer> normalizers,
             std::vector<PreTokenizer> pre_tokenizers, Model model, std::optional<Template> post_processor,
             std::optional<bool> trim_offsets, std::vector<Decoder> decoders, bool fused,
             std::shared_ptr<const CompiledModel> compiled) {
            Spec spec{
                std::move(added_tokens),   std::move(normalizers),
                std::move(pre_tokenizers), std::move(model),
                std::move(post_processor), trim_offsets ? std::optional(TrimOffsets{*trim_offsets}) : std::nullopt,
                std::move(decoders)};
            new (self) Tokenizer(std::move(spec), fused, compiled.get());
          },
          nb::kw_only(), "added_tokens"_a, "normalizers"_a, "pre_tokenizers"_a, "model"_a, "template"_a.none(),
          "trim_offsets"_a = nb::none(), "decoders"_a, "fused"_a = true, "compiled"_a.none() = nb::none())
      .def("encode", &encode, "texts"_a, "pairs"_a = nb::none(), nb::kw_only(), "words"_a = false,
           "add_special_tokens"_a = true, "max_length"_a = nb::none(), "truncation"_a = Truncation::kLongestFirst,
           "truncate_left"_a = false, "overflow"_a = false, "stride"_a = 0, "split_special_tokens"_a = false,
           "details"_a = false, "word_ids"_a = true, "threads"_a = 0, "part_bytes"_a = EncodeOptions{}.part_bytes,
           nb::sig("def encode(self, texts: list[typing.Any], pairs: list[typing.Any] | None = None, *, "
                   "words: bool = False, add_special_tokens: bool = True, max_length: int | None = None, "
                   "truncation: Truncation = ..., truncate_left: bool = False, overflow: bool = False, "
                   "stride: int = 0, split_special_tokens: bool = False, details: bool = False, word_ids: bool = True, "
                   "threads: int = 0, part_bytes: int = ...) -> Encoded"),
           "Encode a batch of str or, with `words`, of lists of str. `max_length` counts special tokens; `overflow` "
           "makes rows of what is cut off; `details` adds spans and, with `word_ids`, words; `threads` at most, 0: "
           "those of the process, which "
           "share texts in parts of at least `part_bytes`. Lone surrogates read as U+FFFD.")
      .def("cuts", &Tokenizer::cuts, "text"_a, "part_bytes"_a = EncodeOptions{}.part_bytes,
           nb::sig("def cuts(self, text: str, part_bytes: int = ...) -> list[int]"),
           "Where the parts after the first begin, in bytes, if threads share the text in parts of at least so many.")
      .def("count", &count, "texts"_a, "pairs"_a = nb::none(), nb::kw_only(), "words"_a = false,
           "add_special_tokens"_a = true, "split_special_tokens"_a = false, "threads"_a = 0,
           nb::sig("def count(self, texts: list[typing.Any], pairs: list[typing.Any] | None = None, *, "
                   "words: bool = False, add_special_tokens: bool = True, split_special_tokens: bool = False, "
                   "threads: int = 0) -> numpy.typing.NDArray[numpy.int64]"),
           "How many tokens each row of `encode` would have: (rows,).")
      .def(
          "decode",
          [](const Tokenizer& self, const std::vector<uint32_t>& ids, bool skip_special_tokens) {
            return self.decode(ids, skip_special_tokens);
          },
          "ids"_a, "skip_special_tokens"_a = false, "The text of ids. IndexError: an id is not in the vocabulary.")
      .def("decode_rows", &decode_rows, "ids"_a, "row_offsets"_a, "skip_special_tokens"_a = false, "threads"_a = 0,
           nb::sig(
               "def decode_rows(self, ids: numpy.typing.NDArray[numpy.uint32], row_offsets: "
               "numpy.typing.NDArray[numpy.int64], skip_special_tokens: bool = False, threads: int = 0) -> list[str]"),
           "The texts of the rows of flat ids. IndexError: an id is not in the vocabulary, and its row.")
      .def("decode_tokens", &Tokenizer::decode_tokens, "tokens"_a, "The text of token strings.")
      .def("token_to_id", &Tokenizer::token_to_id, "token"_a)
      .def("id_to_token", &Tokenizer::id_to_token, "id"_a)
      .def("vocab", &vocab, "with_added_tokens"_a = true,
           nb::sig("def vocab(self, with_added_tokens: bool = True) -> dict[str, int]"))
      .def("vocab_size", &Tokenizer::vocab_size, "with_added_tokens"_a = true)
      .def_prop_ro("compiled_model", &Tokenizer::compiled_model, "For a tokenizer with the same `model`: `compiled`.")
      .def("explain", &Tokenizer::explain, "Which stages are fused, which general, and why: one sentence each.");
}

}  // namespace leanformers
