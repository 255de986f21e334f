// Speed of a verdict on 10^6 items from files, and the power of the test that may be stopped at any
// item, on the sizes of real benchmarks. Prints JSON lines.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "jobs/score/comparison.h"

namespace orch::score {
namespace {

constexpr double kAlpha = 0.05;

struct FileShape {
  const char* name;
  int items, tasks;
  std::size_t text_bytes;  ///< of the question, which a line holds five times
};

std::string samples(const FileShape& shape, double loss, double win) {
  SeededRandom truth(1), random(2);
  std::string text, question;
  while (question.size() < shape.text_bytes) question += "a patient of forty with fever ";
  char hash[65];
  for (int i = 0; i < shape.items; ++i) {
    std::uint64_t words[4];
    for (int w = 0; w < 4; ++w) words[w] = random_word(3, static_cast<std::uint64_t>(i), w);
    std::snprintf(hash, sizeof hash, "%016lx%016lx%016lx%016lx", words[0], words[1], words[2],
                  words[3]);
    const double u = random.uniform();
    const bool base = truth.chance(0.6);
    const bool right = base ? u >= loss / 0.6 : u < win / 0.4;
    text += "{\"doc_id\": " + std::to_string(i);
    if (!question.empty()) {
      text += ", \"doc\": {\"question\": \"" + question + "\", \"answer\": 1}, \"arguments\": {";
      for (int k = 0; k < 4; ++k)
        text += (k > 0 ? ", " : "") + std::string("\"gen_args_") + std::to_string(k) +
                "\": {\"arg_0\": \"Question: " + question + "\\nAnswer:\", \"arg_1\": \" A\"}";
      text += "}, \"resps\": [[[\"-1.25\", \"False\"]], [[\"-2.5\", \"True\"]]]";
    }
    text += std::string(", \"filter\": \"none\", \"task\": \"subject_") +
            std::to_string(i % shape.tasks) + "\", \"doc_hash\": \"" + hash +
            "\", \"acc\": " + (right ? "1.0" : "0.0") + "}\n";
  }
  return text;
}

void measure(const FileShape& shape, const Clock& clock) {
  const TemporaryDirectory folder;
  ComparisonRequest request;
  request.base = folder.path() + "/base.jsonl";
  request.candidate = folder.path() + "/candidate.jsonl";
  std::size_t bytes = 0;
  for (const auto& [path, loss] : {std::pair{request.base, 0.0}, {request.candidate, 0.06}}) {
    const std::string text = samples(shape, loss, loss * 2 / 3);
    bytes += text.size();
    ORCH_CHECK(write_file_atomic(path, text).ok(), "cannot write %s", path.c_str());
  }
  double best = HUGE_VAL;
  for (int run = 0; run < 5; ++run) {
    const TimePoint start = clock.now();
    const auto compared = compare(request);
    ORCH_CHECK(compared.ok() && compared->judgement.items == shape.items, "no verdict");
    best = std::min(best, std::chrono::duration<double>(clock.now() - start).count());
  }
  std::printf(
      "{\"bench\": \"compare\", \"case\": \"%s\", \"items\": %d, \"subjects\": %d, "
      "\"megabytes\": %.0f, \"seconds\": %.3f, \"threads\": 2}\n",
      shape.name, shape.items, shape.tasks, static_cast<double>(bytes) / 1e6, best);
  std::fflush(stdout);
}

struct PowerCase {
  const char* suite;
  int items;
  double changing, drop;
};

void power(const PowerCase& c) {
  constexpr int kRuns = 1000;
  SeededRandom random(9);
  int stopped = 0, found = 0;
  std::vector<std::int64_t> when;
  std::vector<Look> looks(static_cast<std::size_t>(c.items));
  for (int run = 0; run < kRuns; ++run) {
    for (Look& look : looks) {
      const double u = random.uniform(), loss = (c.changing + c.drop) / 2;
      look.change = u < loss ? -1 : (u < c.changing ? 1 : 0);
    }
    const SequentialResult result = run_sequential(looks, kAlpha);
    stopped += result.stopped_after.has_value();
    found += mcnemar_p(result.losses, result.wins) <= kAlpha;
    when.push_back(result.stopped_after.value_or(c.items));
  }
  std::nth_element(when.begin(), when.begin() + kRuns / 2, when.end());
  std::printf(
      "{\"bench\": \"compare\", \"case\": \"sequential power\", \"suite\": \"%s\", \"items\": %d, "
      "\"changing\": %.2f, \"drop\": %.3f, \"median_items\": %lld, \"power\": %.3f, "
      "\"power_fixed\": %.3f}\n",
      c.suite, c.items, c.changing, c.drop, static_cast<long long>(when[kRuns / 2]),
      stopped / static_cast<double>(kRuns), found / static_cast<double>(kRuns));
}

void run() {
  const SystemClock clock;
  measure({"bare lines", 1'000'000, 1, 0}, clock);
  measure({"57 subjects in turn", 1'000'000, 57, 0}, clock);
  measure({"lines of 2.5 kB", 200'000, 1, 450}, clock);
  for (const double drop : {0.05, 0.03, 0.02, 0.01, 0.005, 0.0}) power({"mmlu", 14'042, 0.1, drop});
  for (const double drop : {0.05, 0.03, 0.0}) power({"medqa", 1273, 0.1, drop});
}

}  // namespace
}  // namespace orch::score

int main() { orch::score::run(); }
