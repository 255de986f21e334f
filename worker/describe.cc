#include "worker/describe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/directory_digest.h"
#include "base/file.h"

namespace orch::worker {
namespace {

Result<void> sync_file(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error("cannot open " + path, errno);
  if (::fsync(fd.get()) != 0) return system_error("cannot fsync " + path, errno);
  return {};
}

Result<std::string> describe(const std::string& path) {
  ORCH_ASSIGN(const std::vector<std::string> files, artifact_paths(path));
  std::set<std::string> folders = {path};
  for (const std::string& file : files) {
    ORCH_TRY(sync_file(join_path(path, file)));
    for (auto slash = file.rfind('/'); slash != std::string::npos && slash > 0;
         slash = file.rfind('/', slash - 1)) {
      folders.insert(join_path(path, file.substr(0, slash)));
    }
  }
  for (const std::string& folder : folders) ORCH_TRY(sync_directory(folder));
  ORCH_ASSIGN(std::vector<DigestedFile> digests, digest_directory(path));
  return directory_digest(std::move(digests));
}

}  // namespace

DirectoryDescribed describe_directory(const AttemptId& id, const std::string& path) {
  Result<std::string> digest = describe(path);
  if (digest.ok()) return {id, path, *digest, ""};
  return {id, path, "", "the out directory cannot be read: " + digest.error().message};
}

}  // namespace orch::worker
