// orchctl: the command line. This file only turns words into Options; each verb lives in its own
// file.
#include <CLI/CLI.hpp>

#include "base/environment.h"
#include "base/log.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"
#include "protocol/error_text.h"
#include "protocol/quantity.h"

namespace orch::orchctl {
namespace {

using Verb = int (*)(Session&);

constexpr const char* kFooter =
    R"(Things are named JOB (a number, or a name: the newest of that name), JOB/TASK, JOB/TASK/RANK,
an artifact by the beginning of its digest. Durations: 300ms 5s 3m 2h 7d.
Exit codes: 0 done; 1 the job failed; 2 wrong usage or spec; 3 not found; 4 coordinator not reached in time;
5 not allowed; 130 interrupted.
Examples:
  orchctl up --detach                                  a local cluster: one coordinator, two workers
  orchctl submit examples/hello.yaml --follow          run a job and watch it
  orchctl explain 1                                    why does it wait?
  orchctl logs 1/hello -f                              what do its ranks say?
  orchctl get tasks 1 -o json                          for scripts
  orchctl down)";

/// The command tree and the verb that was chosen.
class CommandLine {
 public:
  CommandLine()
      : app_(
            "Trains and evaluates language models on clusters: submits jobs, shows why they wait, "
            "what they did.",
            "orchctl") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(kFooter);
    app_.add_option("--home", options_.home,
                    "keys and state of the local cluster ($ORCH_HOME, or ~/.orch)");
    app_.add_option("--coordinator", options_.coordinator,
                    "tcp://HOST:PORT (the local one of --home)");
    app_.add_option("-o,--output", output_, "table|json|yaml|csv");
    app_.add_flag("-q,--quiet", options_.quiet, "only what was asked for");
    app_.add_flag("-v,--verbose", options_.verbose, "say more");
    app_.add_option("--timeout", timeout_, "how long to wait for the coordinator (10s)");
    add_cluster_verbs();
    add_job_verbs();
    add_reading_verbs();
    add_artifact_verbs();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
      return app_.exit(help);
    } catch (const CLI::ParseError& error) {
      std::fputs(protocol::error_text(usage(error)).c_str(), stderr);
      return kExitUsage;
    }
    if (auto ready = complete(); !ready.ok()) return fail(options_, ready.error());
    log_open("orchctl", options_.verbose ? LogLevel::kDebug : LogLevel::kError);
    Session session(options_);
    return verb_(session);
  }

 private:
  /// Says which word is wrong, and the nearest right one.
  Error usage(const CLI::ParseError& error) const {
    const std::vector<std::string> unknown = app_.remaining();
    if (!app_.get_subcommands().empty() || unknown.empty()) {
      return invalid(error.what(), "orchctl --help");
    }
    std::vector<std::string> verbs;
    for (const CLI::App* verb : app_.get_subcommands({})) verbs.push_back(verb->get_name());
    const auto nearest = protocol::nearest_name(unknown.front(), verbs);
    return invalid("there is no verb '" + unknown.front() + "'",
                   nearest ? "orchctl " + *nearest : "orchctl --help");
  }

  CLI::App* add(const char* name, const char* help, Verb verb) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([this, verb] { verb_ = verb; });
    return sub;
  }
  CLI::App* add_named(const char* name, const char* help, Verb verb, const char* what,
                      bool required = true) {
    CLI::App* sub = add(name, help, verb);
    CLI::Option* option = sub->add_option("name", options_.name, what);
    if (required) option->required();
    return sub;
  }

  void add_cluster_verbs() {
    CLI::App* sub = add(
        "up", "start a whole local cluster of what is built; a repeat starts only what is missing",
        up);
    sub->add_option("--workers", options_.workers, "how many worker daemons (2)")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--slots", options_.slots, "CPU slots of each worker (cores / workers)")
        ->check(CLI::Range(1, 10000));
    sub->add_flag("--detach", options_.detach, "return when every worker is registered");
    add("down", "end all daemons of this home and their ranks", down);
    add("version", "what this is", version);
  }

  void add_job_verbs() {
    CLI::App* sub = add("submit", "submit a job spec; prints the job number", submit);
    sub->add_option("spec", options_.spec, "YAML file")->required();
    sub->add_option("--set", options_.sets, "KEY=VALUE for the spec's vars; may be repeated")
        ->type_size(1)
        ->allow_extra_args(false);
    sub->add_option("--request-id", options_.request_id,
                    "a repeat with the same id returns the same job");
    sub->add_flag("--follow", options_.follow, "watch it to its end; Ctrl-C leaves it running");
    sub->add_flag("--wait", options_.wait, "wait for its end silently");
    sub->add_flag("--dry-run", options_.dry_run, "only check, on the coordinator too");
    sub = add("validate", "check a spec without a cluster", validate);
    sub->add_option("spec", options_.spec, "YAML file")->required();
    sub->add_option("--set", options_.sets, "KEY=VALUE")->type_size(1)->allow_extra_args(false);
    add("schema", "the JSON Schema of job specs", schema);
    add_named("cancel",
              "SIGTERM, then SIGKILL after the grace period; what depends on it is cancelled",
              cancel, "JOB or JOB/TASK");
    add_named("pause", "start nothing new; running tasks checkpoint, stop and free their devices",
              pause, "JOB or JOB/TASK");
    add_named("resume", "go on with what was paused", resume, "JOB or JOB/TASK");
    add_named("retry", "failed and cancelled tasks again with a fresh budget", retry,
              "JOB or JOB/TASK");
    sub = add_named("wait", "wait for the end of a job; exit code 1 if it failed", wait, "JOB");
    sub->add_flag("--follow", options_.follow, "show progress");
  }

  void add_reading_verbs() {
    CLI::App* sub = add("get", "list jobs, tasks, attempts, workers, queues or artifacts", get);
    sub->add_option("kind", options_.kind, "jobs|tasks|attempts|workers|queues|artifacts")
        ->required();
    sub->add_option("name", options_.name, "only this JOB, JOB/TASK, worker or artifact");
    sub->add_flag("-w,--watch", options_.watch, "again each second");
    add_named("describe", "everything about one thing, with its history", describe,
              "JOB, JOB/TASK, artifact or worker");
    add_named("explain", "why it waits: every reason, what would change each, estimated start",
              explain, "JOB");
    sub = add_named("logs", "what ranks wrote, in order, over all attempts", logs,
                    "JOB, JOB/TASK or JOB/TASK/RANK");
    sub->add_flag("-f,--follow", options_.follow, "go on until the end");
    sub->add_option("--attempt", options_.attempt, "only this attempt");
    sub->add_option("--grep", options_.grep, "only lines that match this regular expression");
    sub = add_named("metrics", "series over all attempts", metrics, "JOB/TASK");
    sub->add_option("--series", options_.series, "loss,grad_norm,…")->delimiter(',');
    add_named("report", "results: evaluations and forgetting verdicts", report, "JOB");
  }

  void add_artifact_verbs() {
    add_named("lineage", "where it came from, and what was made of it", lineage,
              "JOB, JOB/TASK or artifact");
    CLI::App* sub = add_named("export", "copy an artifact to a plain folder", export_artifact,
                              "artifact or JOB/TASK");
    sub->add_option("directory", options_.directory, "a new folder")->required();
  }

  Result<void> complete() {
    static const std::map<std::string, Output> kOutputs = {{"table", Output::kTable},
                                                           {"json", Output::kJson},
                                                           {"yaml", Output::kYaml},
                                                           {"csv", Output::kCsv}};
    const auto found = kOutputs.find(output_);
    if (found == kOutputs.end())
      return invalid("--output " + output_ + " is none of table, json, yaml, csv");
    options_.output = found->second;
    ORCH_ASSIGN(options_.timeout, protocol::parse_duration(timeout_));
    if (options_.home.empty())
      options_.home = environment("ORCH_HOME").value_or(home_directory() + "/.orch");
    if (options_.home.front() != '/')
      options_.home = std::filesystem::absolute(options_.home).lexically_normal().string();
    return {};
  }

  Options options_;
  std::string output_ = "table";
  std::string timeout_ = "10s";
  CLI::App app_;
  Verb verb_ = nullptr;
};

}  // namespace
}  // namespace orch::orchctl

int main(int argc, char** argv) {
  orch::orchctl::CommandLine command_line;
  return command_line.run(argc, argv);
}
