// instruct: full fine-tuning on prompt and answer pairs in a turn format of literal strings.

#include <cmath>
#include <memory>
#include <string>

#include "jobs/data/instruct_rows.h"
#include "jobs/parallel/comm.h"
#include "jobs/tasks.h"
#include "jobs/train_setup.h"

namespace orch::jobs {
namespace {

class RowSource final : public BatchSource {
 public:
  explicit RowSource(std::unique_ptr<data::InstructRows> rows) : rows_(std::move(rows)) {}
  void fill(std::uint64_t first, int count, model::Batch& batch) const override {
    rows_->fill(first, count, batch);
  }
  std::string provenance(std::uint64_t slot) const override { return rows_->provenance(slot); }
  std::string version() const override { return rows_->digest().substr(0, 16); }

 private:
  std::unique_ptr<data::InstructRows> rows_;
};

}  // namespace

Result<void> run_instruct(const protocol::InstructSpec& spec, const Clock& clock, RankLink& link) {
  ORCH_ASSIGN(TrainSetup setup, open_training("instruct", spec.train, link));
  const data::TurnFormat format{spec.user_prefix, spec.user_suffix, spec.assistant_prefix,
                                spec.assistant_suffix};
  ORCH_ASSIGN(const std::string path, link.resolve(spec.rows));
  ORCH_ASSIGN(auto rows, data::InstructRows::open(path, *setup.tokenizer, format, spec.train.seed,
                                                  spec.train.window));
  if (spec.epochs > 0)
    setup.plan.steps = static_cast<std::int64_t>(
        std::ceil(spec.epochs * static_cast<double>(rows->size()) / spec.train.batch_windows));
  // What the tokenizer puts before a text by itself must be spelled out in the template.
  const std::string begin = setup.tokenizer->decode(setup.tokenizer->encode("", true), false);
  setup.plan.small_files["chat_template.jinja"] = data::chat_template(format, begin);
  setup.plan.small_files["orch/turn_format.json"] = data::turn_format_json(format);
  setup.plan.details = data::turn_format_json(format);
  const RowSource source(std::move(rows));
  return run_training(std::move(setup), source, clock, link);
}

}  // namespace orch::jobs
