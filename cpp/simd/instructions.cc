#include "simd/instructions.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace leanformers {
namespace {

#ifdef LEANFORMERS_X86
bool has_avx512_of_ice_lake() {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
#endif

}  // namespace

std::span<const InstructionSet> instruction_sets() {
  static const std::vector<InstructionSet> sets = [] {
    std::vector<InstructionSet> found;
#ifdef LEANFORMERS_X86
    __builtin_cpu_init();
    if (has_avx512_of_ice_lake())
      found.push_back({avx512_masks, "avx512_vbmi2", word_functions_avx512, merge_function_avx512});
    if (__builtin_cpu_supports("avx512bw")) found.push_back({avx512_masks, "avx512", word_functions, merge_function});
    if (__builtin_cpu_supports("avx2")) found.push_back({avx2_masks, "avx2", word_functions, merge_function});
#endif
#if defined(__SSE2__)
    found.push_back({baseline_masks, "sse2", word_functions, merge_function});
#elif defined(__aarch64__)
    found.push_back({baseline_masks, "neon", word_functions, merge_function});
#endif
    found.push_back({scalar_masks, "scalar", word_functions, merge_function});
    return found;
  }();
  return sets;
}

const InstructionSet& instructions() {
  static const InstructionSet& chosen = []() -> const InstructionSet& {
    const std::span<const InstructionSet> sets = instruction_sets();
    const char* const name = std::getenv("LEANFORMERS_INSTRUCTIONS");
    if (name == nullptr || *name == '\0') return sets.front();
    std::string known;
    for (const InstructionSet& set : sets) {
      if (std::strcmp(set.name, name) == 0) return set;
      known += (known.empty() ? "" : ", ") + std::string(set.name);
    }
    throw std::invalid_argument("LEANFORMERS_INSTRUCTIONS is \"" + std::string(name) + "\", but this processor has " +
                                known);
  }();
  return chosen;
}

}  // namespace leanformers
