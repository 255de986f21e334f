#include "jobs/score/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"

namespace orch::score {
namespace {

class CompareTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(write_file_atomic(path, text).ok());
    return path;
  }
  static std::string line(int id, int acc, const std::string& hash = "h") {
    return "{\"doc_id\": " + std::to_string(id) + ", \"doc_hash\": \"" + hash +
           "\", \"filter\": \"none\", \"acc\": " + std::to_string(acc) + ".0}\n";
  }
  Result<Comparison> compared(const std::string& base, const std::string& candidate,
                              const std::string& metric = "") {
    ComparisonRequest request;
    request.base = base;
    request.candidate = candidate;
    request.query.metric = metric;
    return compare(request);
  }
  TemporaryDirectory folder_;
};

TEST_F(CompareTest, CountsPairsInAnyOrder) {
  const auto base = write("a", line(1, 1) + line(2, 1) + line(3, 0) + line(4, 0));
  const auto candidate = write("b", line(4, 0) + line(3, 1) + line(2, 0) + line(1, 1));
  const auto c = compared(base, candidate);
  ASSERT_TRUE(c.ok()) << c.error().message;
  const Judgement& j = c->judgement;
  EXPECT_EQ(j.items, 4);
  EXPECT_EQ(j.losses, 1);
  EXPECT_EQ(j.wins, 1);
  EXPECT_EQ(j.base, 0.5);
}

TEST_F(CompareTest, ListsWhatDoesNotMatch) {
  const auto good = write("good", line(1, 1) + line(2, 1));
  const auto refused = [&](const std::string& text, const char* named) {
    const auto j = compared(good, write("other", text));
    ASSERT_FALSE(j.ok()) << text;
    EXPECT_EQ(j.error().code, Code::kInvalid);
    EXPECT_NE(j.error().message.find(named), std::string::npos) << j.error().message;
  };
  refused(line(1, 1), "doc_id 2");
  refused(line(1, 1) + line(2, 1) + line(7, 1), "doc_id 7");
  refused(line(1, 1) + line(2, 1) + line(2, 0), "duplicates: doc_id 2 (line 3)");
  refused(line(1, 1) + line(2, 1, "other"), "doc_hash differs for doc_id 2");
  refused(line(1, 1) + "{\"doc_id\": 2, \"doc_hash\": \"h\"}\n", ":2: metric");
  refused(line(1, 1) + "{\"doc_id\": \"2\", \"acc\": 1}\n", ":2: key \"doc_id\"");
  refused(line(1, 1) + "what\n", ":2: not a JSON object");
  refused("", "no samples");
  EXPECT_EQ(compared(good, folder_.path() + "/none").error().code, Code::kNotFound);
}

/// As lm-evaluation-harness writes a line, short.
std::string harness_line(int id, const std::string& metrics, const std::string& filter = "none") {
  return "{\"doc_id\": " + std::to_string(id) +
         ", \"doc\": {\"question\": \"Qué?\\n\\\"{[\\u00e9\", \"subject\": \"s" +
         std::to_string(id / 2) +
         "\", \"odds\": NaN, \"nested\": {\"acc\": 7}}, \"target\": \"0\", "
         "\"resps\": [[[\"-3.0\", \"True\"]]], \"filter\": \"" +
         filter + "\", \"metrics\": [\"f1\"], \"doc_hash\": \"h\", " + metrics + "}\n";
}

TEST_F(CompareTest, ReadsWhatTheHarnessWrites) {
  const auto lines = [&](const char* a, const char* b, const char* c) {
    return harness_line(0, a) + harness_line(1, b) + harness_line(2, c) + harness_line(3, a);
  };
  const auto base = write("a.jsonl", lines("\"acc\": 1.0", "\"acc\": true", "\"acc\": 0"));
  const auto candidate = write("b.jsonl", lines("\"acc\": 1", "\"acc\": 0.0", "\"acc\": true"));
  const auto c = compared(base, candidate);
  ASSERT_TRUE(c.ok()) << c.error().message;
  EXPECT_EQ(c->judgement.losses, 1);
  EXPECT_EQ(c->judgement.wins, 1);
  EXPECT_EQ(c->metric, "acc");
  // Without acc and exact_match: the one that "metrics" names.
  const auto f1 = write("f1.jsonl", lines("\"f1\": 0.25", "\"f1\": 1.0", "\"f1\": 0.5"));
  const auto worse = write("f2.jsonl", lines("\"f1\": 0.25", "\"f1\": 0.5", "\"f1\": 0.5"));
  const auto continuous = compared(f1, worse);
  ASSERT_TRUE(continuous.ok()) << continuous.error().message;
  EXPECT_EQ(continuous->metric, "f1");
  EXPECT_FALSE(continuous->effect.binary);
  EXPECT_EQ(continuous->judgement.losses, 1);
  EXPECT_NEAR(continuous->judgement.difference, -0.125, 1e-15);
  EXPECT_TRUE(continuous->bootstrap.has_value());
  for (const auto& [metrics, words] : {std::pair{"\"acc\": null", "null"},
                                       {"\"acc\": NaN", "not finite"},
                                       {"\"acc\": [1, 2]", "number"},
                                       {"\"acc\": \"1\"", "number"},
                                       {"\"acc\": 1e999", "range"},
                                       {"\"acc_norm\": 1", "missing"},
                                       {"\"acc\": 1, \"acc\": 0", "twice"}}) {
    const auto refused = compared(base, write("c.jsonl", harness_line(0, metrics)));
    ASSERT_FALSE(refused.ok()) << metrics;
    EXPECT_NE(refused.error().message.find("c.jsonl:1: "), std::string::npos);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  }
}

