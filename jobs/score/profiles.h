#pragma once
// Published evaluations by name: which parser, metric, average and quirks a suite's released script
// has, and what was meant. A plain table. Thread: any.

#include <functional>
#include <string>
#include <vector>

#include "jobs/score/answer_parsers.h"
#include "jobs/score/metric.h"

namespace orch::score {

class RowText;

/// How one form of a task turns rows into values.
enum class Step : unsigned char {
  kPlain,       ///< the metrics, on rows as they are
  kParse,       ///< a parser's label and the gold's become prediction and reference
  kLabels,      ///< labels contained in the text become a list; case kept
  kLabelsFold,  ///< likewise, case folded
  kRationale,   ///< the rationale before "###Answer: OPTION "
  kStrip,       ///< white space around both texts goes, empty ones are passed over
  kFold,        ///< both texts are lower-cased and stripped, the gold loses its periods
  kCharacters,  ///< both texts become their characters without punctuation
};

struct ProfileForm {
  Step step = Step::kPlain;
  Parser parser = Parser::kFirstChoice;
  std::vector<const char*> metrics;
  bool spans = false;  ///< HTML to spans by offset
};

struct Profile {
  const char* name;    ///< "MIBE/PubMedQA"
  const char* script;  ///< repository, file, commit
  const char* note;    ///< what differs between the two forms
  std::vector<const char*> choices;
  ProfileForm as_released, as_intended;
};
const std::vector<Profile>& profiles();

/// One line a profile: name, script and commit, what the forms differ in.
std::string profiles_listing();

struct ChosenProfile {
  const Profile* profile = nullptr;
  bool intended = false;  ///< the form that the run's own values come from
};
/// "SUITE/TASK", "SUITE/TASK@as_released" or "…@as_intended", case folded.
/// Errors: kInvalid: unknown, with the nearest names.
Result<ChosenProfile> find_profile(const std::string& name);

/// What became of a row under a form.
struct PreparedRow {
  Row row;
  bool skipped = false;
  Fields verdict;  ///< a parser's chosen, missing, ambiguous
  bool missing = false, ambiguous = false;
};
/// Errors: kInvalid: as the parser's.
Result<PreparedRow> prepare_row(const Profile& profile, const ProfileForm& form, const Row& row);

}  // namespace orch::score
