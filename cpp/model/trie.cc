#include "model/trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

namespace leanformers {

namespace {

struct Key {
  uint64_t bytes;  // eight of the key, big endian: most comparisons need no more, and eight levels of the trie
  uint32_t value, size;
};

uint64_t eight_bytes(std::string_view key, size_t begin) {
  uint64_t bytes = 0;
  if (begin + 8 <= key.size()) {
    for (size_t i = 0; i < 8; ++i) bytes = bytes << 8 | static_cast<unsigned char>(key[begin + i]);
  } else {
    for (size_t i = begin; i < begin + 8; ++i) {
      bytes = bytes << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0);
    }
  }
  return bytes;
}

// By `bytes`, digit by digit from the last: four times as fast as comparing.
void sort_by_bytes(std::vector<Key>& keys) {
  constexpr int kDigit = 11;
  std::vector<Key> sorted(keys.size());
  for (int shift = 0; shift < 64; shift += kDigit) {
    std::array<size_t, (1 << kDigit) + 1> begins{};
    const auto digit = [shift](const Key& key) { return (key.bytes >> shift) & ((1 << kDigit) - 1); };
    for (const Key& key : keys) ++begins[digit(key) + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    for (const Key& key : keys) sorted[begins[digit(key)]++] = key;
    keys.swap(sorted);
  }
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
    // No trie has more nodes than its keys have bytes, and hardly any slot stays free. Memory that is not written to
    // costs nothing, but moving does.
    size_t bytes = 0;
    for (const std::string_view key : keys) bytes += key.size();
    nodes_.reserve(bytes + 1024);
    sort();
    for (size_t slot = 0; slot < 256; ++slot) taken_.add(slot);  // the children of kNoChildren
  }

  // Returns the root's base.
  uint32_t build() {
    std::vector<Branch> level, next_level;
    const uint32_t root = add_children({0, 0, static_cast<uint32_t>(sorted_.size())}, 0, level);
    for (size_t depth = 1; !level.empty(); ++depth) {
      next_level.clear();
      if (depth % 8 == 0) go_on(depth);
      for (const Branch& branch : level) {
        const uint32_t base = add_children(branch, depth, next_level);
        nodes_[branch.slot].base = base;
      }
      level.swap(next_level);
    }
    nodes_.resize(end_ + 256);  // a walk may look at base + 255
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
      const std::string_view key = keys_[value];
      if (!key.empty()) sorted_.push_back({eight_bytes(key, 0), value, static_cast<uint32_t>(key.size())});
    }
    sort_by_bytes(sorted_);
    const auto comes_before = [this](const Key& a, const Key& b) {
      const int order = keys_[a.value].compare(keys_[b.value]);
      return order != 0 ? order < 0 : a.value > b.value;  // of equal keys the last one first
    };
    for (auto begin = sorted_.begin(); begin != sorted_.end();) {
      const auto end =
          std::find_if(begin, sorted_.end(), [begin](const Key& key) { return key.bytes != begin->bytes; });
      if (end - begin > 1) std::sort(begin, end, comes_before);
      begin = end;
    }
    const auto equal = [this](const Key& a, const Key& b) {
      return a.bytes == b.bytes && keys_[a.value] == keys_[b.value];
    };
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end(), equal), sorted_.end());
  }

  // Has the bytes of the keys that the next eight levels look at.
  void go_on(size_t depth) {
    for (Key& key : sorted_) {
      if (key.size > depth) key.bytes = eight_bytes(keys_[key.value], depth);
    }
  }

  unsigned char byte(uint32_t key, size_t depth) const {
    return static_cast<unsigned char>(sorted_[key].bytes >> (56 - 8 * (depth % 8)));
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
    if (nodes_.size() < end_) nodes_.resize(end_ + end_ / 8);
    for (size_t child = 0; child < labels_.size(); ++child) {
      const uint32_t slot = base + labels_[child];
      taken_.add(slot);
      nodes_[slot].label = labels_[child];
      uint32_t begin = begins_[child];
      if (sorted_[begin].size == depth + 1) nodes_[slot].value = sorted_[begin++].value;
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
  std::vector<Node> nodes;
  root_ = TrieBuilder(keys, nodes).build();
  nodes_ = SharedArray<Node>(std::move(nodes));
}

}  // namespace leanformers
