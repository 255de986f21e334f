#include "jobs/data/dataset.h"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "base/file.h"
#include "base/sha256.h"
#include "jobs/data/shard_format.h"

namespace orch::data {

namespace {

constexpr std::uint64_t kManifestBytesMax = std::uint64_t{16} << 20;

struct Listed {
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Manifest {
  std::map<std::string, Listed> files;
  struct Entry {
    std::string name;
    std::uint64_t documents = 0, tokens = 0;
  };
  std::vector<Entry> sources;
  std::int64_t vocabulary = 0, end_of_text = -1;
};

Result<Manifest> parse_manifest(const std::string& text, const std::string& path) {
  const auto bad = [&](const std::string& what) { return corrupt(path + ": " + what); };
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(text.data(), text.size()).get(root)) return bad("is not a JSON object");
  Manifest manifest;
  std::int64_t version = 0;
  if (root["version"].get(version) || version != 1) return bad("version 1 expected");
  if (root["vocabulary"].get(manifest.vocabulary) || manifest.vocabulary < 1 ||
      manifest.vocabulary > 1 << 24)
    return bad("\"vocabulary\" is missing or wrong");
  if (root["end_of_text"].get(manifest.end_of_text) || manifest.end_of_text < 0 ||
      manifest.end_of_text >= manifest.vocabulary)
    return bad("\"end_of_text\" is missing or wrong");
  simdjson::dom::array sources, files;
  if (root["sources"].get(sources) || root["files"].get(files))
    return bad("\"sources\" or \"files\" is missing");
  for (const auto e : sources) {
    Manifest::Entry entry;
    std::string_view name;
    if (e["name"].get(name) || e["documents"].get(entry.documents) || e["tokens"].get(entry.tokens))
      return bad("an entry of \"sources\" is wrong");
    entry.name = name;
    manifest.sources.push_back(std::move(entry));
  }
  for (const auto e : files) {
    Listed listed;
    std::string_view name, digest;
    if (e["path"].get(name) || e["bytes"].get(listed.bytes) || e["sha256"].get(digest))
      return bad("an entry of \"files\" is wrong");
    listed.sha256 = digest;
    manifest.files.emplace(name, std::move(listed));
  }
  if (manifest.sources.empty()) return bad("no sources");
  return manifest;
}

}  // namespace

struct Dataset::Mapping {
  void* data = nullptr;
  std::size_t size = 0;
};

namespace {

/// Where a file and what the manifest says of it differ.
Result<void> check_listed(const std::string& path, const Listed& listed, Verify verify) {
  const auto size = file_size(path);
  if (!size.ok()) return corrupt(path + ": is missing");
  if (*size != listed.bytes)
    return corrupt(path + ": has " + std::to_string(*size) + " bytes, the manifest says " +
                   std::to_string(listed.bytes));
  if (verify == Verify::kLengths) return {};
  ORCH_ASSIGN(const std::string digest, sha256_file(path));
  if (digest != listed.sha256)
    return corrupt(path + ": its SHA-256 is not the one in the manifest");
  return {};
}

Result<const ShardHeader*> check_header(const void* data, std::size_t size, const std::string& path,
                                        const char (&magic)[8], std::uint64_t count) {
  if (size < sizeof(ShardHeader)) return corrupt(path + ": is shorter than its header");
  const auto* header = static_cast<const ShardHeader*>(data);
  if (std::memcmp(header->magic, magic, sizeof magic) != 0)
    return corrupt(path + ": is not such a file");
  if (header->version != kShardVersion)
    return corrupt(path + ": version " + std::to_string(header->version));
  if (header->item_bytes != 2 && header->item_bytes != 4 && header->item_bytes != 8)
    return corrupt(path + ": items of " + std::to_string(header->item_bytes) + " bytes");
  if (header->count != count || (size - sizeof(ShardHeader)) / header->item_bytes != count)
    return corrupt(path + ": holds " + std::to_string(header->count) +
                   " items, the manifest says " + std::to_string(count));
  return header;
}

}  // namespace

Dataset::~Dataset() {
  for (const auto& mapping : mappings_) ::munmap(mapping.data, mapping.size);
}

Result<std::unique_ptr<Dataset>> Dataset::open(const std::string& directory, Verify verify) {
  const std::string manifest_path = join_path(directory, kManifestName);
  auto text = read_file(manifest_path, kManifestBytesMax);
  if (!text.ok() && text.error().code == Code::kNotFound)
    return not_found(directory + ": is not a dataset: no " + kManifestName);
  if (!text.ok()) return text.error();
  ORCH_ASSIGN(const Manifest manifest, parse_manifest(*text, manifest_path));
  std::unique_ptr<Dataset> dataset(new Dataset());
  dataset->directory_ = directory;
  dataset->digest_ = sha256_hex(*text);
  dataset->vocabulary_ = static_cast<int>(manifest.vocabulary);
  dataset->end_of_text_ = static_cast<std::int32_t>(manifest.end_of_text);
  for (const auto& [name, listed] : manifest.files)
    ORCH_TRY(check_listed(join_path(directory, name), listed, verify));
  const auto map = [&](const std::string& name) -> Result<Mapping> {
    const std::string path = join_path(directory, name);
    if (!manifest.files.count(name)) return corrupt(manifest_path + ": does not list " + name);
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return system_error(path, errno);
    ORCH_ASSIGN(const std::uint64_t size, file_size(path));
    if (size == 0) return corrupt(path + ": is empty");
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return system_error(path, errno);
    dataset->mappings_.push_back({data, size});
    return dataset->mappings_.back();
  };
  for (const auto& entry : manifest.sources) {
    Source source;
    source.name_ = entry.name;
    source.documents_ = entry.documents;
    source.tokens_ = entry.tokens;
    const std::string tokens = entry.name + "/tokens.bin",
                      documents = entry.name + "/documents.bin";
    ORCH_ASSIGN(const Mapping ids, map(tokens));
    ORCH_ASSIGN(
        const auto* ids_header,
        check_header(ids.data, ids.size, join_path(directory, tokens), kTokensMagic, entry.tokens));
    ORCH_ASSIGN(const Mapping ends, map(documents));
    ORCH_ASSIGN(const auto* ends_header,
                check_header(ends.data, ends.size, join_path(directory, documents), kDocumentsMagic,
                             entry.documents));
    if (ids_header->item_bytes == 8 || ends_header->item_bytes != 8)
      return corrupt(directory + ": source '" + entry.name + "': wrong item sizes");
    source.wide_ = ids_header->item_bytes == 4;
    source.ids_ = static_cast<const char*>(ids.data) + sizeof(ShardHeader);
    source.ends_ = reinterpret_cast<const std::uint64_t*>(static_cast<const char*>(ends.data) +
                                                          sizeof(ShardHeader));
    ORCH_TRY(dataset->check_source(source, verify));
    dataset->sources_.push_back(std::move(source));
  }
  return dataset;
}

Result<void> Dataset::check_source(const Source& source, Verify verify) const {
  const std::string where = directory_ + ": source '" + source.name_ + "': ";
  std::uint64_t last = 0;
  for (std::uint64_t d = 0; d < source.documents_; ++d) {
    if (source.ends_[d] <= last)
      return corrupt(where + "document " + std::to_string(d) + " ends before it begins");
    last = source.ends_[d];
  }
  if (source.documents_ == 0 || last != source.tokens_)
    return corrupt(where + "the documents do not fill the tokens");
  if (verify == Verify::kLengths) return {};
  for (std::uint64_t i = 0; i < source.tokens_; ++i)
    if (source.token(i) < 0 || source.token(i) >= vocabulary_)
      return corrupt(where + "token " + std::to_string(i) + " is not in the vocabulary");
  return {};
}

const Source* Dataset::find(std::string_view name) const {
  for (const auto& source : sources_)
    if (source.name() == name) return &source;
  return nullptr;
}

}  // namespace orch::data