TEST_F(CompareTest, FiltersAreToldApartAndNotTakenForIndependentItems) {
  std::string base, candidate;
  for (int i = 0; i < 50; ++i)
    for (const char* filter : {"strict", "flexible"}) {
      base += harness_line(i, "\"acc\": 1", filter);
      candidate += harness_line(i, i % 5 == 0 ? "\"acc\": 0" : "\"acc\": 1", filter);
    }
  const auto a = write("a", base), b = write("b", candidate);
  const auto both = compared(a, b);
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_EQ(both->judgement.items, 100);
  EXPECT_TRUE(both->filters_clustered);
  EXPECT_EQ(both->effect.clusters, 50);
  ComparisonRequest request{.base = a, .candidate = b, .baselines = {}, .query = {}};
  request.query.filter = "strict";
  const auto one = compare(request);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->judgement.items, 50);
  // Twice the same answers are no more evidence.
  const double width = both->judgement.interval.high - both->judgement.interval.low;
  const double single = one->judgement.interval.high - one->judgement.interval.low;
  EXPECT_GE(width, 0.95 * single);
}

TEST_F(CompareTest, ClustersComeFromTheSamples) {
  std::string base, candidate;
  for (int i = 0; i < 40; ++i) {
    base += harness_line(i, "\"acc\": 1");
    candidate += harness_line(i, (i / 2) % 4 == 0 ? "\"acc\": 0" : "\"acc\": 1");
  }
  ComparisonRequest request{
      .base = write("a", base), .candidate = write("b", candidate), .baselines = {}, .query = {}};
  const auto plain = compare(request);
  request.query.cluster = "doc.subject";
  const auto clustered = compare(request);
  ASSERT_TRUE(clustered.ok()) << clustered.error().message;
  EXPECT_EQ(clustered->effect.clusters, 20);
  EXPECT_LT(clustered->judgement.interval.low, plain->judgement.interval.low);
  EXPECT_GT(clustered->judgement.interval.high, plain->judgement.interval.high);
  request.query.cluster = "doc.passage";
  EXPECT_NE(compare(request).error().message.find("a:1: key \"doc.passage\""), std::string::npos);
}

TEST_F(CompareTest, BaselinesOfAStableStretchWidenTheInterval) {
  const auto lines = [](int wrong_from) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += line(i, i < wrong_from);
    return text;
  };
  ComparisonRequest request{.base = write("a", lines(80)),
                            .candidate = write("b", lines(79)),
                            .baselines = {},
                            .query = {}};
  const auto plain = compare(request);
  request.baselines = {write("c", lines(82)), write("d", lines(78))};
  const auto noisy = compare(request);
  ASSERT_TRUE(noisy.ok()) << noisy.error().message;
  EXPECT_EQ(noisy->noise.checkpoints, 3);
  EXPECT_NEAR(noisy->noise.score_variance, 0.0004, 1e-15);
  const double half = plain->judgement.difference - plain->judgement.interval.low;
  const double noise = student_upper(0.05, 2) * std::sqrt(2 * 0.0004);
  EXPECT_NEAR(noisy->judgement.interval.low, -0.01 - std::hypot(half, noise), 1e-12);
  request.baselines = {write("e", line(1, 1))};
  EXPECT_NE(compare(request).error().message.find("is only in"), std::string::npos);
}

