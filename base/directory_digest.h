#pragma once
// The content digest of a directory: SHA-256 over its sorted (path, size, SHA-256). Attempt, time,
// host, owner and rank count are not in it. Pure but for reading the files. Any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace orch {

struct DigestedFile {
  std::string path;  ///< relative, with forward slashes, UTF-8
  std::uint64_t size_bytes = 0;
  std::string sha256;
  auto operator<=>(const DigestedFile&) const = default;
};

/// Where an artifact's manifest lies in its directory; it lists the files and is itself not in the
/// digest.
inline constexpr char kManifestPath[] = "orch/manifest.json";
/// Files that programs keep beside what they are made from: never part of an artifact.
inline constexpr char kCacheSuffix[] = ".orch-cache";

/// SHA-256 over "path NUL size NUL sha256 LF" of each file, sorted by path.
std::string directory_digest(std::vector<DigestedFile> files);

/// Sorted relative paths of all files below `directory` but the manifest and caches. Errors:
/// kNotFound; kInvalid for links, sockets and other special files, and for names that are not
/// UTF-8.
Result<std::vector<std::string>> artifact_paths(const std::string& directory);

/// Reads and hashes every file of artifact_paths. Errors: as artifact_paths and base/file.h.
Result<std::vector<DigestedFile>> digest_directory(const std::string& directory);

}  // namespace orch
