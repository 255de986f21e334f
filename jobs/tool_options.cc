#include "jobs/tool_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "protocol/error_text.h"
#include "protocol/spec_parse.h"

namespace orch::jobs {
namespace {

/// One field a verb; only the one that was chosen is read.
struct All {
  RunOptions run;
  std::vector<std::string> set;
  LogitsOptions logits;
  GenerateOptions generate;
  EvaluateOptions evaluate;
  CompareOptions compare;
  TokenizeOptions tokenize;
  TrainTokenizerOptions train_tokenizer;
  InspectOptions inspect;
  ScoreOptions score;
};

void add_model_verbs(CLI::App& app, All& all) {
  CLI::App* run = app.add_subcommand(
      "run", "A job's tasks on this machine, without daemons, each into DIR/TASK/");
  run->add_option("--spec", all.run.spec, "Job spec (YAML)")->required();
  run->add_option("--task", all.run.task, "Only this task and those it depends on");
  run->add_option("--ranks", all.run.ranks, "Ranks of training and evaluating tasks")
      ->check(CLI::Range(1, 64));
  run->add_option("--set", all.set, "Value of a variable: key=value")->take_all();
  run->add_option("--output", all.run.output, "Folder for everything that is made")->required();
  run->add_flag("--resume", all.run.resume, "Go on with what an earlier run left in DIR");

  CLI::App* logits =
      app.add_subcommand("logits", "[[ids…],…] to fp32 tensors logits.0, logits.1, …");
  logits->add_option("--model", all.logits.model, "Checkpoint directory")->required();
  logits->add_option("--ids", all.logits.ids, "JSON file")->required();
  logits->add_option("--output", all.logits.output, "safetensors file")->required();

  CLI::App* generate = app.add_subcommand("generate", "Continues a prompt, greedily");
  generate->add_option("--model", all.generate.model, "Checkpoint directory")->required();
  generate->add_option("--prompt", all.generate.prompt, "Text")->required();
  generate->add_option("--max-new-tokens", all.generate.max_new_tokens)
      ->check(CLI::Range(1, 1'000'000));
  generate->add_flag("--chat", all.generate.chat, "Wrap the prompt as a user's turn");

  CLI::App* evaluate = app.add_subcommand("evaluate", "Scores a checkpoint on suites");
  evaluate->add_option("--model", all.evaluate.model, "Checkpoint directory")->required();
  evaluate
      ->add_option("--tasks", all.evaluate.tasks,
                   "mmlu, medqa_4options, or the name of DATA/NAME.jsonl")
      ->required()
      ->delimiter(',');
  evaluate->add_option("--data", all.evaluate.data, "Folder of the suites' files")->required();
  evaluate->add_option("--output", all.evaluate.output, "New folder for results.json and samples")
      ->required();
  evaluate->add_option("--num-fewshot", all.evaluate.num_fewshot)->check(CLI::Range(0, 100));
  evaluate->add_option("--limit", all.evaluate.limit, "Items of each suite; 0: all")
      ->check(CLI::NonNegativeNumber);
  evaluate->add_option("--threads", all.evaluate.threads)->check(CLI::Range(1, 256));
  evaluate->add_option("--profile", all.evaluate.profile, "as_intended (the only one so far)")
      ->check(CLI::IsMember({"as_intended"}));
}

void add_compare(CLI::App& app, CompareOptions& options) {
  CLI::App* compare = app.add_subcommand(
      "compare", "Two evaluations of the same items, paired: the forgetting verdict as JSON");
  compare
      ->add_option("BASE", options.base,
                   "samples_<suite>.jsonl[.gz|.zst] of the base, or a folder of them")
      ->required();
  compare->add_option("CANDIDATE", options.candidate, "… of the candidate")->required();
  compare->add_option("--metric", options.metric,
                      "acc, exact_match, …; default: the one that is there");
  compare->add_option("--filter", options.filter, "Only answers of this filter");
  compare->add_option("--cluster", options.cluster,
                      "Key whose value dependent items share: task, KEY, or doc.KEY");
  compare
      ->add_option("--baseline", options.baselines,
                   "Another checkpoint of the base's stable stretch; may be repeated")
      ->take_all()
      ->expected(1);
  compare->add_flag("--lower-is-better", options.lower_is_better,
                    "A rise of the metric is a loss; known for perplexity, bits_per_byte, loss, …");
  compare->add_option("--margin", options.margin, "Tolerated drop")->capture_default_str();
  compare->add_option("--alpha", options.alpha)->capture_default_str();
  compare->add_flag("--sequential", options.sequential,
                    "Also after how many items tests by betting would have stopped");
  compare->add_option("--seed", options.seed, "Order of items; bootstrap")->capture_default_str();
  compare->add_option("-o,--output", options.output, "json or table; default: both")
      ->check(CLI::IsMember({"json", "table"}));
  compare->add_flag("--gate", options.gate, "Exit 1 unless the verdict is pass");
}

void add_text_verbs(CLI::App& app, All& all) {
  add_compare(app, all.compare);
  CLI::App* tokenize =
      app.add_subcommand("tokenize", "Lines {\"text\": …} to lines {\"ids\": […]}");
  CLI::App* detokenize =
      app.add_subcommand("detokenize", "Lines {\"ids\": […]} to lines {\"text\": …}");
  for (CLI::App* verb : {tokenize, detokenize}) {
    verb->add_option("--tokenizer", all.tokenize.tokenizer, "tokenizer.json or its folder")
        ->required();
    verb->add_option("FILE", all.tokenize.file,
                     ".jsonl, .jsonl.gz, .jsonl.zst, or - for standard input")
        ->required();
    verb->add_flag("--count", all.tokenize.count, "Print only counts and seconds");
  }
  tokenize->add_option("--threads", all.tokenize.threads)->check(CLI::Range(1, 256));
  tokenize->add_flag("--special", all.tokenize.special, "Add what the post-processor adds");

  CLI::App* train =
      app.add_subcommand("train-tokenizer", "Learns a byte-level BPE from lines {\"text\": …}");
  train->add_option("--vocabulary", all.train_tokenizer.vocabulary)
      ->required()
      ->check(CLI::Range(1, 1 << 24));
  train->add_option("--min-frequency", all.train_tokenizer.min_frequency)
      ->check(CLI::Range(0, 1 << 30));
  train->add_option("--limit-alphabet", all.train_tokenizer.limit_alphabet,
                    "At most so many single-byte tokens, the most frequent");
  train->add_option(
      "--initial-alphabet", all.train_tokenizer.initial_alphabet,
      "Characters (a space is Ġ) that are tokens in any case; default: all 256 bytes, "
      "nothing but what occurs: none");
  train->add_option("--threads", all.train_tokenizer.threads)->check(CLI::Range(1, 64));
  train->add_flag("--progress", all.train_tokenizer.progress, "Says on stderr what is done");
  train
      ->add_option("--special-tokens", all.train_tokenizer.special_tokens,
                   "The first one ends a document")
      ->delimiter(',');
  train->add_option("--output", all.train_tokenizer.output, "Folder for tokenizer.json")
      ->required();
  train->add_option("FILE", all.train_tokenizer.files)->required();

  CLI::App* inspect =
      app.add_subcommand("inspect", "What a checkpoint, dataset, ledger or safetensors file holds");
  inspect->add_option("PATH", all.inspect.path)->required();
}

void add_score_verb(CLI::App& app, All& all) {
  CLI::App* score = app.add_subcommand(
      "score", "Lines {\"id\", \"prediction\", \"references\"} to the values of metrics");
  score->add_option("--metrics", all.score.metrics, "Names, divided by commas; `list` shows them")
      ->delimiter(',')
      ->allow_extra_args(false);
  score->add_option("--profile", all.score.profile,
                    "SUITE/TASK@as_released or @as_intended, instead of --metrics");
  score->add_flag("--profiles", all.score.profiles, "Lists profiles with script and commit");
  score->add_option("--language", all.score.language, "en, fr, es, ru, zh or ja; default en");
  score->add_option("--punkt", all.score.punkt,
                    "Folder of NLTK's sentence model; default: as NLTK finds it");
  score->add_option("--tokenize", all.score.tokenizer,
                    "Of sacreBLEU: 13a, zh, ja-mecab, char, intl, none; default: by language");
  score->add_option("--seed", all.score.seed, "Of the bootstrap")->capture_default_str();
  score->add_flag("--per-item", all.score.per_item, "One line an item before the last line");
  score->add_option("FILE", all.score.file, ".jsonl, .jsonl.gz, .jsonl.zst, or -");
}

ParsedTool wrong(const Error& error) {
  std::fputs(protocol::error_text(error).c_str(), stderr);
  return {.options = {}, .leave = true, .code = 2};
}

ToolOptions chosen(const std::string& verb, All& all) {
  if (verb == "run") return all.run;
  if (verb == "logits") return all.logits;
  if (verb == "generate") return all.generate;
  if (verb == "evaluate") return all.evaluate;
  if (verb == "compare") return all.compare;
  if (verb == "train-tokenizer") return all.train_tokenizer;
  if (verb == "inspect") return all.inspect;
  if (verb == "score") return all.score;
  all.tokenize.reverse = verb == "detokenize";
  return all.tokenize;
}

}  // namespace

ParsedTool parse_tool(int argc, char** argv) {
  All all;
  CLI::App app{
      "Orch's task code without a cluster: train, evaluate, compare, tokenise and inspect on this "
      "machine.",
      "orch-tool"};
  app.require_subcommand(1);
  add_model_verbs(app, all);
  add_text_verbs(app, all);
  add_score_verb(app, all);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {.options = {}, .leave = true, .code = app.exit(error)};
    std::string verb;
    for (const CLI::App* sub : app.get_subcommands()) verb = " " + sub->get_name();
    return wrong(invalid(error.what(), "orch-tool" + verb + " --help"));
  }
  for (const std::string& text : all.set) {
    const auto pair = protocol::parse_set_option(text);
    if (!pair.ok()) return wrong(pair.error());
    all.run.set[pair->first] = pair->second;
  }
  return {
      .options = chosen(app.get_subcommands().front()->get_name(), all), .leave = false, .code = 0};
}

}  // namespace orch::jobs
