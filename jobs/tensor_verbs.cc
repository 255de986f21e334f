#include "jobs/tensor_verbs.h"

#include <cstdio>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "jobs/checkpoint/logits_file.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/evaluate_model.h"
#include "jobs/model/inference.h"
#include "jobs/parallel/comm.h"
#include "jobs/tokenizer/tokenizer.h"
#include "jobs/tool_options.h"
#include "kernels/ops.h"
#include "protocol/error_text.h"

namespace orch::jobs {
namespace {

/// A checkpoint ready for inference.
struct Loaded {
  checkpoint::LoadedModel checkpoint;
  model::Llama model;
};

Result<Loaded> load(const std::string& directory) {
  model::single_threaded_math();
  ORCH_ASSIGN(checkpoint::LoadedModel loaded, checkpoint::load_model(directory));
  ORCH_ASSIGN(model::Llama llama, model::Llama::create(loaded.config, kernels::cpu_ops()));
  return Loaded{std::move(loaded), std::move(llama)};
}

Result<int> run(const LogitsOptions& options) {
  ORCH_TRY(checkpoint::write_logits(options.model, options.ids, options.output));
  return 0;
}

Result<int> run(const GenerateOptions& options) {
  ORCH_ASSIGN(const Loaded loaded, load(options.model));
  ORCH_ASSIGN(const auto tokenizer, tokenizer::Tokenizer::open(options.model));
  std::string prompt = options.prompt;
  if (options.chat) {
    const std::string file = join_path(options.model, "orch/turn_format.json");
    ORCH_ASSIGN(const std::string text, read_file(file));
    ORCH_ASSIGN(const data::TurnFormat format, data::parse_turn_format(text, file));
    prompt = format.prompt(prompt);
  }
  std::vector<std::int32_t> stop(loaded.checkpoint.config.eos_token_ids.begin(),
                                 loaded.checkpoint.config.eos_token_ids.end());
  if (stop.empty() && tokenizer->end_of_text() >= 0) stop.push_back(tokenizer->end_of_text());
  model::Inference inference(loaded.model, loaded.checkpoint.parameters.span());
  ORCH_ASSIGN(const auto out,
              inference.generate(tokenizer->encode(prompt, true), options.max_new_tokens, stop));
  std::printf("%s\n", tokenizer->decode(out, true).c_str());
  return 0;
}

/// Where a suite's items lie below the data folder, and their format.
Result<score::SuiteRequest> find_suite(const std::string& name, const EvaluateOptions& options) {
  score::SuiteRequest request;
  request.name = name;
  request.num_fewshot = options.num_fewshot;
  request.limit = options.limit;
  std::vector<std::string> places = {name + ".jsonl"};
  if (name == "mmlu") {
    request.format = "mmlu";
    places = {"mmlu", ""};
  } else if (name == "medqa_4options") {
    request.format = "medqa";
    places = {"medqa_4opt/phrases_no_exclude_test.jsonl", "phrases_no_exclude_test.jsonl",
              "medqa_4options.jsonl"};
  }
  for (const std::string& place : places) {
    request.path = place.empty() ? options.data : join_path(options.data, place);
    const std::string probe = name == "mmlu" ? join_path(request.path, "test") : request.path;
    if (file_exists(probe)) return request;
  }
  return not_found("suite " + name + ": no " + places.front() + " below " + options.data);
}

Result<int> run(const EvaluateOptions& options) {
  EvaluateRequest request;
  request.checkpoint = options.model;
  request.name = options.model;
  request.output = options.output;
  request.threads = options.threads;
  for (const std::string& task : options.tasks) {
    EvaluateRequest::Suite suite;
    ORCH_ASSIGN(suite.request, find_suite(task, options));
    request.suites.push_back(std::move(suite));
  }
  ORCH_TRY(make_directories(options.output));
  const auto comm = parallel::open_single();
  ORCH_TRY(evaluate_model(request, *comm, [](std::int64_t done, std::int64_t total) {
    std::fprintf(stderr, "\r%lld of %lld items", static_cast<long long>(done),
                 static_cast<long long>(total));
    if (done == total) std::fputc('\n', stderr);
    return true;
  }));
  return 0;
}

template <typename Other>
Result<int> run(const Other&) {
  return invalid("this verb belongs to orch-tool", "orch-tool --help");
}

}  // namespace

int run_tensor_verb(int argc, char** argv) {
  const ParsedTool parsed = parse_tool(argc, argv);
  if (parsed.leave) return parsed.code;
  log_open("orch-rank", LogLevel::kWarning);
  Result<int> done = 0;
  try {
    done = std::visit([](const auto& options) { return run(options); }, parsed.options);
  } catch (const std::exception& exception) {
    done = internal(std::string("exception: ") + exception.what());
  }
  if (done.ok()) return *done;
  std::fputs(protocol::error_text(done.error()).c_str(), stderr);
  const int code = protocol::exit_code(done.error().code);
  return done.error().code == Code::kCorrupt ? 2 : code;
}

}  // namespace orch::jobs
