// prepare: JSON lines to a dataset artifact. Rank 0 works; the others have nothing to do.

#include <cstdio>
#include <string>

#include "jobs/data/prepare.h"
#include "jobs/tasks.h"

namespace orch::jobs {
namespace {

Result<std::vector<std::string>> resolve_all(const std::vector<protocol::Reference>& references,
                                             const RankLink& link) {
  std::vector<std::string> paths;
  for (const protocol::Reference& reference : references) {
    ORCH_ASSIGN(std::string path, link.resolve(reference));
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace

Result<void> run_prepare(const protocol::PrepareSpec& spec, RankLink& link) {
  if (link.rank() != 0) return {};
  data::PrepareRequest request;
  request.output = link.start().out_directory;
  if (spec.train_tokenizer) {
    const auto& wanted = *spec.train_tokenizer;
    ORCH_ASSIGN(std::vector<std::string> files, resolve_all(wanted.files, link));
    request.train_tokenizer = {wanted.vocabulary, wanted.min_frequency, wanted.special_tokens,
                               std::move(files)};
  } else if (spec.tokenizer) {
    ORCH_ASSIGN(request.tokenizer, link.resolve(*spec.tokenizer));
  }
  request.unicode = spec.unicode;
  for (const auto& source : spec.sources) {
    ORCH_ASSIGN(std::vector<std::string> files, resolve_all(source.files, link));
    request.sources.push_back({source.name, std::move(files)});
  }
  const auto progress = [&](const data::PrepareProgress& at) {
    return link.beat(static_cast<std::int64_t>(at.documents), 0).ok() && !link.stop_requested();
  };
  const Result<data::PrepareSummary> done = data::prepare_dataset(request, progress);
  if (!done.ok() && link.stop_requested()) {
    link.stopped(0);
    return {};
  }
  if (!done.ok()) return done.error();
  for (const std::string& note : done->notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  return commit_output(link, "dataset");
}

}  // namespace orch::jobs
