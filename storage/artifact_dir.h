#pragma once
// Artifacts as directories: datasets, checkpoints, reports. A manifest (orch/manifest.json) lists
// every file with its size and SHA-256; the digest of that list names the artifact
// (base/directory_digest.h). Two-phase: the files first, durable, then the manifest by rename. Any
// thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/directory_digest.h"
#include "base/result.h"

namespace orch::storage {

struct Manifest {
  std::string kind;                 ///< dataset | checkpoint | report | output
  std::string digest;               ///< of the artifact
  std::vector<DigestedFile> files;  ///< sorted by path
};

/// Sorts the files and computes the digest.
Manifest make_manifest(const std::string& kind, std::vector<DigestedFile> files);

/// Hashes every file below `path` but the manifest. Errors: as digest_directory.
Result<Manifest> describe_directory(const std::string& path, const std::string& kind);

/// Second phase: fsyncs every file (unless `files_durable`) and folder, then writes the manifest
/// under a temporary name, fsyncs, renames, fsyncs. The directory is an artifact from here on.
Result<void> write_manifest(const std::string& path, const Manifest& manifest,
                            bool files_durable = false);

/// describe_directory + write_manifest. For task kinds that write their files in any way they like.
Result<Manifest> seal_directory(const std::string& path, const std::string& kind);

/// Errors: kNotFound when there is none; kCorrupt when it is not a manifest, names a file outside
/// the directory, or its digest is not that of its list.
Result<Manifest> read_manifest(const std::string& path);

/// Every file is there with its size and digest, and no other. Errors: kCorrupt with the first file
/// that differs and how; as read_manifest.
Result<Manifest> verify_directory(const std::string& path);

/// One file against the manifest: kCorrupt when it is not listed, or its size or digest differs.
Result<void> verify_file(const std::string& path, const Manifest& manifest,
                         const std::string& relative_path);

/// True when the directory holds a manifest (it was sealed; nothing is verified).
bool is_sealed(const std::string& path);

}  // namespace orch::storage
