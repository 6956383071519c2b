#include "files/sentencepiece.h"

#include <bit>
#include <cmath>

#include "unicode/unicode.h"

namespace leanformers {
namespace {

// The file is not as expected.
struct Unexpected {};

struct Field {
  enum class Kind : uint8_t { kNumber, kFloat, kBytes };

  uint32_t number = 0;
  Kind kind = Kind::kNumber;
  uint64_t value = 0;        // of a number, or the bits of a float
  std::string_view content;  // of bytes
  std::string_view all;      // the field as it stands in the message
};

// The fields of a message, one after the other. Nothing is trusted that the bytes claim.
class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  Field next() {
    const std::string_view all = rest_;
    const uint64_t tag = varint();
    Field field;
    if (tag >> 3 == 0 || tag >> 32 != 0) throw Unexpected();
    field.number = static_cast<uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.kind = Field::Kind::kBytes;
        field.content = take(varint());
        break;
      case 5:
        field.kind = Field::Kind::kFloat;
        field.value = fixed(4);
        break;
      default:
        throw Unexpected();
    }
    field.all = all.substr(0, all.size() - rest_.size());
    return field;
  }

 private:
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) throw Unexpected();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // The lowest byte first.
  uint64_t fixed(size_t size) {
    uint64_t value = 0;
    const std::string_view bytes = take(size);
    for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
    return value;
  }

  // A number in groups of seven bits.
  uint64_t varint() {
    constexpr int kBits = 70;
    uint64_t value = 0;
    for (int shift = 0; shift < kBits; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    throw Unexpected();
  }

  std::string_view rest_;
};

constexpr int32_t kNormal = 1;

struct Piece {
  std::string_view text;
  float score = 0;
  int32_t kind = kNormal;
};

Piece read_piece(std::string_view bytes) {
  const auto expect = [](const Field& field, Field::Kind kind) {
    if (field.kind != kind) throw Unexpected();
  };
  Piece piece;
  for (Message message(bytes); !message.at_end();) {
    const Field field = message.next();
    if (field.number == 1) {
      expect(field, Field::Kind::kBytes);
      piece.text = field.content;
    } else if (field.number == 2) {
      expect(field, Field::Kind::kFloat);
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    } else if (field.number == 3) {
      expect(field, Field::Kind::kNumber);
      piece.kind = static_cast<int32_t>(field.value);
    }
  }
  if (!unicode::is_valid(piece.text) || !std::isfinite(piece.score)) throw Unexpected();
  return piece;
}

}  // namespace

std::optional<SentencePieces> read_sentencepieces(std::string_view file) {
  if (file.size() >= UINT32_MAX) return std::nullopt;  // more than a StringList takes
  try {
    SentencePieces found;
    StringList<double> pieces;
    for (Message message(file); !message.at_end();) {
      const Field field = message.next();
      if (field.number != 1) {
        found.others += field.all;
        continue;
      }
      if (field.kind != Field::Kind::kBytes) throw Unexpected();
      const Piece piece = read_piece(field.content);
      if (piece.kind != kNormal) found.kinds.emplace_back(pieces.size(), piece.kind);
      pieces.add(piece.text, piece.score);
    }
    found.pieces = ScoredTokens(std::move(pieces));
    return found;
  } catch (const Unexpected&) {
    return std::nullopt;
  }
}

}  // namespace leanformers