TEST_F(CompareTest, SuitesOfTheForgettingTaskTakeBaselinesToo) {
  const auto fill = [&](const std::string& folder, int right) {
    EXPECT_TRUE(make_directories(folder_.path() + "/" + folder).ok());
    std::string text;
    for (int i = 0; i < 100; ++i) text += line(i, i < right);
    write(folder + "/samples_mmlu.jsonl", text);
    return folder_.path() + "/" + folder;
  };
  const std::string base = fill("base", 80), next = fill("next", 79);
  const auto plain = compare_suites(base, next, {}, {"mmlu"}, 0.02, 0.05);
  const auto noisy =
      compare_suites(base, next, {fill("c", 82), fill("d", 78)}, {"mmlu"}, 0.02, 0.05);
  ASSERT_TRUE(plain.ok() && noisy.ok());
  const double half = -0.01 - plain->front().judgement.interval.low;
  const double noise = student_upper(0.05, 2) * std::sqrt(2 * 0.0004);
  EXPECT_NEAR(noisy->front().judgement.interval.low, -0.01 - std::hypot(half, noise), 1e-12);
}

TEST_F(CompareTest, FoldersAreJudgedSuiteBySuiteTogether) {
  const auto fill = [&](const std::string& folder, int right) {
    EXPECT_TRUE(make_directories(folder_.path() + "/" + folder).ok());
    std::string text;
    for (int i = 0; i < 500; ++i) text += line(i, i < right);
    write(folder + "/samples_mmlu_2025-01-31T10-11-12.123456.jsonl", text);
    text.clear();
    for (int i = 0; i < 500; ++i) text += line(i, i < 300);
    write(folder + "/samples_medqa.jsonl", text);
  };
  fill("base", 400);
  fill("next", 300);
  ComparisonRequest request{.base = folder_.path() + "/base",
                            .candidate = folder_.path() + "/next",
                            .baselines = {},
                            .query = {},
                            .sequential = true};
  const auto c = compare(request);
  ASSERT_TRUE(c.ok()) << c.error().message;
  ASSERT_EQ(c->subjects.size(), 2u);
  EXPECT_EQ(c->subjects[0].name, "medqa");
  EXPECT_EQ(c->subjects[0].judgement.verdict, Verdict::kPass);
  EXPECT_EQ(c->subjects[1].judgement.verdict, Verdict::kRegress);
  EXPECT_TRUE(c->subjects[1].any_drop);
  EXPECT_TRUE(c->sequential->stopped_after.has_value());
  const auto json = nlohmann::json::parse(comparison_json(*c));
  EXPECT_EQ(json["verdict"], "regress");
  EXPECT_EQ(json["subjects"]["mmlu"]["losses"], 100);
  EXPECT_TRUE(json["sequential"]["stopped"].get<bool>());
  EXPECT_TRUE(json["sequential"]["drop_beyond_margin"]["stopped_after"].is_number());
  EXPECT_TRUE(json["sequential"]["drop_within_margin"]["stopped_after"].is_null());
  const std::string table = comparison_table(*c);
  EXPECT_NE(table.find("What may be concluded"), std::string::npos);
  EXPECT_NE(table.find("there is a drop (of any size)"), std::string::npos) << table;
  EXPECT_NE(table.find("That the drop is beyond the margin was known after"), std::string::npos);
  EXPECT_NE(table.find("2 subjects together (Holm): 1 regressed, 1 passed"), std::string::npos);
  write("next/samples_medqa_2025-01-31T10-11-12.123456.jsonl", line(1, 1));
  EXPECT_NE(compare(request).error().message.find("both of the task medqa"), std::string::npos);
}

/// 400 items whose value rises by about 0.3.
std::pair<std::string, std::string> risen(const std::string& metric) {
  SeededRandom random(12);
  std::pair<std::string, std::string> out;
  for (int i = 0; i < 400; ++i) {
    const double base = 5 + random.uniform();
    const auto text = [&](double value) {
      return "{\"doc_id\": " + std::to_string(i) + ", \"doc_hash\": \"h\", \"" + metric +
             "\": " + std::to_string(value) + "}\n";
    };
    out.first += text(base);
    out.second += text(base + 0.2 + 0.2 * random.uniform());
  }
  return out;
}

