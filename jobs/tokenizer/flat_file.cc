#include "jobs/tokenizer/flat_file.h"

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/random.h"

namespace orch::tokenizer {

namespace {

constexpr char kMagic[8] = {'O', 'r', 'c', 'h', 'T', 'o', 'k', '\n'};
/// Rises with every change of what is in the file or of what it means.
constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kByteOrder = 0x01020304;

struct Header {
  char magic[8];
  std::uint32_t version, byte_order;
  ContentDigest source, content;
  char gap[16];
};
constexpr std::size_t kAlignment = 64;
static_assert(sizeof(Header) % kAlignment == 0);

std::size_t padded(std::size_t size_bytes) {
  return (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
}

ContentDigest digest_of(const std::vector<std::string_view>& parts) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const std::string_view part : parts) XXH3_128bits_update(&state, part.data(), part.size());
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64};
}

/// The whole file, unmapped when nothing needs it any more; null: cannot be read.
std::shared_ptr<const void> map_file(const std::string& path, std::size_t& size_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
  size_bytes = static_cast<std::size_t>(info.st_size);
  if (size_bytes < sizeof(Header)) return nullptr;
  void* const address =
      ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (address == MAP_FAILED) return nullptr;
  return {address, [size_bytes](const void* p) { ::munmap(const_cast<void*>(p), size_bytes); }};
}

}  // namespace

ContentDigest content_digest(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

void FlatWriter::copy(std::string_view bytes) {
  if (parts_.empty() || parts_.back().copied_bytes == 0) parts_.push_back({});
  parts_.back().copied_bytes += bytes.size();
  copied_ += bytes;
}

// Each array begins at a multiple of kAlignment, behind its size.
void FlatWriter::append(std::string_view bytes) {
  constexpr char kGap[kAlignment] = {};
  const std::uint64_t size_bytes = bytes.size();
  char size[kAlignment] = {};
  std::memcpy(size, &size_bytes, sizeof size_bytes);
  copy({size, sizeof size});
  if (bytes.size() > kCopiedBytesMax)
    parts_.push_back({bytes, 0});
  else
    copy(bytes);
  copy({kGap, padded(bytes.size()) - bytes.size()});
}

Result<void> FlatWriter::write(const std::string& path, const ContentDigest& source) const {
  std::vector<std::string_view> parts;
  std::size_t copied = 0;
  for (const Part& part : parts_) {
    const bool is_copy = part.copied_bytes > 0;
    parts.push_back(is_copy ? std::string_view(copied_).substr(copied, part.copied_bytes)
                            : part.text);
    copied += part.copied_bytes;
  }
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.byte_order = kByteOrder;
  header.source = source;
  header.content = digest_of(parts);
  const std::string temporary = path + ".tmp-" + random_hex(6);
  FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return unavailable("cannot create " + temporary);
  Result<void> written = write_all(file.get(), &header, sizeof header, temporary);
  for (std::size_t i = 0; i < parts.size() && written.ok(); ++i)
    written = write_all(file.get(), parts[i].data(), parts[i].size(), temporary);
  file.reset();
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = unavailable("cannot rename " + temporary + " to " + path);
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

FlatReader FlatReader::open(const std::string& path) {
  FlatReader reader;
  std::size_t size_bytes = 0;
  reader.mapping_ = map_file(path, size_bytes);
  if (!reader.mapping_) return reader;
  const std::string_view all(static_cast<const char*>(reader.mapping_.get()), size_bytes);
  Header header{};
  std::memcpy(&header, all.data(), sizeof header);
  reader.rest_ = all.substr(sizeof header);
  reader.source_ = header.source;
  reader.ok_ = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 &&
               header.version == kVersion && header.byte_order == kByteOrder &&
               header.content == content_digest(reader.rest_);
  return reader;
}

std::string_view FlatReader::part() {
  std::uint64_t size_bytes = 0;
  if (!ok_ || rest_.size() < kAlignment) {
    ok_ = false;
    return {};
  }
  std::memcpy(&size_bytes, rest_.data(), sizeof size_bytes);
  rest_.remove_prefix(kAlignment);
  if (size_bytes > rest_.size() || padded(size_bytes) > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view found = rest_.substr(0, size_bytes);
  rest_.remove_prefix(padded(size_bytes));
  return found;
}

}  // namespace orch::tokenizer
