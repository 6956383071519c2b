// How many processors' time the control group of this process may use: what a container's limit comes to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace leanformers {

// Rounded up, at least 1; none where nothing limits it. `root` is "/" but in tests. Reads cgroup v2 (cpu.max) and v1
// (cpu.cfs_quota_us): of the group and all above it the smallest counts.
std::optional<size_t> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace leanformers
