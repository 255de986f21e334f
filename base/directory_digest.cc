#include "base/directory_digest.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/sha256.h"

namespace orch {
namespace {
namespace fs = std::filesystem;

// Well-formed by length and continuation bytes; enough for names to survive JSON.
bool is_utf8(const std::string& text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80         ? 0
                             : (lead >> 5) == 6  ? 1
                             : (lead >> 4) == 14 ? 2
                             : (lead >> 3) == 30 ? 3
                                                 : 4;
    if (more == 4 || i + more >= text.size() + (more == 0)) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) >> 6) != 2) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace

std::string directory_digest(std::vector<DigestedFile> files) {
  std::sort(files.begin(), files.end());
  Sha256 hash;
  for (const DigestedFile& file : files) {
    hash.update(file.path);
    hash.update("\0", 1);
    hash.update(std::to_string(file.size_bytes));
    hash.update("\0", 1);
    hash.update(file.sha256);
    hash.update("\n", 1);
  }
  return hash.hex();
}

Result<std::vector<std::string>> artifact_paths(const std::string& directory) {
  std::error_code code;
  std::vector<std::string> paths;
  for (fs::recursive_directory_iterator it(directory, code), end; !code && it != end;
       it.increment(code)) {
    const fs::file_status status = it->symlink_status(code);
    if (code) break;
    if (status.type() == fs::file_type::directory) continue;
    const std::string path = it->path().lexically_relative(directory).string();
    if (status.type() != fs::file_type::regular) {
      return invalid(it->path().string() + " is not a regular file: an artifact cannot hold it",
                     "copy what it refers to into the directory");
    }
    if (!is_utf8(path)) return invalid(directory + " holds a file whose name is not UTF-8");
    if (path != kManifestPath && !path.ends_with(kCacheSuffix)) paths.push_back(path);
  }
  if (code) return system_error("cannot list " + directory, code.value());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::vector<DigestedFile>> digest_directory(const std::string& directory) {
  ORCH_ASSIGN(const std::vector<std::string> paths, artifact_paths(directory));
  std::vector<DigestedFile> files;
  for (const std::string& path : paths) {
    const std::string full = join_path(directory, path);
    ORCH_ASSIGN(const std::uint64_t size, file_size(full));
    ORCH_ASSIGN(std::string sha256, sha256_file(full));
    files.push_back({path, size, std::move(sha256)});
  }
  return files;
}

}  // namespace orch
