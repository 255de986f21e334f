#pragma once
// One function a verb, one file a verb (or a family of alike verbs). Each prints its result and
// returns the exit code.

#include "orchctl/options.h"

namespace orch::orchctl {

class Session;

int up(Session& session);
int down(Session& session);
int submit(Session& session);
int get(Session& session);
int describe(Session& session);
int explain(Session& session);
int logs(Session& session);
int metrics(Session& session);
int cancel(Session& session);
int pause(Session& session);
int resume(Session& session);
int retry(Session& session);
int wait(Session& session);
int lineage(Session& session);
int report(Session& session);
int export_artifact(Session& session);
int validate(Session& session);
int schema(Session& session);
int version(Session& session);

}  // namespace orch::orchctl
