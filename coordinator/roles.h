#pragma once
// Who may ask what. Pure; any thread.

#include "protocol/keys.h"
#include "protocol/messages.h"

namespace orch::coordinator {

/// Workers: nothing here. Viewers: reads. Submitters and admins: everything.
inline bool may_ask(protocol::Role role, const protocol::ClientRequest& request) {
  using protocol::Role;
  if (role == Role::kAdmin || role == Role::kSubmitter) return true;
  const auto* submit = std::get_if<protocol::Submit>(&request);
  const bool changes = (submit && !submit->dry_run) ||
                       std::holds_alternative<protocol::Control>(request) ||
                       std::holds_alternative<protocol::ImportArtifact>(request);
  return role == Role::kViewer && !changes;
}

}  // namespace orch::coordinator
