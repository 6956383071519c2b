// Stored plans as Python reads and writes them: a file that Python has mapped, and the bytes of a new one.
#include "stored_plan.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "module/module.h"
#include "module/tables.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace leanformers {
namespace {

// The memory of a Python object, which stays as it is until the last table that lies in it has gone.
std::shared_ptr<const Py_buffer> hold(const nb::object& memory) {
  auto* view = new Py_buffer;
  if (PyObject_GetBuffer(memory.ptr(), view, PyBUF_SIMPLE) != 0) {
    delete view;
    throw nb::python_error();
  }
  return {view, [](Py_buffer* held) {
            const nb::gil_scoped_acquire gil;
            PyBuffer_Release(held);
            delete held;
          }};
}

nb::object read(nb::bytes key, const nb::object& memory) {
  const std::shared_ptr<const Py_buffer> held = hold(memory);
  const std::span file(static_cast<const char*>(held->buf), static_cast<size_t>(held->len));
  std::optional<StoredPlan> plan = read_plan({key.c_str(), key.size()}, file, held);
  if (!plan) return nb::none();
  nb::object model = nb::cast(std::make_shared<const CompiledModel>(std::move(plan->model)));
  return nb::make_tuple(nb::bytes(plan->rest.data(), plan->rest.size()), named_tables(std::move(plan->tables)), model);
}

nb::bytes write(nb::bytes key, nb::bytes rest, const nb::dict& tables, const CompiledModel& model) {
  StoredPlan plan{.rest = std::string(rest.c_str(), rest.size()), .tables = {}, .model = model};
  for (const auto& [name, table] : tables) {
    if (nb::isinstance<Vocabulary>(table)) plan.tables.vocabulary = nb::cast<const Vocabulary&>(table);
    if (nb::isinstance<ScoredTokens>(table)) plan.tables.pieces = nb::cast<const ScoredTokens&>(table);
    if (nb::isinstance<MergesTable>(table)) plan.tables.merges = nb::cast<const MergesTable&>(table);
  }
  std::string file;
  {
    const nb::gil_scoped_release release;
    file = write_plan({key.c_str(), key.size()}, plan);
  }
  return nb::bytes(file.data(), file.size());
}

}  // namespace

void bind_stored_plan(nb::module_& m) {
  nb::class_<CompiledModel>(m, "CompiledModel",
                            "The model of a tokenizer with its compiled tables, which copies share.");
  m.def("build_stamp", [] { return build_stamp(); }, "Only builds with the same stamp read each other's plans.");
  m.def("read_plan", &read, "key"_a, "memory"_a,
        nb::sig("def read_plan(key: bytes, memory: typing.Any) -> tuple[bytes, dict[str, typing.Any], CompiledModel] | "
                "None"),
        "Of a mapped file: the tokenizer.json without its tables, the tables by name, and the model. None: it is no "
        "whole plan with this key.");
  m.def(
      "write_plan", &write, "key"_a, "rest"_a, "tables"_a, "model"_a,
      nb::sig("def write_plan(key: bytes, rest: bytes, tables: dict[str, typing.Any], model: CompiledModel) -> bytes"),
      "The file that `read_plan` reads. `key` has 32 bytes.");
}

}  // namespace leanformers
