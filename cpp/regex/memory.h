// What became of positions at the points of the graph where paths join. This is what makes backtracking linear: nothing
// is tried twice at the same point and position.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace leanformers::regex {

// Four bits for each point and position from `base_` on; what has not been stored is 0.
class Memory {
 public:
  explicit Memory(size_t points) : points_(points), row_size_((points + 1) / 2) {}

  uint8_t get(size_t point, size_t at) const {
    const size_t row = at - base_;
    if (row >= rows_) return 0;
    return bytes_[row * row_size_ + point / 2] >> (point % 2 * 4) & 0xF;
  }

  void set(size_t point, size_t at, uint8_t value) {
    const size_t row = at - base_;
    if (row >= rows_) {
      rows_ = row + 1;
      bytes_.resize(rows_ * row_size_, 0);
    }
    uint8_t& byte = bytes_[row * row_size_ + point / 2];
    const int shift = point % 2 * 4;
    byte = static_cast<uint8_t>((byte & ~(0xF << shift)) | value << shift);
  }

  // No search will come back to before `at`. Rows are moved only when there are fewer to keep than to drop.
  void forget_before(size_t at) {
    const size_t dropped = at - base_;
    if (dropped >= rows_) {
      rows_ = 0;
      bytes_.clear();
    } else if (dropped > rows_ / 2) {
      rows_ -= dropped;
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(dropped * row_size_));
    } else {
      return;
    }
    base_ = at;
  }

 private:
  size_t points_, row_size_, base_ = 0, rows_ = 0;
  std::vector<uint8_t> bytes_;
};

}  // namespace leanformers::regex
