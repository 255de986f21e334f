#include "coordinator/explain.h"
#include "coordinator/names.h"
#include "coordinator/step.h"

namespace orch::coordinator {

void on_explain(Step& step, const ClientKey& client, const protocol::Explain& request) {
  const auto named = resolve_name(step.state, request.job);
  if (!named.ok()) return step.refuse(client, named.error());
  step.reply(client, explain(step.state, *named, step.now));
}

}  // namespace orch::coordinator
