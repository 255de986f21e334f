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

/// What a null prediction, a missing value of the published tables, is to a form.
enum class Absent : unsigned char {
  kRefused,  ///< bad input
  kEmpty,    ///< an empty text: wrong, or of value 0
  kNan,      ///< the text "nan", as the released scripts read an empty cell
  kSkipped,  ///< the row is passed over
};

/// How the published tables print a value of 0 to 1.
enum class Printed : unsigned char { kPercent2, kFraction3, kFraction6 };

/// Tasks that are one cell of a published table.
struct TaskPool {
  const char* name;
  int first, last;  ///< "task83" to "task88"
};

struct ProfileForm {
  Step step = Step::kPlain;
  Parser parser = Parser::kFirstChoice;
  std::vector<const char*> metrics;
  bool spans = false;  ///< HTML to spans by offset
  Absent absent = Absent::kRefused;
  bool average_of_pools = true;  ///< pooled tasks count in the average over tasks

  /// Rows get what was chosen, whether it is missing, and whether it is ambiguous.
  bool verdicts() const {
    return step == Step::kParse || step == Step::kLabels || step == Step::kLabelsFold;
  }
};

struct Profile {
  const char* name;    ///< "MIBE/PubMedQA"
  const char* script;  ///< repository, file, commit
  const char* note;    ///< what differs between the two forms
  std::vector<const char*> choices;
  ProfileForm as_released, as_intended;
  Printed printed = Printed::kPercent2;
  std::vector<TaskPool> pools = {};
  std::vector<std::pair<const char*, const char*>> languages = {};  ///< of tasks: "task51", "zh"
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
/// Errors: kInvalid: as the parser's; a null prediction that the form refuses.
Result<PreparedRow> prepare_row(const Profile& profile, const ProfileForm& form, const Row& row);

}  // namespace orch::score
