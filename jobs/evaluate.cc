// evaluate: a checkpoint on suites of questions; the artifact is a report that `forgetting` and
// `compare` read.

#include <chrono>

#include "jobs/evaluate_model.h"
#include "jobs/parallel/comm.h"
#include "jobs/tasks.h"

namespace orch::jobs {
namespace {

Result<EvaluateRequest> make_request(const protocol::EvaluateSpec& spec, const RankLink& link) {
  EvaluateRequest request;
  ORCH_ASSIGN(request.checkpoint, link.resolve(spec.checkpoint));
  request.name = spec.checkpoint.text;
  request.label = spec.label;
  request.output = link.start().out_directory;
  request.threads = std::max(1, link.start().threads);
  for (const protocol::EvaluateSpec::Suite& suite : spec.suites) {
    EvaluateRequest::Suite wanted;
    ORCH_ASSIGN(wanted.request.path, link.resolve(suite.data));
    wanted.request.name = suite.name;
    wanted.request.kind = suite.kind;
    wanted.request.format = suite.format;
    wanted.request.num_fewshot = suite.num_fewshot;
    wanted.request.max_new_tokens = suite.max_new_tokens;
    wanted.request.limit = suite.limit;
    wanted.chat = suite.chat;
    wanted.label = suite.label;
    wanted.role = suite.role;
    request.suites.push_back(std::move(wanted));
  }
  return request;
}

}  // namespace

Result<void> run_evaluate(const protocol::EvaluateSpec& spec, RankLink& link) {
  ORCH_ASSIGN(const EvaluateRequest request, make_request(spec, link));
  const std::string token = link.start().gang_token.empty() ? "single" : link.start().gang_token;
  ORCH_ASSIGN(const auto comm, parallel::open_shared_memory(token + "-eval", link.rank(),
                                                            link.ranks(), parallel::kPeerTimeout));
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    return link.beat(done, total).ok() && !link.stop_requested();
  };
  const Result<void> done = evaluate_model(request, *comm, progress);
  if (!done.ok() && comm->peer_lost()) link.fail_as(protocol::Failure::kWorkerLost);
  if (!done.ok()) {
    comm->abort();  // wakes the others, whose order to stop may have come a moment later
    (void)link.beat(0, 0).ok();
  }
  if (!done.ok() && link.stop_requested()) {
    link.stopped(0);
    return {};
  }
  ORCH_TRY(done);
  return link.rank() == 0 ? commit_output(link, "report") : Result<void>();
}

}  // namespace orch::jobs
