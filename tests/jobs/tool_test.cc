// orch-tool as a user runs it, over every task kind, and with everything that can be wrong in its
// inputs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <vector>

#include "base/file.h"
#include "base/random.h"

extern char** environ;  // NOLINT: POSIX

namespace orch::jobs {
namespace {

struct Ended {
  int code = -1;
  std::string out, err;
};

class Tool : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return join_path(folder_.path(), name); }

  Ended run(std::vector<std::string> argv) {
    argv.insert(argv.begin(), std::string(ORCH_BIN_DIR) + "/orch-tool");
    std::vector<char*> raw;
    for (std::string& word : argv) raw.push_back(word.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path(".out").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, path(".err").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, raw[0], &actions, nullptr, raw.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path(".out")).value(),
            read_file(path(".err")).value()};
  }

  Ended run_spec(const std::string& spec, const std::string& output,
                 std::vector<std::string> more = {}) {
    write("spec.yaml", spec);
    more.insert(more.begin(), {"run", "--spec", path("spec.yaml"), "--output", path(output)});
    return run(more);
  }

  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file_atomic(path(name), text).ok());
  }

  /// One bit of a file, in its middle.
  void flip(const std::string& name) const {
    std::string bytes = read_file(path(name)).value();
    bytes[bytes.size() / 2] ^= 1;
    write(name, bytes);
  }

  void write_data() const {
    const char* names[] = {"Ana", "Bo", "Cy", "Di", "Ed", "Flo"};
    const char* colours[] = {"red", "blue", "green", "grey"};
    std::string texts, items, rows;
    SeededRandom random(4);
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t n = random.below(6);
      texts += std::string("{\"text\": \"The colour of ") + names[n] + " is " + colours[n % 4] +
               ".\"}\n";
    }
    for (std::uint64_t n = 0; n < 6; ++n) {
      const std::string question = std::string("What is the colour of ") + names[n] + "?";
      items += "{\"question\": \"" + question +
               R"(", "options": ["red", "blue", "green", "grey"], "answer": )" +
               std::to_string(n % 4) + "}\n";
      rows += "{\"prompt\": \"" + question + "\", \"answer\": \"" + colours[n % 4] + "\"}\n";
    }
    write("texts.jsonl", texts);
    write("items.jsonl", items);
    write("rows.jsonl", rows);
  }

  std::string whole_job() const {
    const std::string model = "      batch_windows: 4\n      window: 64\n      shards: 4\n";
    return "version: 1\nname: whole\ntasks:\n"
           "  data:\n    prepare:\n      tokenizer: {train: {vocabulary: 300, special_tokens: "
           "[\"<eos>\"], files: [\"" +
           path("texts.jsonl") + "\"]}}\n      sources: {all: {files: [\"" + path("texts.jsonl") +
           "\"]}}\n"
           "  base:\n    ranks: 2\n    pretrain:\n      data: \"@data\"\n      mixture: {all: 1}\n"
           "      model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, "
           "num_attention_heads: 2}\n"
           "      steps: 6\n" +
           model +
           "  tuned:\n    instruct:\n      checkpoint: \"@base\"\n      data: \"@data\"\n      "
           "rows: \"" +
           path("rows.jsonl") + "\"\n      epochs: 2\n" + model +
           "  judged:\n    ranks: 2\n    evaluate:\n      checkpoint: \"@base\"\n      suites: "
           "[{name: colours, data: \"" +
           path("items.jsonl") + "\"}]\n" +
           "  asked:\n    evaluate:\n      checkpoint: \"@tuned\"\n      suites:\n        - {name: "
           "colours, data: \"" +
           path("items.jsonl") +
           "\"}\n        - {name: chat, kind: generate, format: pairs, chat: true, data: \"" +
           path("rows.jsonl") + "\"}\n" +
           "  check:\n    forgetting: {base: \"@judged\", candidate: \"@asked\"}\n"
           "  verified:\n    checkpoint: {from: \"@tuned\", action: verify}\n"
           "  exported:\n    checkpoint: {from: \"@tuned\", action: export}\n"
           "  said:\n    needs: [exported]\n    ranks: 2\n"
           "    command: {argv: [\"/bin/sh\", \"-c\", \"echo $RANK of $WORLD_SIZE > "
           "$ORCH_OUT/who.$ORCH_RANK\"]}\n";
  }

  TemporaryDirectory folder_{"trainer"};
};

