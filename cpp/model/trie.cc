#include "model/trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <stdexcept>
#include <utility>

namespace leanformers {

namespace {

struct Key {
  uint64_t first_bytes;  // eight, big endian: most comparisons need no more
  uint32_t value;
};

uint64_t first_bytes(std::string_view key) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < 8; ++i) bytes = bytes << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0);
  return bytes;
}

// A set of slots that is searched 64 at a time.
class SlotSet {
 public:
  void add(size_t slot) {
    reserve(slot);
    words_[slot / 64] |= uint64_t{1} << slot % 64;
  }
  // The slots from `first` on, as bits.
  uint64_t window(size_t first) {
    reserve(first + 64);
    const uint64_t low = words_[first / 64] >> first % 64;
    return first % 64 == 0 ? low : low | words_[first / 64 + 1] << (64 - first % 64);
  }

 private:
  void reserve(size_t slot) {
    if (slot / 64 >= words_.size()) words_.resize(slot / 64 * 2 + 16);
  }
  std::vector<uint64_t> words_;
};

}  // namespace

// Goes through the sorted keys level by level, so that the nodes of short beginnings, which most walks end in, lie
// together.
class TrieBuilder {
 public:
  TrieBuilder(const std::vector<std::string_view>& keys, std::vector<Trie::Node>& nodes) : keys_(keys), nodes_(nodes) {
    sort();
    for (size_t slot = 0; slot < 256; ++slot) taken_.add(slot);  // the children of kNoChildren
  }

  // Returns the root's base.
  uint32_t build() {
    std::vector<Branch> level, next_level;
    const uint32_t root = add_children({0, 0, static_cast<uint32_t>(sorted_.size())}, 0, level);
    for (size_t depth = 1; !level.empty(); ++depth) {
      next_level.clear();
      for (const Branch& branch : level) {
        const uint32_t base = add_children(branch, depth, next_level);
        nodes_[branch.slot].base = base;
      }
      level.swap(next_level);
    }
    nodes_.resize(end_ + 256);  // a walk may look at base + 255
    nodes_.shrink_to_fit();
    return root;
  }

 private:
  // A node whose children are yet to be made: of the sorted keys [begin, end), which are longer than the node's depth.
  struct Branch {
    uint32_t slot, begin, end;
  };

  void sort() {
    sorted_.reserve(keys_.size());
    for (uint32_t value = 0; value < keys_.size(); ++value) {
      if (!keys_[value].empty()) sorted_.push_back({first_bytes(keys_[value]), value});
    }
    std::sort(sorted_.begin(), sorted_.end(), [this](const Key& a, const Key& b) {
      if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
      const int order = keys_[a.value].compare(keys_[b.value]);
      return order != 0 ? order < 0 : a.value > b.value;  // of equal keys the last one first
    });
    const auto equal = [this](const Key& a, const Key& b) {
      return a.first_bytes == b.first_bytes && keys_[a.value] == keys_[b.value];
    };
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end(), equal), sorted_.end());
  }

  unsigned char byte(uint32_t key, size_t depth) const {
    const Key& sorted = sorted_[key];
    return static_cast<unsigned char>(depth < 8 ? sorted.first_bytes >> (56 - 8 * depth)
                                                : static_cast<uint64_t>(keys_[sorted.value][depth]));
  }

  // Makes the children of a branch at `depth`, appends those that have children to `branches`, and returns their base.
  uint32_t add_children(const Branch& branch, size_t depth, std::vector<Branch>& branches) {
    labels_.clear();
    begins_.clear();
    for (uint32_t i = branch.begin; i < branch.end; ++i) {
      if (const unsigned char label = byte(i, depth); labels_.empty() || label != labels_.back()) {
        labels_.push_back(label);
        begins_.push_back(i);
      }
    }
    if (labels_.empty()) return Trie::kNoChildren;
    begins_.push_back(branch.end);

    const uint32_t base = find_base();
    bases_.add(base);
    end_ = std::max<size_t>(end_, base + labels_.back() + 1);
    if (nodes_.size() < end_) nodes_.resize(end_ * 2);
    for (size_t child = 0; child < labels_.size(); ++child) {
      const uint32_t slot = base + labels_[child];
      taken_.add(slot);
      nodes_[slot].label = labels_[child];
      uint32_t begin = begins_[child];
      if (keys_[sorted_[begin].value].size() == depth + 1) nodes_[slot].value = sorted_[begin++].value;
      if (begin < begins_[child + 1]) branches.push_back({slot, begin, begins_[child + 1]});
    }
    return base;
  }

  // A base that no node has, with free slots for all of labels_. The search goes on where the last one for as many
  // labels ended, so that all of them together are linear; what they leave free, nodes with few children fill.
  uint32_t find_base() {
    size_t& start = starts_[std::min(labels_.size(), starts_.size() - 1)];
    for (;; start += 64) {
      uint64_t good = ~bases_.window(start - labels_[0]);
      for (unsigned char label : labels_) good &= ~taken_.window(start - labels_[0] + label);
      if (good != 0) return static_cast<uint32_t>(start - labels_[0] + std::countr_zero(good));
    }
  }

  const std::vector<std::string_view>& keys_;
  std::vector<Trie::Node>& nodes_;
  size_t end_ = 256;  // of the slots in use
  std::vector<Key> sorted_;
  SlotSet taken_, bases_;
  std::array<size_t, 32> starts_ = [] {
    std::array<size_t, 32> starts;
    starts.fill(256);
    return starts;
  }();
  std::vector<unsigned char> labels_;  // of the children being added
  std::vector<uint32_t> begins_;       // the sorted keys of each of them begin here
};

Trie::Trie(const std::vector<std::string_view>& keys) {
  if (keys.size() >= kMissing) throw std::invalid_argument("there are too many pieces");
  root_ = TrieBuilder(keys, nodes_).build();
}

}  // namespace leanformers
