#include "jobs/score/metrics.h"

#include <algorithm>
#include <charconv>

#include "jobs/score/answer_parsers.h"
#include "jobs/score/bleu_nltk.h"
#include "jobs/score/bleu_sacrebleu.h"
#include "jobs/score/chrf_sacrebleu.h"
#include "jobs/score/emrqa_f1.h"
#include "jobs/score/exact_match.h"
#include "jobs/score/html_ner_mibe.h"
#include "jobs/score/label_f1.h"
#include "jobs/score/likelihood.h"
#include "jobs/score/multi_answer_points.h"
#include "jobs/score/rouge_google.h"
#include "jobs/score/rouge_pltrdy.h"
#include "jobs/score/seqeval.h"
#include "jobs/score/string_set_f1_meds.h"

namespace orch::score {

namespace {

struct Entry {
  const char* name;
  const char* what;
};
/// All names; some stand for several, which are written out in `what`.
constexpr Entry kEntries[] = {
    {"exact_match", "the prediction equals a reference"},
    {"accuracy", "the same"},
    {"hit@K", "one of the first K of a ranked list equals a reference; K = 1, 2, …"},
    {"f1_macro", "scikit-learn; also precision_…, recall_…; …_micro, …_weighted"},
    {"f1_macro_gold", "over the labels of the gold only; likewise"},
    {"multilabel_f1_macro", "over label columns; likewise"},
    {"bleu1_nltk", "NLTK sentence BLEU-1, smoothing method 1, mean"},
    {"bleu4_nltk", "NLTK sentence BLEU-4, smoothing method 1, mean"},
    {"bleu_sacrebleu", "sacreBLEU over the set, 0-100; bleu_sacrebleu:TOKENIZER chooses one"},
    {"chrf_sacrebleu", "chrF2 over the set, 0-100"},
    {"rouge1_google", "rouge_score; also rouge2, rougeL, rougeLsum, each also …_google_stem"},
    {"rouge1_pltrdy", "PyPI rouge 1.0.1; also rouge2, rougeL"},
    {"rouge1_hf", "Hugging Face evaluate: bootstrap median; also rouge2, rougeL, rougeLsum"},
    {"seqeval_f1", "entities of tag lists, micro and by type"},
    {"seqeval_precision", "likewise"},
    {"seqeval_recall", "likewise"},
    {"token_accuracy", "equal tags"},
    {"span_f1", "exact (type, start, end), micro"},
    {"string_set_f1_meds", "MedS-Bench's entity sets, as released; also :intended"},
    {"html_ner_f1_mibe", "Me-LLaMA's <span class=…> entities, as released"},
    {"char_f1_mibe_emrqa", "Me-LLaMA's EmrQA F1, as released: over characters"},
    {"token_f1", "SQuAD's F1 over words"},
    {"contains_meds", "MedS-Bench: the gold is a substring"},
    {"first_choice_mibe", "Me-LLaMA: the first choice that is a substring"},
    {"exactly_one_mibe", "Me-LLaMA DDI: the only choice that is a substring"},
    {"mcqa_meds", "MedS-Bench: the first letter"},
    {"option_mmedbench", "MMedBench: OPTION X IS CORRECT.</s>"},
    {"letter_strict", "a letter that stands alone"},
    {"bits_per_byte", "from log_likelihood and bytes"},
    {"perplexity", "from log_likelihood and tokens, or bytes"},
    {"multi_answer_points", "exam points of lists of letters"},
};

struct ParserName {
  const char* name;
  Parser parser;
};
constexpr ParserName kParsers[] = {
    {"contains_meds", Parser::kContains},      {"first_choice_mibe", Parser::kFirstChoice},
    {"exactly_one_mibe", Parser::kExactlyOne}, {"mcqa_meds", Parser::kMcqa},
    {"option_mmedbench", Parser::kOption},     {"letter_strict", Parser::kLetterStrict}};

/// What was asked for, by family.
struct Wanted {
  bool bleu1 = false, bleu4 = false, chrf = false, bits = false, perplexity = false;
  RougeWanted google{}, stem{}, hf{};
  RougePltrdy::Wanted pltrdy;
  SeqevalWanted seqeval;
  std::vector<LabelFigure> labels, multilabels;
  std::vector<std::unique_ptr<Metric>> alone;
};

bool take_flag(const std::string& name, Wanted& wanted) {
  const std::pair<const char*, bool*> flags[] = {
      {"bleu1_nltk", &wanted.bleu1},
      {"bleu4_nltk", &wanted.bleu4},
      {"chrf_sacrebleu", &wanted.chrf},
      {"bits_per_byte", &wanted.bits},
      {"perplexity", &wanted.perplexity},
      {"rouge1_pltrdy", &wanted.pltrdy.rouge1},
      {"rouge2_pltrdy", &wanted.pltrdy.rouge2},
      {"rougeL_pltrdy", &wanted.pltrdy.rougeL},
      {"seqeval_f1", &wanted.seqeval.f1},
      {"seqeval_precision", &wanted.seqeval.precision},
      {"seqeval_recall", &wanted.seqeval.recall},
      {"token_accuracy", &wanted.seqeval.token_accuracy}};
  for (const auto& [flag, value] : flags)
    if (name == flag) return *value = true;
  for (std::size_t k = 0; k < 4; ++k) {
    const std::string kind = kRougeNames[k];
    if (name == kind + "_google") return wanted.google[k] = true;
    if (name == kind + "_google_stem") return wanted.stem[k] = true;
    if (name == kind + "_hf") return wanted.hf[k] = true;
  }
  return false;
}

/// Metrics that share no work with another.
std::unique_ptr<Metric> make_alone(const std::string& name, const MetricOptions& options) {
  if (name == "exact_match" || name == "accuracy") return make_exact_match(name);
  if (name == "bleu_sacrebleu") return make_bleu_sacrebleu(name, options.tokenizer);
  if (name.starts_with("bleu_sacrebleu:")) return make_bleu_sacrebleu(name, name.substr(15));
  if (name == "span_f1") return make_span_f1();
  if (name == "string_set_f1_meds") return make_string_set_f1_meds(true);
  if (name == "string_set_f1_meds:intended") return make_string_set_f1_meds(false);
  if (name == "html_ner_f1_mibe") return make_html_ner_mibe();
  if (name == "char_f1_mibe_emrqa") return make_char_f1_mibe_emrqa();
  if (name == "token_f1") return make_token_f1();
  if (name == "multi_answer_points") return make_multi_answer_points();
  for (const ParserName& parser : kParsers)
    if (name == parser.name) return make_answer_parser(name, parser.parser);
  int k = 0;
  const char* const end = name.data() + name.size();
  if (name.starts_with("hit@") && std::from_chars(name.data() + 4, end, k).ptr == end && k > 0)
    return make_hit_at(k);
  return nullptr;
}

/// Letters to change, add or drop.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

Error unknown(const std::string& name) {
  const Entry* nearest = &kEntries[0];
  for (const Entry& entry : kEntries)
    if (distance(name, entry.name) < distance(name, nearest->name)) nearest = &entry;
  return invalid("there is no metric '" + name + "'; the nearest is '" + nearest->name + "'",
                 "orch-tool score --help");
}

}  // namespace

Result<std::vector<std::unique_ptr<Metric>>> make_metrics(const std::vector<std::string>& names,
                                                          const MetricOptions& options) {
  Wanted wanted;
  std::vector<std::string> seen;
  for (const std::string& name : names) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    if (take_flag(name, wanted)) continue;
    if (auto figure = parse_label_figure(name, false); !figure.name.empty()) {
      wanted.labels.push_back(std::move(figure));
    } else if (auto columns = parse_label_figure(name, true); !columns.name.empty()) {
      wanted.multilabels.push_back(std::move(columns));
    } else if (auto metric = make_alone(name, options)) {
      wanted.alone.push_back(std::move(metric));
    } else {
      return unknown(name);
    }
  }
  if (seen.empty()) return invalid("no metric is named", "--metrics NAME,… or --profile P");
  std::vector<std::unique_ptr<Metric>> out = std::move(wanted.alone);
  const auto any = [](const RougeWanted& kinds) { return kinds != RougeWanted{}; };
  const auto& [p1, p2, pl] = wanted.pltrdy;
  const auto& [sf, sp, sr, sa] = wanted.seqeval;
  if (!wanted.labels.empty()) out.push_back(make_label_f1(std::move(wanted.labels)));
  if (!wanted.multilabels.empty()) out.push_back(make_multilabel_f1(std::move(wanted.multilabels)));
  if (wanted.bleu1 || wanted.bleu4) out.push_back(make_bleu_nltk(wanted.bleu1, wanted.bleu4));
  if (wanted.chrf) out.push_back(make_chrf_sacrebleu());
  if (any(wanted.google)) out.push_back(make_rouge_google(wanted.google, false));
  if (any(wanted.stem)) out.push_back(make_rouge_google(wanted.stem, true));
  if (any(wanted.hf)) out.push_back(make_rouge_hf(wanted.hf, options.seed));
  if (p1 || p2 || pl) out.push_back(make_rouge_pltrdy(wanted.pltrdy));
  if (sf || sp || sr || sa) out.push_back(make_seqeval(wanted.seqeval));
  if (wanted.bits || wanted.perplexity)
    out.push_back(make_likelihood(wanted.bits, wanted.perplexity));
  return out;
}

std::string metrics_listing() {
  std::string out;
  for (const Entry& entry : kEntries) {
    std::string name = entry.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 22), ' ');
    out += name + entry.what + "\n";
  }
  return out;
}

}  // namespace orch::score
