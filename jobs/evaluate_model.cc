#include "jobs/evaluate_model.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/file.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/model/inference.h"
#include "jobs/optim/thread_team.h"
#include "jobs/parallel/comm.h"
#include "jobs/score/samples.h"
#include "kernels/ops.h"

namespace orch::jobs {
namespace {

/// Items between two looks at the parent, a thread.
constexpr std::size_t kChunkItems = 16;

/// An answer as ranks exchange it: scores or generated text, back to back.
void write_answer(std::vector<std::byte>& out, const score::Sample& sample) {
  const auto put = [&](const void* data, std::size_t size_bytes) {
    const auto* bytes = static_cast<const std::byte*>(data);
    out.insert(out.end(), bytes, bytes + size_bytes);
  };
  const std::uint64_t counts[3] = {sample.scores.size(), sample.generated.size(),
                                   static_cast<std::uint64_t>(sample.tokens_cut)};
  put(counts, sizeof counts);
  for (const score::ContinuationScore& score : sample.scores) {
    const double values[2] = {score.log_likelihood, score.greedy ? 1.0 : 0.0};
    put(values, sizeof values);
  }
  put(sample.generated.data(), sample.generated.size());
}

/// Reads what write_answer wrote; the bytes come from ranks of this gang.
void read_answer(std::span<const std::byte>& in, score::Sample& sample) {
  const auto get = [&](void* data, std::size_t size_bytes) {
    ORCH_CHECK(size_bytes <= in.size(), "answers are cut off");
    std::memcpy(data, in.data(), size_bytes);
    in = in.subspan(size_bytes);
  };
  std::uint64_t counts[3];
  get(counts, sizeof counts);
  sample.scores.resize(counts[0]);
  for (score::ContinuationScore& score : sample.scores) {
    double values[2];
    get(values, sizeof values);
    score = {values[0], values[1] != 0};
  }
  sample.tokens_cut = static_cast<std::int64_t>(counts[2]);
  sample.generated.resize(counts[1]);
  get(sample.generated.data(), counts[1]);
}

class Evaluator {
 public:
  Evaluator(const EvaluateRequest& request, parallel::Comm& comm,
            const std::function<bool(std::int64_t, std::int64_t)>& progress)
      : request_(request),
        comm_(comm),
        progress_(progress),
        team_(request.threads, model::single_threaded_math) {}

  Result<void> run() {
    ORCH_TRY(load());
    std::vector<score::SuiteScore> scores;
    score::ResultsHeader header{.model = request_.name,
                                .model_digest = loaded_->digest,
                                .label = request_.label,
                                .suite_labels = {},
                                .suite_roles = {},
                                .date = ""};
    for (std::size_t i = 0; i < suites_.size(); ++i) {
      const score::Suite& suite = suites_[i];
      ORCH_ASSIGN(const std::vector<score::Sample> samples, answer(suite));
      if (comm_.rank() != 0) continue;
      const EvaluateRequest::Suite& wanted = request_.suites[request_of_[i]];
      header.suite_labels[suite.name] = wanted.label;
      header.suite_roles[suite.name] = wanted.role;
      ORCH_TRY(write_file_atomic(join_path(request_.output, "samples_" + suite.name + ".jsonl"),
                                 score::samples_jsonl(suite, samples)));
      scores.push_back(score::summarise(suite, samples));
    }
    if (comm_.rank() != 0) return {};
    return write_file_atomic(join_path(request_.output, "results.json"),
                             score::results_json(header, scores));
  }

 private:
  Result<void> load() {
    ORCH_ASSIGN(loaded_, checkpoint::load_model(request_.checkpoint));
    ORCH_ASSIGN(tokenizer_, tokenizer::Tokenizer::open(request_.checkpoint));
    ORCH_ASSIGN(model_, model::Llama::create(loaded_->config, kernels::cpu_ops()));
    for (int i = 0; i < team_.size(); ++i)
      inference_.emplace_back(*model_, loaded_->parameters.span());
    for (std::size_t i = 0; i < request_.suites.size(); ++i) {
      score::SuiteRequest wanted = request_.suites[i].request;
      if (request_.suites[i].chat) {
        const std::string file = join_path(request_.checkpoint, "orch/turn_format.json");
        if (!file_exists(file))
          return invalid("suite " + wanted.name + ": chat: " + request_.checkpoint +
                             " has no turn format (orch/turn_format.json)",
                         "evaluate the checkpoint of an instruct task, or set chat: false");
        ORCH_ASSIGN(const std::string text, read_file(file));
        ORCH_ASSIGN(turns_, data::parse_turn_format(text, file));
        wanted.turns = &*turns_;
      }
      ORCH_ASSIGN(std::vector<score::Suite> suites, score::load_suite(wanted));
      for (score::Suite& suite : suites) {
        total_ += static_cast<std::int64_t>(suite.items.size());
        suites_.push_back(std::move(suite));
        request_of_.push_back(i);
      }
    }
    return {};
  }

