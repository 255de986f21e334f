#pragma once
// Artifacts as directories: datasets, checkpoints, reports. A manifest lists every file with its
// size and SHA-256; the artifact's digest is SHA-256 over the sorted (path, size, SHA-256), so
// attempt, time, host and rank count are not in it. Two-phase: files first, durable, then the
// manifest by rename. Any thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace orch::storage {

/// Relative to the artifact's directory; not itself listed in it.
inline constexpr char kManifestPath[] = "orch/manifest.json";

struct ArtifactFile {
  std::string path;  ///< relative, with forward slashes, no "." or ".." part
  std::uint64_t size_bytes = 0;
  std::string sha256;
  auto operator<=>(const ArtifactFile&) const = default;
};

struct Manifest {
  std::string kind;                 ///< dataset | checkpoint | report | output
  std::string digest;               ///< of the artifact
  std::vector<ArtifactFile> files;  ///< sorted by path
};

/// SHA-256 over the files, sorted by path: "path NUL size NUL sha256 LF" each.
std::string artifact_digest(std::vector<ArtifactFile> files);

/// Hashes every regular file below `path` but the manifest. Errors: kInvalid for links and other
/// special files.
Result<Manifest> describe_directory(const std::string& path, const std::string& kind);

/// Second phase: fsyncs every file (unless `files_durable`) and folder, then writes the manifest
/// under a temporary name, fsyncs, renames, fsyncs. The directory is an artifact from here on.
Result<void> write_manifest(const std::string& path, const Manifest& manifest,
                            bool files_durable = false);

/// describe_directory + write_manifest. For task kinds that write their files in any way they like.
Result<Manifest> seal_directory(const std::string& path, const std::string& kind);

/// Errors: kNotFound when there is none; kCorrupt when it is not a manifest or its digest is not
/// that of its list.
Result<Manifest> read_manifest(const std::string& path);

/// Every file is there with its size and digest, and no other. Errors: kCorrupt with the first file
/// that differs and how; as read_manifest.
Result<Manifest> verify_directory(const std::string& path);

/// True when the directory holds a manifest (it was sealed; nothing is verified).
bool is_sealed(const std::string& path);

}  // namespace orch::storage
