// pretrain: windows of a mixture of sources, from nothing or from a checkpoint.

#include <memory>
#include <string>

#include "base/sha256.h"
#include "jobs/data/dataset.h"
#include "jobs/data/slot_sampler.h"
#include "jobs/parallel/comm.h"
#include "jobs/tasks.h"
#include "jobs/train_setup.h"

namespace orch::jobs {
namespace {

class MixtureSource final : public BatchSource {
 public:
  static Result<std::unique_ptr<MixtureSource>> open(const protocol::PretrainSpec& spec,
                                                     const std::string& directory, bool verify) {
    auto source = std::unique_ptr<MixtureSource>(new MixtureSource);
    ORCH_ASSIGN(source->dataset_, data::Dataset::open(directory, verify ? data::Verify::kDigests
                                                                        : data::Verify::kLengths));
    ORCH_ASSIGN(source->sampler_, data::SlotSampler::create(*source->dataset_, spec.mixture,
                                                            spec.train.seed, spec.train.window));
    std::string text =
        "slots 1 " + source->dataset_->digest() + " " + std::to_string(spec.train.window);
    for (const auto& [name, weight] : spec.mixture)
      text += "\n" + name + " " + std::to_string(weight);
    source->version_ = sha256_hex(text).substr(0, 16);
    return source;
  }
  void fill(std::uint64_t first, int count, model::Batch& batch) const override {
    sampler_->fill(first, count, batch);
  }
  std::string provenance(std::uint64_t slot) const override {
    return sampler_->provenance(slot).text();
  }
  std::string version() const override { return version_; }

 private:
  MixtureSource() = default;
  std::unique_ptr<data::Dataset> dataset_;
  std::unique_ptr<data::SlotSampler> sampler_;
  std::string version_;
};

}  // namespace

Result<void> run_pretrain(const protocol::PretrainSpec& spec, const Clock& clock, RankLink& link) {
  ORCH_ASSIGN(TrainSetup setup, open_training("pretrain", spec.train, link));
  if (setup.data_directory.empty()) return invalid("pretrain: no `data`");
  ORCH_ASSIGN(const auto source, MixtureSource::open(spec, setup.data_directory, link.rank() == 0));
  return run_training(std::move(setup), *source, clock, link);
}

}  // namespace orch::jobs
