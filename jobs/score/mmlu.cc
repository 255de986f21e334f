#include "jobs/score/mmlu.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "jobs/score/csv.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::score {

namespace {

constexpr std::size_t kChoices = 4;
constexpr std::uint64_t kCsvBytesMax = std::uint64_t{1} << 30;
constexpr std::string_view kTestEnding = "_test.csv";

struct Question {
  std::string question, choices[kChoices];
  int answer = 0;
};

std::string stripped(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\f\v"),
                    end = text.find_last_not_of(" \t\r\n\f\v");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

Result<std::vector<Question>> read_questions(const std::string& path) {
  ORCH_ASSIGN(const std::string text, read_file(path, kCsvBytesMax));
  if (tokenizer::valid_utf8_prefix(text) != text.size()) return invalid(path + ": is not UTF-8");
  ORCH_ASSIGN(const auto rows, parse_csv(text, path));
  std::vector<Question> questions;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& fields = rows[r].fields;
    const std::string where = path + ":" + std::to_string(rows[r].line);
    if (fields.size() != kChoices + 2)
      return invalid(where + ": " + std::to_string(fields.size()) +
                     " fields, expected a question, 4 choices and the answer");
    const std::string& answer = fields.back();
    if (r == 0 && answer == "answer") continue;  // a header
    static constexpr std::string_view kAnswers = "ABCD0123";
    const std::size_t at = answer.size() == 1 ? kAnswers.find(answer[0]) : std::string_view::npos;
    if (at == std::string_view::npos)
      return invalid(where + ": the answer '" + answer + "' is not A-D or 0-3");
    Question question{fields[0], {}, static_cast<int>(at % kChoices)};
    std::copy_n(fields.begin() + 1, kChoices, question.choices);
    questions.push_back(std::move(question));
  }
  if (questions.empty()) return invalid(path + ": has no questions");
  return questions;
}

std::string asked(const Question& question) {
  std::string text = stripped(question.question);
  for (std::size_t i = 0; i < kChoices; ++i)
    text += std::string("\n") + static_cast<char>('A' + i) + ". " + question.choices[i];
  return text + "\nAnswer:";
}

std::string letter(int answer) { return std::string(" ") + static_cast<char>('A' + answer); }

Result<Suite> make_suite(const SuiteRequest& request, const std::string& subject,
                         const std::string& test, const std::string& dev) {
  Suite suite;
  suite.name = dev.empty() ? request.name : request.name + "_" + subject;
  suite.group = dev.empty() ? "" : request.name;
  suite.num_fewshot = request.num_fewshot;
  std::string spoken = subject;
  std::replace(spoken.begin(), spoken.end(), '_', ' ');
  std::string header =
      "The following are multiple choice questions (with answers) about " + spoken + ".\n\n";
  if (request.num_fewshot > 0) {
    if (dev.empty()) return invalid(test + ": num_fewshot needs the folder with dev/ and test/");
    ORCH_ASSIGN(const auto shots, read_questions(dev));
    if (shots.size() < static_cast<std::size_t>(request.num_fewshot))
      return invalid(dev + ": has " + std::to_string(shots.size()) + " examples, num_fewshot is " +
                     std::to_string(request.num_fewshot));
    for (int i = 0; i < request.num_fewshot; ++i) {
      const Question& shot = shots[static_cast<std::size_t>(i)];
      header += asked(shot) + letter(shot.answer) + "\n\n";
    }
  }
  ORCH_ASSIGN(const auto questions, read_questions(test));
  suite.items_original = static_cast<std::int64_t>(questions.size());
  for (const auto& question : questions) {
    if (request.limit > 0 && suite.items.size() == static_cast<std::size_t>(request.limit)) break;
    Item item;
    item.doc_id = static_cast<std::int64_t>(suite.items.size());
    const nlohmann::ordered_json doc = {{"question", question.question},
                                        {"subject", subject},
                                        {"choices", question.choices},
                                        {"answer", question.answer}};
    item.doc = doc.dump();
    item.context = header + asked(question);
    if (request.turns) item.context = request.turns->prompt(item.context);
    for (int i = 0; i < static_cast<int>(kChoices); ++i)
      item.continuations.push_back(request.turns ? letter(i).substr(1) : letter(i));
    item.gold = question.answer;
    item.target = letter(question.answer).substr(1);
    suite.items.push_back(std::move(item));
  }
  return suite;
}

std::string subject_of_file(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending : {std::string_view("_test.csv"), std::string_view("_dev.csv"),
                                        std::string_view("_val.csv"), std::string_view(".csv")})
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return name;
}

}  // namespace

Result<std::vector<Suite>> load_mmlu(const SuiteRequest& request) {
  const std::string tests = join_path(request.path, "test");
  const auto names = list_directory(tests);
  std::vector<Suite> suites;
  if (!names.ok()) {
    if (list_directory(request.path).ok())
      return not_found(tests + ": no such folder", "MMLU has dev/ and test/");
    ORCH_ASSIGN(Suite suite, make_suite(request, subject_of_file(request.path), request.path, ""));
    suites.push_back(std::move(suite));
    return suites;
  }
  for (const auto& name : *names) {
    if (!name.ends_with(kTestEnding)) continue;
    const std::string subject = name.substr(0, name.size() - kTestEnding.size());
    const std::string dev = join_path(request.path, "dev/" + subject + "_dev.csv");
    ORCH_ASSIGN(Suite suite, make_suite(request, subject, join_path(tests, name), dev));
    suites.push_back(std::move(suite));
  }
  if (suites.empty()) return not_found(tests + ": no SUBJECT_test.csv in it");
  return suites;
}

}  // namespace orch::score
