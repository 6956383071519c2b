// Vocabularies that are lines of text: tiktoken's ranks, and merges.txt.
//
// Each is nothing if anything is wrong with the file; whoever reads it slowly finds out what.
#pragma once

#include <optional>
#include <string_view>

#include "token_table.h"

namespace leanformers {

// A token in base64 and its rank on each line. Tokens come in the letters that stand for their bytes (byte_level.h),
// in the order of the file. All bytes are tokens, and none is there twice, nor is a rank.
std::optional<Vocabulary> read_ranks(std::string_view file);

// Two tokens with a space between them on each line that is no remark; they and what they make are in the vocabulary.
std::optional<MergeList> read_merge_lines(std::string_view file, const Vocabulary& vocabulary);

}  // namespace leanformers
