// cancel, pause, resume, retry: one order to the coordinator each, and wait, which follows a job to
// its end.
#include <nlohmann/json.hpp>

#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

int control(Session& session, protocol::ControlVerb verb, const char* undo) {
  const Options& options = session.options();
  auto reply = session.ask<protocol::ControlReply>(protocol::Control{verb, options.name});
  if (!reply.ok()) return fail(options, reply.error());
  if (options.output == Output::kTable) {
    if (!options.quiet) {
      std::printf("%s: %s\n", reply->name.c_str(), reply->text.c_str());
      if (undo != nullptr)
        std::fprintf(stderr, "undo: orchctl %s %s\n", undo, options.name.c_str());
    }
  } else {
    print_record(options.output, {{"name", reply->name}, {"state", reply->text}});
  }
  return kExitDone;
}

}  // namespace

int cancel(Session& session) { return control(session, protocol::ControlVerb::kCancel, "retry"); }
int pause(Session& session) { return control(session, protocol::ControlVerb::kPause, "resume"); }
int resume(Session& session) { return control(session, protocol::ControlVerb::kResume, "pause"); }
int retry(Session& session) { return control(session, protocol::ControlVerb::kRetry, "cancel"); }

}  // namespace orch::orchctl
