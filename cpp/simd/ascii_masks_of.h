// AsciiMasks and BertMasks by the operations of a Block: 64 bytes in the registers of one set of instructions.
//
// Files that are compiled for more than the baseline include nothing else, and their Blocks are in a namespace without
// a name: what the linker may share with the rest of the program must run on every processor.
#pragma once

#include "simd/ascii_masks.h"

namespace leanformers {

// The first `size` of 64 bytes, and zeros: of a copy, where a Block cannot read so few by itself.
template <typename Block>
Block block_of(const char* bytes, size_t size) {
  constexpr size_t kBytes = 64;
  if constexpr (requires { Block(bytes, size); }) {
    return Block(bytes, size);
  } else {
    if (size >= kBytes) return Block(bytes);
    char copy[kBytes] = {};
    __builtin_memcpy(copy, bytes, size);
    return Block(copy);
  }
}

// A Block has `minus` and `with` (bitwise or) a byte, and as bits `at_most` and `equal` to a byte, and `high`.
template <typename Block>
AsciiMasks ascii_masks_of(const char* bytes, size_t size) {
  const Block block = block_of<Block>(bytes, size);
  AsciiMasks masks;
  const uint64_t letters = block.with(0x20).minus('a').at_most(25);
  masks.lower = block.minus('a').at_most(25);
  masks.upper = letters ^ masks.lower;
  masks.digits = block.minus('0').at_most(9);
  masks.blanks = block.equal(' ');
  masks.spaces = block.minus('\t').at_most(4) | masks.blanks;
  masks.newlines = block.equal('\n') | block.equal('\r');
  masks.apostrophes = block.equal('\'');
  masks.slashes = block.equal('/');
  masks.high = block.high();
  return masks;
}

template <typename Block>
BertMasks bert_masks_of(const char* bytes) {
  const Block block(bytes);
  const uint64_t letters = block.with(0x20).minus('a').at_most(25) | block.minus('0').at_most(9);
  const uint64_t visible = block.minus('!').at_most('~' - '!');
  const uint64_t spaces = block.equal(' ') | block.minus('\t').at_most(1) | block.equal('\r');
  return {letters, visible & ~letters, ~(visible | spaces)};
}

}  // namespace leanformers
