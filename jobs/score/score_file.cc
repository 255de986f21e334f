#include "jobs/score/score_file.h"

#include <cerrno>
#include <memory>

#include "jobs/score/profile_run.h"
#include "jobs/score/profiles.h"
#include "jobs/score/row_text.h"
#include "jobs/score/rows.h"

namespace orch::score {

namespace {

/// Lines that wait until the whole file was good, on disk where there are many.
class Spool {
 public:
  Result<void> add(const std::string& line) {
    if (!file_) file_.reset(std::tmpfile());
    if (!file_ || std::fputs((line + "\n").c_str(), file_.get()) < 0)
      return system_error("temporary file of the values per item", errno);
    return {};
  }
  Result<void> copy(std::FILE* out) {
    if (!file_) return {};
    std::rewind(file_.get());
    char buffer[1 << 16];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, file_.get()))
      if (std::fwrite(buffer, 1, n, out) != n) return system_error("standard output", errno);
    return std::ferror(file_.get()) ? system_error("temporary file", errno) : Result<void>();
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

Result<Language> run_language(const ScoreOptions& options) {
  return options.language.empty() ? Result<Language>(Language::kEnglish)
                                  : parse_language(options.language);
}

Result<void> score_metrics(const ScoreOptions& options, std::FILE* out) {
  ORCH_ASSIGN(const Language language, run_language(options));
  ORCH_ASSIGN(const auto metrics, make_metrics(options.metrics, options.metric));
  Segmenter segmenter(segmenter_folders(options.punkt));
  RowText text(segmenter, language);
  Spool spool;
  ORCH_TRY(read_rows(options.file, [&](const Row& row) -> Result<void> {
    ORCH_TRY(text.set(row));
    Fields item;
    if (options.per_item) item.raw("id", row.id);
    for (const auto& metric : metrics)
      ORCH_TRY(metric->add(row, text, options.per_item ? &item : nullptr));
    return options.per_item ? spool.add(item.json()) : Result<void>();
  }));
  ORCH_TRY(spool.copy(out));
  Fields set;
  for (const auto& metric : metrics) metric->finish(set);
  std::fprintf(out, "%s\n", set.json().c_str());
  return {};
}

/// Both forms from the same rows; the chosen one's values stand in front.
Result<void> score_profile(const ScoreOptions& options, std::FILE* out) {
  ORCH_ASSIGN(const ChosenProfile chosen, find_profile(options.profile));
  ORCH_ASSIGN(const Language language, run_language(options));
  const Profile& profile = *chosen.profile;
  ORCH_ASSIGN(ProfileRun released, ProfileRun::open(profile, profile.as_released, options.metric));
  ORCH_ASSIGN(ProfileRun intended, ProfileRun::open(profile, profile.as_intended, options.metric));
  Segmenter segmenter(segmenter_folders(options.punkt));
  RowText text(segmenter, language);
  Spool spool;
  ORCH_TRY(read_rows(options.file, [&](const Row& row) -> Result<void> {
    ORCH_ASSIGN(const Fields a, released.add(row, text, options.per_item));
    ORCH_ASSIGN(const Fields b, intended.add(row, text, options.per_item));
    if (!options.per_item) return {};
    Fields item;
    item.raw("id", row.id);
    item.append(chosen.intended ? b : a);
    item.raw("as_released", a.json());
    item.raw("as_intended", b.json());
    return spool.add(item.json());
  }));
  ORCH_TRY(spool.copy(out));
  const Fields a = released.finish(), b = intended.finish();
  Fields set;
  set.text("profile",
           std::string(profile.name) + (chosen.intended ? "@as_intended" : "@as_released"));
  set.append(chosen.intended ? b : a);
  set.raw("as_released", a.json());
  set.raw("as_intended", b.json());
  std::fprintf(out, "%s\n", set.json().c_str());
  return {};
}

}  // namespace

Result<void> score_file(const ScoreOptions& options, std::FILE* out) {
  if (options.profile.empty()) return score_metrics(options, out);
  if (!options.metrics.empty())
    return invalid("--profile chooses the metrics; --metrics cannot be given as well");
  return score_profile(options, out);
}

}  // namespace orch::score
