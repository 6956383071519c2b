// What takes long to make of a tokenizer.json, its tables and its compiled model, as bytes of a file: whoever maps the
// file has them at once, without a copy.
//
// The file is a header and an archive. The header has a key, which says what it was made from and by which build, and a
// checksum of all that follows it. What has another key, another size or another checksum is no plan; beyond that, what
// the arrays hold is trusted.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "files/json_tables.h"
#include "model/compiled_model.h"

namespace leanformers {

struct StoredPlan {
  std::string rest;   // the tokenizer.json with null for each table
  JsonTables tables;  // without places
  CompiledModel model;
};

// Of the sources of the core, the version of its compiler, and how a machine keeps numbers (x86-64 and AArch64 do it
// alike): only builds with the same stamp read each other's plans.
const std::string& build_stamp();

// `key` has 32 bytes.
std::string write_plan(std::string_view key, const StoredPlan& plan);

// Nothing if `file` is no whole plan with this key. `owner` keeps its bytes alive, and the plan keeps `owner`.
std::optional<StoredPlan> read_plan(std::string_view key, std::span<const char> file,
                                    std::shared_ptr<const void> owner);

}  // namespace leanformers
