#pragma once
// The out directory of a `command` attempt as an artifact: durable, then digested. Slow; runs on a
// background thread.

#include <string>

#include "worker/reactor.h"

namespace orch::worker {

/// fsyncs every file and folder below `path`, then digests. Never fails: an empty digest and words.
DirectoryDescribed describe_directory(const AttemptId& id, const std::string& path);

}  // namespace orch::worker
