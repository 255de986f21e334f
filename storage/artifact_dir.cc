#include "storage/artifact_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/sha256.h"

namespace orch::storage {
namespace {
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::uint64_t kManifestBytesMax = std::uint64_t{64} << 20;
constexpr int kVersion = 1;

Result<void> sync_file(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error("cannot open " + path, errno);
  if (::fsync(fd.get()) != 0) return system_error("cannot fsync " + path, errno);
  return {};
}

// The directory, every folder in it, and the folder that holds it.
Result<void> sync_folders(const std::string& path, const Manifest& manifest) {
  std::set<std::string> folders = {path, join_path(path, "orch")};
  for (const DigestedFile& file : manifest.files) {
    for (fs::path part = fs::path(file.path).parent_path(); !part.empty();
         part = part.parent_path()) {
      folders.insert(join_path(path, part.string()));
    }
  }
  for (const std::string& folder : folders) ORCH_TRY(sync_directory(folder));
  const std::string parent = fs::absolute(path).lexically_normal().parent_path().string();
  return sync_directory(parent);
}

std::string manifest_text(const Manifest& manifest) {
  Json files = Json::array();
  for (const DigestedFile& file : manifest.files) {
    files.push_back({{"path", file.path}, {"size", file.size_bytes}, {"sha256", file.sha256}});
  }
  const Json json = {{"version", kVersion},
                     {"kind", manifest.kind},
                     {"digest", manifest.digest},
                     {"files", files}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool stays_inside(const std::string& path) {
  if (path.empty() || path[0] == '/') return false;
  for (const fs::path& part : fs::path(path)) {
    if (part == ".." || part == "." || part.empty()) return false;
  }
  return true;
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

const DigestedFile* find(const Manifest& manifest, const std::string& path) {
  for (const DigestedFile& file : manifest.files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

Result<DigestedFile> parse_file(const Json& json, const std::string& where) {
  if (!json.is_object() || !json.contains("path") || !json.at("path").is_string() ||
      !json.contains("size") || !json.at("size").is_number_unsigned() || !json.contains("sha256") ||
      !json.at("sha256").is_string()) {
    return corrupt(where + ": an entry of 'files' is not {path, size, sha256}");
  }
  DigestedFile file{json.at("path").get<std::string>(), json.at("size").get<std::uint64_t>(),
                    json.at("sha256").get<std::string>()};
  if (!stays_inside(file.path))
    return corrupt(where + ": path '" + file.path + "' leaves the directory");
  if (!is_sha256(file.sha256)) return corrupt(where + ": '" + file.path + "' has no SHA-256");
  return file;
}

}  // namespace

Manifest make_manifest(const std::string& kind, std::vector<DigestedFile> files) {
  std::sort(files.begin(), files.end());
  Manifest manifest{kind, directory_digest(files), {}};
  manifest.files = std::move(files);
  return manifest;
}

Result<Manifest> describe_directory(const std::string& path, const std::string& kind) {
  ORCH_ASSIGN(std::vector<DigestedFile> files, digest_directory(path));
  return make_manifest(kind, std::move(files));
}

Result<void> write_manifest(const std::string& path, const Manifest& manifest, bool files_durable) {
  ORCH_TRY(make_directories(join_path(path, "orch")));
  if (!files_durable) {
    for (const DigestedFile& file : manifest.files) ORCH_TRY(sync_file(join_path(path, file.path)));
  }
  ORCH_TRY(sync_folders(path, manifest));
  return write_file_atomic(join_path(path, kManifestPath), manifest_text(manifest));
}

Result<Manifest> seal_directory(const std::string& path, const std::string& kind) {
  ORCH_ASSIGN(Manifest manifest, describe_directory(path, kind));
  ORCH_TRY(write_manifest(path, manifest));
  return manifest;
}

Result<Manifest> read_manifest(const std::string& path) {
  const std::string where = join_path(path, kManifestPath);
  ORCH_ASSIGN(const std::string text, read_file(where, kManifestBytesMax));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("files") || !json.at("files").is_array() ||
      !json.contains("digest") || !json.at("digest").is_string() || !json.contains("kind") ||
      !json.at("kind").is_string()) {
    return corrupt(where + ": not a manifest");
  }
  if (!json.contains("version") || json.at("version") != kVersion) {
    return corrupt(where + ": not a manifest of version " + std::to_string(kVersion));
  }
  std::vector<DigestedFile> files;
  for (const Json& entry : json.at("files")) {
    ORCH_ASSIGN(DigestedFile file, parse_file(entry, where));
    files.push_back(std::move(file));
  }
  Manifest manifest = make_manifest(json.at("kind").get<std::string>(), std::move(files));
  if (manifest.digest != json.at("digest").get<std::string>()) {
    return corrupt(where + ": its digest is not that of its list of files");
  }
  return manifest;
}

Result<void> verify_file(const std::string& path, const Manifest& manifest,
                         const std::string& relative_path) {
  const std::string full = join_path(path, relative_path);
  const DigestedFile* file = find(manifest, relative_path);
  if (file == nullptr) return corrupt(full + " is not listed in " + kManifestPath);
  if (!file_exists(full)) return corrupt(full + " is missing: " + kManifestPath + " lists it");
  ORCH_ASSIGN(const std::uint64_t size, file_size(full));
  if (size != file->size_bytes) {
    return corrupt(full + " is " + std::to_string(size) + " bytes, its manifest says " +
                   std::to_string(file->size_bytes));
  }
  ORCH_ASSIGN(const std::string sha256, sha256_file(full));
  if (sha256 != file->sha256) {
    return corrupt(full + " has other content than its manifest says (SHA-256 " +
                   sha256.substr(0, 12) + "… instead of " + file->sha256.substr(0, 12) + "…)");
  }
  return {};
}

Result<Manifest> verify_directory(const std::string& path) {
  ORCH_ASSIGN(Manifest manifest, read_manifest(path));
  ORCH_ASSIGN(const std::vector<std::string> paths, artifact_paths(path));
  for (const DigestedFile& file : manifest.files) ORCH_TRY(verify_file(path, manifest, file.path));
  for (const std::string& found : paths) {
    if (find(manifest, found) == nullptr) {
      return corrupt(join_path(path, found) + " is not listed in " + kManifestPath);
    }
  }
  return manifest;
}

bool is_sealed(const std::string& path) { return file_exists(join_path(path, kManifestPath)); }

}  // namespace orch::storage