TEST_F(CompareTest, ARiseOfPerplexityIsALoss) {
  for (const std::string metric : {"perplexity", "bits_per_byte", "word_perplexity"}) {
    const auto [low, high] = risen(metric);
    const auto worse = compared(write("a", low), write("b", high), metric);
    ASSERT_TRUE(worse.ok()) << worse.error().message;
    EXPECT_EQ(worse->judgement.verdict, Verdict::kRegress);
    EXPECT_EQ(worse->judgement.losses, 400);
    EXPECT_EQ(worse->judgement.wins, 0);
    const auto json = nlohmann::json::parse(comparison_json(*worse));
    EXPECT_EQ(json["higher_is_better"], false);
    EXPECT_NEAR(json["difference"].get<double>(), 0.3, 0.02);
    EXPECT_GT(json["base"].get<double>(), 5);
    EXPECT_LT(json["interval"][0].get<double>(), json["difference"].get<double>());
    EXPECT_GT(json["interval"][0].get<double>(), 0);
    EXPECT_LT(json["interval"][0].get<double>(), json["interval"][1].get<double>());
    EXPECT_LT(json["bootstrap"][0].get<double>(), json["bootstrap"][1].get<double>());
    EXPECT_LT(json["p"].get<double>(), 1e-6);
    const std::string table = comparison_table(*worse);
    EXPECT_NE(table.find("lower is better, a rise is a loss"), std::string::npos) << table;
    EXPECT_NE(table.find("400 items rose, 0 fell; p of any rise"), std::string::npos) << table;
    EXPECT_NE(table.find("The rise lies between"), std::string::npos) << table;
    const auto better = compared(write("a", high), write("b", low), metric);
    EXPECT_EQ(better->judgement.verdict, Verdict::kPass);
  }
  // A name that says nothing is better when larger, unless the caller says otherwise.
  const auto [low, high] = risen("score");
  ComparisonRequest request;
  request.base = write("a", low);
  request.candidate = write("b", high);
  request.query.metric = "score";
  EXPECT_EQ(compare(request)->judgement.verdict, Verdict::kPass);
  EXPECT_FALSE(
      nlohmann::json::parse(comparison_json(*compare(request))).contains("higher_is_better"));
  request.lower_is_better = true;
  EXPECT_EQ(compare(request)->judgement.verdict, Verdict::kRegress);
}

TEST_F(CompareTest, SuitesOfBothDirectionsAreJudgedEachInItsOwn) {
  EXPECT_TRUE(make_directories(folder_.path() + "/a").ok());
  EXPECT_TRUE(make_directories(folder_.path() + "/b").ok());
  std::string right;
  for (int i = 0; i < 400; ++i) right += line(i, i < 300);
  for (const std::string folder : {"a", "b"}) {
    std::string text;
    for (int i = 0; i < 400; ++i)
      text += "{\"doc_id\": " + std::to_string(i) +
              ", \"doc_hash\": \"h\", \"metrics\": [\"bits_per_byte\"], \"bits_per_byte\": " +
              std::to_string(1 + 0.001 * (i % 7) + (folder == "b" ? 0.1 + 0.001 * (i % 3) : 0)) +
              "}\n";
    write(folder + "/samples_wiki.jsonl", text);
    write(folder + "/samples_mmlu.jsonl", right);
  }
  const auto judged = compare_suites(folder_.path() + "/a", folder_.path() + "/b", {},
                                     {"mmlu", "wiki"}, 0.02, 0.05);
  ASSERT_TRUE(judged.ok()) << judged.error().message;
  EXPECT_EQ((*judged)[0].judgement.verdict, Verdict::kPass);
  EXPECT_EQ((*judged)[1].judgement.verdict, Verdict::kRegress);
  const auto json = nlohmann::json::parse(subject_json((*judged)[1]));
  EXPECT_GT(json["corrected_interval"][0].get<double>(), 0.02);
  EXPECT_GT(json["shrunken"].get<double>(), 0);
  // In one comparison they cannot be averaged.
  ComparisonRequest both;
  both.base = folder_.path() + "/a";
  both.candidate = folder_.path() + "/b";
  EXPECT_NE(compare(both).error().message.find("some when smaller"), std::string::npos);
}

TEST_F(CompareTest, AllProblemsAreCountedAndTheFirstNamed) {
  std::string base, candidate;
  for (int i = 0; i < 100; ++i) {
    base += line(i, 1);
    candidate += line(i + 50, 1);
  }
  const auto refused = compared(write("a", base), write("b", candidate));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("100 items are not in both sets"), std::string::npos);
  EXPECT_NE(refused.error().message.find("and 80 more"), std::string::npos);
  const auto both =
      compared(write("a", line(1, 1) + line(2, 1)), write("b", line(1, 1) + line(1, 0)));
  EXPECT_NE(both.error().message.find("b: 1 duplicates: doc_id 1 (line 2)"), std::string::npos);
  EXPECT_NE(both.error().message.find("doc_id 2 is only in"), std::string::npos);
}

}  // namespace
}  // namespace orch::score