TEST_F(Tool, RunsEveryTaskKind) {
  write_data();
  const Ended ended = run_spec(whole_job(), "out");
  ASSERT_EQ(ended.code, 0) << ended.err;
  for (const char* file :
       {"data/manifest.json", "base/step-000006/model.safetensors", "base/ledger.jsonl",
        "base/metrics.jsonl", "tuned/step-000003/chat_template.jinja",
        "judged/samples_colours.jsonl", "asked/samples_chat.jsonl", "asked/results.json",
        "check/verdicts.json", "verified/verified.json", "exported/model.safetensors",
        "exported/tokenizer.json", "said/who.1"})
    EXPECT_TRUE(file_exists(path("out/" + std::string(file)))) << file;
  EXPECT_FALSE(file_exists(path("out/exported/orch/optimizer.safetensors")));
  EXPECT_EQ(read_file(path("out/said/who.1")).value(), "1 of 2\n");
  EXPECT_NE(ended.out.find("\nledger "), std::string::npos);

  const Ended again = run_spec(whole_job(), "out", {"--resume"});
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.out, ended.out);

  for (const char* what : {"out/base/step-000006", "out/data", "out/base/ledger.jsonl",
                           "out/judged", "out/base/step-000006/model.safetensors"})
    EXPECT_EQ(run({"inspect", path(what)}).code, 0) << what;
  const std::string samples = path("out/judged/samples_colours.jsonl");
  const Ended verdict = run({"compare", samples, samples, "--gate"});
  EXPECT_NE(verdict.out.find("\"verdict\""), std::string::npos) << verdict.err;
  const Ended text = run({"generate", "--model", path("out/tuned/step-000003"), "--prompt", "Hi",
                          "--chat", "--max-new-tokens", "4"});
  EXPECT_EQ(text.code, 0) << text.err;
}

TEST_F(Tool, DamagedInputsAreNamedAndNothingElseIsHarmed) {
  write_data();
  ASSERT_EQ(run_spec(whole_job(), "out", {"--task", "base"}).code, 0);
  struct Case {
    std::string file, task, words;
  };
  for (const Case& broken :
       {Case{"base/step-000006/model.safetensors", "tuned", "model.safetensors"},
        Case{"base/step-000006/config.json", "judged", "config.json"},
        Case{"data/tokenizer.json", "tuned", "tokenizer"}}) {
    const std::string whole = read_file(path("out/" + broken.file)).value();
    flip("out/" + broken.file);
    const Ended ended = run_spec(whole_job(), "out", {"--task", broken.task, "--resume"});
    EXPECT_EQ(ended.code, 2) << broken.file << "\n" << ended.err;
    EXPECT_NE(ended.err.find(broken.words), std::string::npos) << ended.err;
    write("out/" + broken.file, whole);
  }
  EXPECT_EQ(run_spec(whole_job(), "out", {"--task", "judged", "--resume"}).code, 0);
}

TEST_F(Tool, WrongUsageIsExitTwoWithAHint) {
  write_data();
  write("empty.json", "[[]]");
  EXPECT_EQ(run({"fly"}).code, 2);
  EXPECT_EQ(run({"run"}).code, 2);
  EXPECT_EQ(
      run({"logits", "--model", path("none"), "--ids", path("empty.json"), "--output", path("x")})
          .code,
      3);
  EXPECT_EQ(run({"inspect", path("none")}).code, 3);
  EXPECT_EQ(run({"inspect", path("items.jsonl")}).code, 2);
  const Ended unknown = run_spec(whole_job(), "out", {"--task", "bse"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("base"), std::string::npos) << unknown.err;
  EXPECT_FALSE(file_exists(path("out")));
  EXPECT_EQ(run_spec("version: 1\nname: x\ntasks: {a: {comand: {}}}\n", "out").code, 2);
  EXPECT_EQ(run_spec(whole_job(), "out", {"--task", "base", "--ranks", "5"}).code, 2);
}

TEST_F(Tool, ACommandThatFailsIsAFailedTask) {
  const auto command = [](const std::string& argv) {
    return "version: 1\nname: x\ntasks: {a: {ranks: 2, command: {argv: " + argv + "}}}\n";
  };
  const Ended failed = run_spec(
      command(R"(["/bin/sh", "-c", "echo last words; test $RANK = 0 && exit 3; sleep 60"])"), "a");
  EXPECT_EQ(failed.code, 1);
  EXPECT_NE(failed.err.find("exit code 3: last words"), std::string::npos) << failed.err;
  const Ended missing = run_spec(command("[no-such-program]"), "b");
  EXPECT_EQ(missing.code, 2);
  EXPECT_NE(missing.err.find("no-such-program"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace orch::jobs
