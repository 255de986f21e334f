// submit, validate, schema: what goes in.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "orchctl/follow.h"
#include "orchctl/records.h"
#include "orchctl/verbs.h"
#include "protocol/spec_parse.h"

namespace orch::orchctl {
namespace {

Result<std::map<std::string, std::string>> parse_sets(const std::vector<std::string>& sets) {
  std::map<std::string, std::string> values;
  for (const std::string& set : sets) {
    ORCH_ASSIGN(auto pair, protocol::parse_set_option(set));
    values.insert_or_assign(pair.first, pair.second);
  }
  return values;
}

struct Source {
  std::string text;
  std::map<std::string, std::string> sets;
};

Result<Source> read_source(const Options& options) {
  ORCH_ASSIGN(auto sets, parse_sets(options.sets));
  auto text = read_file(options.spec, limits::kSpecBytesMax);
  if (!text.ok()) {
    Error error = text.error();
    if (error.code == Code::kNotFound) error.hint = "orchctl submit examples/hello.yaml";
    error.code = Code::kInvalid;
    return error;
  }
  return Source{std::move(*text), std::move(sets)};
}

/// Checks the spec here first: errors with line and column need no coordinator.
Result<void> check(const Options& options, const Source& source) {
  const protocol::SpecResult parsed = protocol::parse_spec(source.text, options.spec, source.sets);
  if (!parsed.ok()) return parsed.error();
  return {};
}

}  // namespace

int submit(Session& session) {
  const Options& options = session.options();
  auto source = read_source(options);
  if (!source.ok()) return fail(options, source.error());
  if (auto checked = check(options, *source); !checked.ok()) return fail(options, checked.error());
  protocol::Submit request;
  request.spec = source->text;
  request.file = std::filesystem::absolute(options.spec).lexically_normal().string();
  request.set = source->sets;
  request.request_id = options.request_id.empty() ? random_hex(16) : options.request_id;
  request.dry_run = options.dry_run;
  auto reply = session.ask<protocol::SubmitReply>(request);
  if (!reply.ok()) return fail(options, reply.error());
  const std::string job = std::to_string(reply->job.value);
  if (options.output != Output::kTable) {
    print_record(
        options.output,
        {{"job", reply->job.value}, {"repeated", reply->repeated}, {"tasks", reply->tasks}});
  } else if (options.dry_run) {
    std::printf("%s is valid: %zu tasks\n", options.spec.c_str(), reply->tasks.size());
  } else {
    std::printf("%s\n", job.c_str());
  }
  std::fflush(stdout);
  if (options.dry_run || !(options.follow || options.wait)) return kExitDone;
  return follow_job(session, job, options.follow);
}

int validate(Session& session) {
  const Options& options = session.options();
  auto source = read_source(options);
  if (!source.ok()) return fail(options, source.error());
  if (auto checked = check(options, *source); !checked.ok()) return fail(options, checked.error());
  if (!options.quiet) std::printf("%s is valid\n", options.spec.c_str());
  return kExitDone;
}

int schema(Session&) {
  std::fputs(protocol::spec_json_schema().c_str(), stdout);
  return kExitDone;
}

}  // namespace orch::orchctl
