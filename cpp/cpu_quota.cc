#include "cpu_quota.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace leanformers {

namespace {

namespace fs = std::filesystem;

// "max 100000" or "150000 100000".
std::optional<double> read_v2(const fs::path& group) {
  double quota = 0, period = 0;
  if (std::ifstream file(group / "cpu.max"); file >> quota >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

// A quota of -1 is none.
std::optional<double> read_v1(const fs::path& group) {
  double quota = 0, period = 0;
  std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

// Whether the list of controllers of a line of /proc/self/cgroup has the one for processors.
bool has_cpu(const std::string& controllers) { return ("," + controllers + ",").find(",cpu,") != std::string::npos; }

}  // namespace

std::optional<size_t> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  const auto look = [&least](const fs::path& mount, const std::string& group, const auto& read) {
    // A container may see the path of the host, where its own groups are at the top.
    for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
      if (const std::optional<double> found = read(mount / path)) least = std::min(least.value_or(*found), *found);
      if (path.empty()) return;
    }
  };
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/group" or "4:cpu,cpuacct:/group"
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) look(mount, group, read_v2);
    if (!has_cpu(controllers)) continue;
    look(mount / controllers, group, read_v1);
    if (controllers != "cpu") look(mount / "cpu", group, read_v1);
  }
  if (!least) return std::nullopt;
  return static_cast<size_t>(std::max(1.0, std::ceil(*least)));
}

}  // namespace leanformers
