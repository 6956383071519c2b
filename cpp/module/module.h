// The parts of the Python module: each binds one group of classes.
#pragma once

#include <nanobind/nanobind.h>

namespace leanformers {

void bind_stages(nanobind::module_& m);
void bind_components(nanobind::module_& m);
void bind_tables(nanobind::module_& m);
void bind_vocabulary_files(nanobind::module_& m);
void bind_stored_plan(nanobind::module_& m);
void bind_encoded(nanobind::module_& m);
void bind_tokenizer(nanobind::module_& m);
void bind_training(nanobind::module_& m);

}  // namespace leanformers
