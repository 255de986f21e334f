#include "tests/jobs/score/score_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace orch::score {

namespace {

using Json = nlohmann::json;

const std::string kVectors = std::string(ORCH_SOURCE_DIR) + "/tests/jobs/score/vectors/";

/// The lines behind the first, which names the packages.
std::vector<Json> recorded(const std::string& name) {
  const auto bytes = read_file(kVectors + name + ".jsonl");
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  std::vector<Json> lines;
  for (std::size_t begin = 0; bytes.ok() && begin < bytes->size();) {
    const std::size_t end = bytes->find('\n', begin);
    lines.push_back(Json::parse(bytes->substr(begin, end - begin)));
    begin = end + 1;
  }
  EXPECT_GT(lines.size(), 1u);
  if (lines.empty()) return lines;
  EXPECT_FALSE(lines[0].at("packages").empty());
  lines.erase(lines.begin());
  return lines;
}

/// {"repeat": [text, times]} written out.
void expand(Json& text) {
  if (!text.is_object()) return;
  std::string whole;
  for (int i = 0; i < text["repeat"][1].get<int>(); ++i) whole += text["repeat"][0];
  text = whole;
}

std::string lines_of(Json rows) {
  std::string lines;
  for (Json& row : rows) {
    expand(row["prediction"]);
    for (Json& reference : row["references"]) expand(reference);
    lines += row.dump() + "\n";
  }
  return lines;
}

void expect_values(const Json& expected, const Json& values, const std::string& what) {
  for (const auto& [name, value] : expected.items()) {
    ASSERT_TRUE(values.contains(name)) << name << ": " << what;
    if (value.is_number())
      EXPECT_NEAR(values[name].get<double>(), value.get<double>(), 1e-12) << name << ": " << what;
    else
      EXPECT_EQ(values[name], value) << name << ": " << what;
  }
}

void expect_output(const Json& line, const std::string& out) {
  std::vector<Json> printed;
  for (std::size_t begin = 0; begin < out.size();) {
    const std::size_t end = out.find('\n', begin);
    printed.push_back(Json::parse(out.substr(begin, end - begin)));
    begin = end + 1;
  }
  const Json& rows = line.at("rows");
  if (line.contains("values"))
    return expect_values(line["values"], printed.back(), rows.dump().substr(0, 300));
  const Json& items = line.at("items");
  ASSERT_EQ(printed.size(), items.size() + 1);
  for (std::size_t i = 0; i < items.size(); ++i)
    expect_values(items[i], printed[i], rows[i].dump());
}

}  // namespace

Result<std::string> score_lines(const std::string& lines, ScoreOptions options) {
  const TemporaryDirectory folder;
  options.file = join_path(folder.path(), "rows.jsonl");
  EXPECT_TRUE(write_file_atomic(options.file, lines).ok());
  const std::string out = join_path(folder.path(), "out");
  std::FILE* const file = std::fopen(out.c_str(), "w");
  const Result<void> done = score_file(options, file);
  std::fclose(file);
  if (!done.ok()) return done.error();
  return read_file(out);
}

double score_value(const std::string& lines, const std::string& metric, const std::string& key) {
  ScoreOptions options;
  options.metrics = {metric};
  const auto out = score_lines(lines, options);
  EXPECT_TRUE(out.ok()) << out.error().message;
  const Json values = Json::parse(out.ok() ? *out : "{}");
  const std::string& name = key.empty() ? metric : key;
  EXPECT_TRUE(values.contains(name)) << name;
  return values.contains(name) ? values[name].get<double>() : std::nan("");
}

std::string pair_row(const std::string& prediction, const std::string& reference) {
  return Json{{"id", 1}, {"prediction", prediction}, {"references", {reference}}}.dump() + "\n";
}

std::string punkt_folder() {
  const std::string folder = std::string(ORCH_SOURCE_DIR) + "/../shared/data/punkt_english";
  return file_exists(join_path(folder, "ortho_context.tab")) ? folder : "";
}

std::string expect_recorded(const std::string& name) {
  std::string why;
  int skipped = 0;
  for (const Json& line : recorded(name)) {
    ScoreOptions options;
    options.per_item = line.contains("items");
    const Json& first = options.per_item ? line["items"][0] : line.at("values");
    for (const auto& [metric, value] : first.items())
      if (!metric.ends_with("_signature")) options.metrics.push_back(metric);
    options.language = line.value("language", "");
    options.metric.tokenizer = line.value("tokenizer", "");
    options.metric.seed = line.value("seed", options.metric.seed);
    options.punkt = punkt_folder();
    const auto out = score_lines(lines_of(line.at("rows")), options);
    if (!out.ok() && out.error().code == Code::kNotFound) {
      ++skipped;
      why = out.error().message;
      continue;
    }
    EXPECT_TRUE(out.ok()) << out.error().message << ": " << line.dump();
    if (out.ok()) expect_output(line, *out);
  }
  return skipped == 0 ? "" : std::to_string(skipped) + " cases: " + why;
}

std::vector<WordsCase> recorded_words(const std::string& segmenter) {
  std::vector<WordsCase> out;
  for (const Json& line : recorded("words"))
    if (line.at("segmenter") == segmenter)
      out.push_back({line.value("tokenizer", ""), line.at("text"), line.at("words")});
  EXPECT_FALSE(out.empty()) << segmenter;
  return out;
}

std::vector<std::pair<std::string, std::string>> recorded_stems() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Json& line : recorded("stems"))
    for (const auto& [word, stem] : line.at("stems").items()) out.emplace_back(word, stem);
  return out;
}

}  // namespace orch::score
