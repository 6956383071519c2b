// The Python face of the core, and nothing else: arguments in, arrays and lists out, the GIL released in between.
#include "module/module.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <initializer_list>
#include <utility>

#include "cpu_quota.h"
#include "simd/instructions.h"
#include "tokenizer.h"
#include "unicode/unicode.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace leanformers;

NB_MODULE(_core, m) {
  m.doc() = "The tokenizer core.";
  nb::set_leak_warnings(false);  // arrays that other libraries still hold when the interpreter ends are no leak of ours
  nb::exception<TruncationError>(m, "TruncationError", PyExc_ValueError);
  bind_stages(m);
  bind_tables(m);
  bind_vocabulary_files(m);
  bind_stored_plan(m);
  bind_components(m);
  bind_encoded(m);
  bind_tokenizer(m);
  bind_training(m);
  m.def(
      "unicode_versions",
      [] {
        nb::dict versions;
        for (const auto& [predicate, version] : unicode::versions()) versions[nb::cast(predicate)] = version;
        return versions;
      },
      nb::sig("def unicode_versions() -> dict[str, str]"), "Predicate -> the Unicode version whose table it follows.");
  m.def(
      "block_masks",
      [](const nb::bytes& block) {
        constexpr size_t kBytes = 64;
        const size_t size = block.size();
        if (size == 0 || size > kBytes) throw nb::value_error("a block has 1 to 64 bytes");
        const std::string bytes(block.c_str(), size);  // memory of their own, which nobody may read beyond
        const std::string padded = bytes + std::string(kBytes - size, '\0');
        nb::dict masks;
        for (const InstructionSet& instructions : instruction_sets()) {
          const AsciiMasks a = instructions.ascii_masks(bytes.data(), size);
          const BertMasks b = instructions.bert_masks(padded.data());
          const WideMasks w = instructions.wide_masks(bytes.data(), size);
          nb::dict named;
          for (const auto& [name, mask] :
               std::initializer_list<std::pair<const char*, uint64_t>>{{"lower", a.lower},
                                                                       {"upper", a.upper},
                                                                       {"digits", a.digits},
                                                                       {"spaces", a.spaces},
                                                                       {"blanks", a.blanks},
                                                                       {"newlines", a.newlines},
                                                                       {"apostrophes", a.apostrophes},
                                                                       {"slashes", a.slashes},
                                                                       {"high", a.high},
                                                                       {"bert_letters", b.letters},
                                                                       {"bert_isolated", b.isolated},
                                                                       {"bert_special", b.special},
                                                                       {"wide_letters", w.letters},
                                                                       {"wide_lower", w.lower},
                                                                       {"wide_upper", w.upper},
                                                                       {"wide_others", w.others},
                                                                       {"wide_inner", w.inner}}) {
            named[name] = mask;
          }
          masks[instructions.name] = named;
        }
        return masks;
      },
      nb::sig("def block_masks(block: bytes) -> dict[str, dict[str, int]]"), "block"_a,
      "Instruction set -> which of up to 64 bytes are what, as bits: all of them give the same.");
  m.def(
      "cpu_quota", [](const std::string& root) { return cpu_quota(root); },
      nb::sig("def cpu_quota(root: str = '/') -> int | None"), "root"_a = "/",
      "How many processors' time the control group of this process may use, rounded up; None: as much as there is.");
}
