// The Python face of the core, and nothing else: arguments in, arrays and lists out, the GIL released in between.
#include "module/module.h"

#include <nanobind/stl/string.h>

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
}
