#include <cstdio>
#include <nlohmann/json.hpp>

#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {

int version(Session& session) {
  const Options& options = session.options();
  if (options.output != Output::kTable) {
    print_record(options.output,
                 {{"version", ORCH_VERSION}, {"protocol", protocol::kProtocolVersion}});
  } else {
    std::printf("orchctl %s, protocol %u\n", ORCH_VERSION, protocol::kProtocolVersion);
  }
  return kExitDone;
}

}  // namespace orch::orchctl