  /// Answers of all items on rank 0; on the others only their own.
  Result<std::vector<score::Sample>> answer(const score::Suite& suite) {
    std::vector<score::Sample> samples(suite.items.size());
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].item = &suite.items[i];
    const auto rank = static_cast<std::size_t>(comm_.rank()),
               ranks = static_cast<std::size_t>(comm_.size());
    std::vector<std::size_t> own;
    for (std::size_t i = rank; i < samples.size(); i += ranks) own.push_back(i);
    const std::size_t chunk = kChunkItems * static_cast<std::size_t>(team_.size());
    for (std::size_t begin = 0; begin < own.size(); begin += chunk) {
      const std::size_t end = std::min(begin + chunk, own.size());
      std::vector<Result<void>> done(static_cast<std::size_t>(team_.size()));
      team_.run([&](int thread) {
        const auto stride = static_cast<std::size_t>(team_.size());
        auto& result = done[static_cast<std::size_t>(thread)];
        for (std::size_t i = begin + static_cast<std::size_t>(thread); i < end && result.ok();
             i += stride)
          result =
              answer_item(suite, samples[own[i]], inference_[static_cast<std::size_t>(thread)]);
      });
      for (const Result<void>& result : done) ORCH_TRY(result);
      done_ += static_cast<std::int64_t>((end - begin) * ranks);
      if (!progress_(std::min(done_, total_), total_)) return unavailable("stopped");
    }
    ORCH_TRY(gather(samples, own));
    return samples;
  }

  Result<void> answer_item(const score::Suite& suite, score::Sample& sample,
                           model::Inference& inference) {
    if (suite.kind == score::SuiteKind::kGenerate) {
      score::TokenRequest prompt{score::prompt_ids(*sample.item, *tokenizer_), {}};
      sample.tokens_cut = score::fit_request(
          prompt, loaded_->config.max_position_embeddings - suite.max_new_tokens + 1);
      const std::vector<std::int32_t>& ids = prompt.context;
      std::vector<std::int32_t> stop(loaded_->config.eos_token_ids.begin(),
                                     loaded_->config.eos_token_ids.end());
      if (stop.empty() && tokenizer_->end_of_text() >= 0) stop.push_back(tokenizer_->end_of_text());
      ORCH_ASSIGN(const std::vector<std::int32_t> out,
                  inference.generate(ids, suite.max_new_tokens, stop));
      sample.generated = tokenizer_->decode(out, true);
      return {};
    }
    score::TokenRequest tokens = score::token_request(*sample.item, *tokenizer_);
    sample.tokens_cut = score::fit_request(tokens, loaded_->config.max_position_embeddings);
    const model::ScoreRequest wanted{std::move(tokens.context), std::move(tokens.continuations)};
    ORCH_ASSIGN(const auto scores, inference.score(std::span(&wanted, 1)));
    for (const model::ContinuationScore& score : scores.front())
      sample.scores.push_back({score.log_likelihood, score.greedy});
    return {};
  }

  Result<void> gather(std::vector<score::Sample>& samples, const std::vector<std::size_t>& own) {
    if (comm_.size() == 1) return {};
    std::vector<std::byte> mine;
    for (const std::size_t i : own) write_answer(mine, samples[i]);
    const std::size_t size_bytes = mine.size();
    std::vector<std::size_t> sizes(static_cast<std::size_t>(comm_.size()));
    ORCH_TRY(comm_.all_gather(std::as_bytes(std::span(&size_bytes, 1)),
                              std::as_writable_bytes(std::span(sizes))));
    std::size_t total = 0;
    for (const std::size_t size : sizes) total += size;
    std::vector<std::byte> all(total);
    ORCH_TRY(comm_.all_gather_v(mine, all, sizes));
    std::span<const std::byte> rest = all;
    for (std::size_t rank = 0; rank < sizes.size(); ++rank)
      for (std::size_t i = rank; i < samples.size(); i += sizes.size())
        read_answer(rest, samples[i]);
    return {};
  }

  const EvaluateRequest& request_;
  parallel::Comm& comm_;
  const std::function<bool(std::int64_t, std::int64_t)>& progress_;
  optim::ThreadTeam team_;
  std::optional<checkpoint::LoadedModel> loaded_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
  std::optional<model::Llama> model_;
  std::vector<model::Inference> inference_;  // one a thread
  std::optional<data::TurnFormat> turns_;
  std::vector<score::Suite> suites_;
  std::vector<std::size_t> request_of_;  // suite → request
  std::int64_t done_ = 0, total_ = 0;
};

}  // namespace

Result<void> evaluate_model(const EvaluateRequest& request, parallel::Comm& comm,
                            const std::function<bool(std::int64_t, std::int64_t)>& progress) {
  return Evaluator(request, comm, progress).run();
}

}  // namespace orch::jobs
