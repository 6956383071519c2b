#include "stored_plan.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "archive.h"

namespace leanformers {

extern const char* const kSourcesHash;  // sources_hash.cc, which the build writes

namespace {

constexpr std::array<char, 8> kMagic{'l', 'e', 'a', 'n', 'p', 'l', 'a', 'n'};

struct Header {
  std::array<char, 8> magic;
  uint64_t checksum;  // of all bytes after it
  uint64_t size;      // of the file
  std::array<char, 32> key;
  uint64_t reserved;
};
static_assert(sizeof(Header) == kArrayAlignment);
constexpr size_t kUnchecked = offsetof(Header, size);

// Four lanes of eight bytes a step. Each step is a bijection of a lane's state and of the bytes: one changed word
// always shows.
uint64_t checksum(std::span<const char> bytes) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
  std::array<uint64_t, 4> lanes{1, 2, 3, bytes.size()};
  const auto mix = [](uint64_t& lane, uint64_t word) { lane = std::rotl((lane ^ word) * kFactor, 29); };
  size_t at = 0;
  for (; at + sizeof lanes <= bytes.size(); at += sizeof lanes) {
    std::array<uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data() + at, sizeof words);
    for (size_t lane = 0; lane < lanes.size(); ++lane) mix(lanes[lane], words[lane]);
  }
  for (; at < bytes.size(); ++at) mix(lanes[0], static_cast<unsigned char>(bytes[at]));
  uint64_t sum = 0;
  for (const uint64_t lane : lanes) mix(sum, lane);
  return sum ^ sum >> 32;
}

template <class Archive>
void archive_tables(Archive& a, StoredPlan& plan) {
  a(plan.rest, plan.tables.vocabulary, plan.tables.pieces);
  bool has_merges = plan.tables.merges.has_value();
  a(has_merges);
  if (!has_merges) return;
  if (!plan.tables.merges) plan.tables.merges.emplace();
  a(plan.tables.merges->merges, plan.tables.merges->joined);
}

// A model of the kind that stands at `kind` in the variant.
template <size_t kKind = 0>
CompiledModel empty_model(size_t kind) {
  using Models = decltype(CompiledModel::model);
  if constexpr (kKind == std::variant_size_v<Models>) {
    throw DamagedArchive();
  } else {
    if (kind == kKind) return {Models(std::in_place_index<kKind>)};
    return empty_model<kKind + 1>(kind);
  }
}

template <class Archive>
void archive_model(Archive& a, CompiledModel& compiled) {
  uint64_t kind = compiled.model.index();
  a(kind);
  if (kind != compiled.model.index()) compiled = empty_model(kind);
  std::visit([&a](auto& model) { a(model); }, compiled.model);
}

}  // namespace

const std::string& build_stamp() {
  static const std::string kStamp = std::string(kSourcesHash) + " " + __VERSION__ + " " +
                                    std::to_string(sizeof(void*)) +
                                    (std::endian::native == std::endian::little ? " little" : " big");
  return kStamp;
}

std::string write_plan(std::string_view key, const StoredPlan& plan) {
  Header header{kMagic, 0, 0, {}, 0};
  if (key.size() != header.key.size()) throw std::invalid_argument("the key of a plan has 32 bytes");
  std::memcpy(header.key.data(), key.data(), key.size());
  ArchiveWriter writer(std::string(sizeof header, '\0'));
  StoredPlan copy = plan;  // which shares all tables: an archive takes what it could also read into
  archive_tables(writer, copy);
  archive_model(writer, copy.model);
  std::string file = writer.take();
  header.size = file.size();
  std::memcpy(file.data(), &header, sizeof header);
  header.checksum = checksum(std::span(file).subspan(kUnchecked));
  std::memcpy(file.data(), &header, sizeof header);
  return file;
}

std::optional<StoredPlan> read_plan(std::string_view key, std::span<const char> file,
                                    std::shared_ptr<const void> owner) {
  Header header;
  if (file.size() < sizeof header || std::bit_cast<uintptr_t>(file.data()) % kArrayAlignment != 0) return std::nullopt;
  std::memcpy(&header, file.data(), sizeof header);
  if (header.magic != kMagic || header.size != file.size() || key != std::string_view(header.key.data(), 32) ||
      header.checksum != checksum(file.subspan(kUnchecked))) {
    return std::nullopt;
  }
  try {
    StoredPlan plan;
    ArchiveReader reader(file, sizeof header, std::move(owner));
    archive_tables(reader, plan);
    archive_model(reader, plan.model);
    if (reader.at_end()) return plan;
  } catch (const DamagedArchive&) {
  }
  return std::nullopt;
}

}  // namespace leanformers
