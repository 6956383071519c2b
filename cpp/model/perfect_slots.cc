#include "model/perfect_slots.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace leanformers {

namespace {

constexpr size_t kMostMembers = 32;  // of a group; four are the rule

// The hashes of each group, as places in the list.
class Groups {
 public:
  template <class GroupOf>
  Groups(std::span<const uint64_t> hashes, size_t groups, GroupOf group_of) : ends_(groups), members_(hashes.size()) {
    for (const uint64_t hash : hashes) ++ends_[group_of(hash)];
    uint32_t end = 0;
    for (uint32_t& size : ends_) size = end += size;
    std::vector<uint32_t> begins = ends_;
    for (uint32_t i = 0; i < hashes.size(); ++i) members_[--begins[group_of(hashes[i])]] = i;
  }
  std::span<const uint32_t> members(size_t group) const {
    const uint32_t begin = group == 0 ? 0 : ends_[group - 1];
    return std::span(members_).subspan(begin, ends_[group] - begin);
  }

 private:
  std::vector<uint32_t> ends_, members_;
};

}  // namespace

bool PerfectSlots::build(std::span<const uint64_t> hashes, std::vector<uint32_t>& slots) {
  const size_t groups = std::bit_ceil(hashes.size() / 4 + 2);
  group_shift_ = 64 - std::countr_zero(groups);
  slot_shift_ = 64 - std::countr_zero(std::bit_ceil(hashes.size() * 5 / 4 + 2));
  numbers_ = SharedArray<uint8_t>(groups);
  slots.resize(hashes.size());
  std::vector<bool> is_taken(size());

  // Large groups first, while most slots are free.
  const SlotOfHash slot_of = view();
  const Groups grouped(hashes, groups, [&](uint64_t hash) { return slot_of.group(hash); });
  std::array<std::vector<uint32_t>, kMostMembers + 1> by_size;
  for (uint32_t group = 0; group < groups; ++group) {
    const size_t size = grouped.members(group).size();
    if (size > kMostMembers) return false;
    if (size > 0) by_size[size].push_back(group);
  }
  std::array<uint32_t, kMostMembers> found;
  for (size_t size = kMostMembers; size > 0; --size) {
    for (const uint32_t group : by_size[size]) {
      const std::span<const uint32_t> members = grouped.members(group);
      const auto find_slots = [&](uint32_t number) {
        for (size_t i = 0; i < size; ++i) {
          found[i] = static_cast<uint32_t>(slot_of.with(hashes[members[i]], number));
          if (is_taken[found[i]] || std::find(found.data(), found.data() + i, found[i]) != &found[i]) return false;
        }
        return true;
      };
      uint32_t number = 0;
      while (!find_slots(number)) {
        if (++number > UINT8_MAX) return false;
      }
      numbers_.writable()[group] = static_cast<uint8_t>(number);
      for (size_t i = 0; i < size; ++i) {
        slots[members[i]] = found[i];
        is_taken[found[i]] = true;
      }
    }
  }
  return true;
}

}  // namespace leanformers
