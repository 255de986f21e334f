#include "jobs/score/profiles.h"

#include <algorithm>

namespace orch::score {

namespace {

constexpr const char* kMibe = "BIDS-Xu-Lab/Me-LLaMA src/tasks/vital_measure.py 1e1efb1";
constexpr const char* kMmedAccuracy = "MAGIC-AI4Med/MMedLM metrics/accuracy.py 34e3fa2";
constexpr const char* kMmedRationale =
    "MAGIC-AI4Med/MMedLM metrics/rationale_similarity.py 34e3fa2";
constexpr const char* kPubmedqa = "pubmedqa/pubmedqa evaluation.py 3e7616d";

using Names = std::vector<const char*>;
const Names kLabelFigures = {"accuracy", "f1_weighted_gold", "f1_macro_gold"};
const Names kHallmarks = {"sustaining proliferative signaling",
                          "evading growth suppressors",
                          "resisting cell death",
                          "enabling replicative immortality",
                          "inducing angiogenesis",
                          "activating invasion and metastasis",
                          "genomic instability and mutation",
                          "tumor promoting inflammation",
                          "cellular energetics",
                          "avoiding immune destruction"};
const Names kColumns = {"multilabel_precision_macro", "multilabel_recall_macro",
                        "multilabel_f1_macro"};
const Names kSimilarity = {"bleu1_nltk", "rougeL_pltrdy"};
const Names kSimilarityMeant = {"bleu1_nltk", "rouge1_pltrdy"};
const Names kSummary = {"rouge1_hf", "rouge2_hf", "rougeL_hf"};
const Names kSummaryMeant = {"rouge1_google", "rouge2_google", "rougeL_google"};

/// A form with what a null prediction is to it.
ProfileForm absent(Absent absent, ProfileForm form) {
  form.absent = absent;
  return form;
}

ProfileForm parsed(Parser parser, Names metrics = kLabelFigures) {
  return {Step::kParse, parser, std::move(metrics), false};
}
ProfileForm plain(Names metrics) {
  return {Step::kPlain, Parser::kContains, std::move(metrics), false};
}
ProfileForm with_step(Step step, Names metrics) {
  return {step, Parser::kContains, std::move(metrics), false};
}

Profile choice_task(const char* name, Names choices, bool letters) {
  const Parser released = letters ? Parser::kFirstChoice : Parser::kFirstChoiceFolded;
  return {name,
          kMibe,
          letters ? "released: the first letter found anywhere; meant: a letter that stands alone"
                  : "released: the first choice found as a substring; meant: the only whole word",
          std::move(choices),
          parsed(released),
          parsed(letters ? Parser::kLetterStrict : Parser::kWholeWord)};
}

std::vector<Profile> mibe_profiles() {
  const Names decisions = {"yes", "no", "maybe"};
  ProfileForm spans = plain({"span_f1"});
  spans.spans = true;
  return {
      choice_task("MIBE/PubMedQA", decisions, false),
      choice_task("MIBE/MedQA", {"A", "B", "C", "D", "E"}, true),
      choice_task("MIBE/MedMCQA", {"A", "B", "C", "D"}, true),
      {"MIBE/EmrQA",
       kMibe,
       "released: accuracy and F1 over characters; meant: over words",
       {},
       with_step(Step::kCharacters, {"exact_match", "char_f1_mibe_emrqa"}),
       plain({"exact_match", "token_f1"})},
      {"MIBE/i2b2",
       kMibe,
       "released: words aligned greedily; meant: spans by offset",
       {},
       plain({"html_ner_f1_mibe"}),
       spans},
      {"MIBE/DDI2013",
       kMibe,
       "released: the only label found as a substring; meant: whole words, "
       "case folded",
       {"DDI-effect", "DDI-mechanism", "DDI-advise", "DDI-false", "DDI-int"},
       parsed(Parser::kExactlyOne),
       parsed(Parser::kWholeWord)},
      {"MIBE/HoC", kMibe, "released: labels found with their case; meant: case folded", kHallmarks,
       with_step(Step::kLabels, {"multilabel_f1_macro"}),
       with_step(Step::kLabelsFold, {"multilabel_f1_macro"})},
      choice_task("MIBE/MTSample", {}, false),
      {"MIBE/PubmedSum",
       kMibe,
       "released: bootstrap median; meant: the mean",
       {},
       plain(kSummary),
       plain(kSummaryMeant)},
      {"MIBE/MimicSum",
       kMibe,
       "released: bootstrap median; meant: the mean",
       {},
       plain(kSummary),
       plain(kSummaryMeant)},
      choice_task("MIBE/BioNLI", {}, false),
      choice_task("MIBE/MedNLI", {"entailment", "contradiction", "neutral"}, false),
  };
}

#define ORCH_MEDS_SCRIPT(name) "MAGIC-AI4Med/MedS-Ins Metrics/" name " cb26b7f"

Profile meds_contains(const char* name, const char* script, Parser parser, Absent null) {
  return {name,
          script,
          "the released rule is kept; a parser's verdict beside it",
          {},
          absent(null, parsed(parser, {})),
          absent(Absent::kEmpty, parsed(parser, {}))};
}

Profile meds_similarity(
    const char* name, const char* script, Step step, Absent null,
    const char* note = "released: ROUGE-L under the name ROUGE-1; meant: ROUGE-1") {
  return {name,
          script,
          note,
          {},
          absent(null, with_step(step, kSimilarity)),
          absent(Absent::kEmpty, with_step(step, kSimilarityMeant))};
}

std::vector<Profile> meds_profiles() {
  Profile summaries =
      meds_similarity("MedS-Bench/Summarization", ORCH_MEDS_SCRIPT("TextSummarization.py"),
                      Step::kPlain, Absent::kEmpty,
                      "released: ROUGE-L under the name ROUGE-1, no CT and MRI in the average; "
                      "meant: ROUGE-1, all six cells");
  summaries.pools = {{"CT", 83, 88}, {"MRI", 89, 94}};
  summaries.as_released.average_of_pools = false;
  Profile rationales = meds_similarity("MedS-Bench/Rationale", ORCH_MEDS_SCRIPT("Rationale.py"),
                                       Step::kStrip, Absent::kEmpty);
  rationales.languages = {{"task51", "zh"}, {"task52", "en"}, {"task53", "fr"},
                          {"task54", "ja"}, {"task55", "ru"}, {"task56", "es"}};
  Profile ner{"MedS-Bench/NER",
              ORCH_MEDS_SCRIPT("NamedEntityRecognition.py"),
              "released: last character cut, null answers passed over; meant: neither",
              {},
              plain({"string_set_f1_meds"}),
              plain({"string_set_f1_meds:intended"})};
  return {
      {"MedS-Bench/MCQA",
       ORCH_MEDS_SCRIPT("MCQA.py"),
       "released: first letter, a to d only; meant: a letter that stands alone, E too",
       {},
       absent(Absent::kNan, parsed(Parser::kMcqa, {})),
       absent(Absent::kEmpty, parsed(Parser::kMcqaStrict, {}))},
      summaries,
      meds_contains("MedS-Bench/InformationExtraction",
                    ORCH_MEDS_SCRIPT("InformationExtraction.py"), Parser::kExtraction,
                    Absent::kNan),
      meds_similarity("MedS-Bench/ConceptExplanation", ORCH_MEDS_SCRIPT("ConceptExplanation.py"),
                      Step::kPlain, Absent::kSkipped),
      rationales,
      ner,
      meds_contains("MedS-Bench/Diagnosis", ORCH_MEDS_SCRIPT("Diagnosis.py"), Parser::kContains,
                    Absent::kEmpty),
      meds_contains("MedS-Bench/TreatmentPlanning", ORCH_MEDS_SCRIPT("TreatmentPlanning.py"),
                    Parser::kContains, Absent::kEmpty),
      meds_contains("MedS-Bench/OutcomePrediction",
                    ORCH_MEDS_SCRIPT("ClinicalOutcomePrediction.py"), Parser::kOutcome,
                    Absent::kNan),
      {"MedS-Bench/TextClassification", ORCH_MEDS_SCRIPT("TextClassification.py"),
       "ten columns, whether or not they occur", kHallmarks,
       absent(Absent::kNan, with_step(Step::kLabelsFold, kColumns)),
       absent(Absent::kEmpty, with_step(Step::kLabelsFold, kColumns))},
      meds_contains("MedS-Bench/FactVerification", ORCH_MEDS_SCRIPT("FactVerification.py"),
                    Parser::kFirstLine, Absent::kEmpty),
      meds_similarity("MedS-Bench/EBMS", ORCH_MEDS_SCRIPT("FactVerification.py"), Step::kFold,
                      Absent::kEmpty),
      meds_contains("MedS-Bench/NLI", ORCH_MEDS_SCRIPT("NatureLanguageInference.py"),
                    Parser::kContains, Absent::kNan),
      meds_similarity("MedS-Bench/NLIGeneration", ORCH_MEDS_SCRIPT("NatureLanguageInference.py"),
                      Step::kPlain, Absent::kEmpty),
  };
}

std::vector<Profile> all_profiles() {
  std::vector<Profile> out = mibe_profiles();
  for (Profile& profile : out) profile.printed = Printed::kFraction3;
  out.push_back({"MMedBench/Accuracy",
                 kMmedAccuracy,
                 "released: the literal </s> must end the answer; meant: whatever ends it",
                 {},
                 parsed(Parser::kOption, {}),
                 parsed(Parser::kOptionAnywhere, {})});
  out.push_back({"MMedBench/Rationale",
                 kMmedRationale,
                 "released: BLEU-4 and ROUGE-L; meant: BLEU-1 and ROUGE-1, checked rationales only",
                 {},
                 with_step(Step::kRationale, {"bleu4_nltk", "rougeL_pltrdy"}),
                 with_step(Step::kRationale, {"bleu1_nltk", "rouge1_pltrdy"})});
  for (Profile& profile : meds_profiles()) out.push_back(std::move(profile));
  out.push_back({"PubMedQA/official",
                 kPubmedqa,
                 "meant: labels stripped and case folded",
                 {},
                 plain({"accuracy", "f1_macro"}),
                 with_step(Step::kFold, {"accuracy", "f1_macro"}),
                 Printed::kFraction6});
  return out;
}

std::string folded(const std::string& text) {
  std::string out = text;
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> kProfiles = all_profiles();
  return kProfiles;
}

std::string profiles_listing() {
  std::string out;
  for (const Profile& profile : profiles()) {
    std::string name = profile.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 34), ' ');
    out += name + profile.script + "; " + profile.note + "\n";
  }
  return out + "Each as SUITE/TASK@as_released and SUITE/TASK@as_intended; a run reports both.\n";
}

Result<ChosenProfile> find_profile(const std::string& name) {
  const std::size_t at = name.find('@');
  const std::string form = at == std::string::npos ? "as_released" : name.substr(at + 1);
  if (form != "as_released" && form != "as_intended")
    return invalid("profile '" + name + "': the form is as_released or as_intended");
  std::string near;
  const std::string wanted = folded(name.substr(0, at));
  for (const Profile& profile : profiles()) {
    const std::string known = folded(profile.name);
    if (known == wanted) return ChosenProfile{&profile, form == "as_intended"};
    const std::string suite = wanted.substr(0, wanted.find('/'));
    if (known.starts_with(suite + "/"))
      near += (near.empty() ? "" : ", ") + std::string(profile.name);
  }
  return invalid("there is no profile '" + name + "'" +
                     (near.empty() ? std::string() : "; of this suite: " + near),
                 "orch-tool score --profiles");
}

}  // namespace orch::score
