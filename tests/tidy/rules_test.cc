// The rules themselves, fed with text that breaks them.
#include "tests/tidy/rules.h"

#include <gtest/gtest.h>

namespace orch::tidy {
namespace {

std::string repeat(const std::string& line, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += line;
  return out;
}

TEST(TidyRules, BlanksCommentsAndLiteralsButKeepsCode) {
  const SourceFile file = make_source("base/a.cc",
                                      "int a = 1'000; // throw\n"
                                      "auto b = \"thr\\\"ow\"; /* co_await\n"
                                      "throw */ char c = '\"'; int d;\n"
                                      "auto e = R\"(throw \" )\"; int f;\n");
  EXPECT_EQ(file.code[0].substr(0, 14), "int a = 1'000;");
  for (const std::string& line : file.code) {
    EXPECT_EQ(line.find("throw"), std::string::npos) << line;
    EXPECT_EQ(line.find("co_await"), std::string::npos) << line;
  }
  EXPECT_NE(file.code[2].find("int d;"), std::string::npos);
  EXPECT_NE(file.code[3].find("int f;"), std::string::npos);
}

TEST(TidyRules, ArrowsOfTheDesign) {
  const auto broken = [](const char* path, const char* include) {
    return check_arrows(make_source(path, "#include \"" + std::string(include) + "\"\n")).size();
  };
  EXPECT_EQ(broken("base/a.cc", "protocol/messages.h"), 1u);
  EXPECT_EQ(broken("worker/a.cc", "storage/log.h"), 1u);
  EXPECT_EQ(broken("orchctl/a.cc", "coordinator/state.h"), 1u);
  EXPECT_EQ(broken("jobs/a.cc", "storage/control_log.h"), 1u);
  EXPECT_EQ(broken("jobs/a.cc", "storage/artifact_dir.h"), 0u);
  EXPECT_EQ(broken("coordinator/a.cc", "storage/control_log.h"), 0u);
  EXPECT_EQ(broken("coordinator/a.cc", "state.h"), 1u);
  EXPECT_EQ(broken("tests/sim/a.cc", "coordinator/state.h"), 0u);
}

TEST(TidyRules, ForeignHeaders) {
  EXPECT_EQ(check_foreign_headers(make_source("storage/a.h", "#include <rocksdb/db.h>\n")).size(),
            1u);
  EXPECT_EQ(check_foreign_headers(make_source("storage/a.cc", "#include <rocksdb/db.h>\n")).size(),
            0u);
  EXPECT_EQ(check_foreign_headers(make_source("worker/a.cc", "#include <zmq.h>\n")).size(), 1u);
  EXPECT_EQ(
      check_foreign_headers(make_source("base/a.cc", "#include <ATen/core/Tensor.h>\n")).size(),
      1u);
  EXPECT_EQ(
      check_foreign_headers(make_source("jobs/a.h", "#include <ATen/core/Tensor.h>\n")).size(), 0u);
  EXPECT_EQ(check_foreign_headers(make_source("protocol/a.h", "#include \"protocol/x.capnp.h\"\n"))
                .size(),
            1u);
}

TEST(TidyRules, Sizes) {
  EXPECT_EQ(check_sizes(make_source("base/a.cc", repeat("\n", 501))).size(), 1u);
  EXPECT_EQ(check_sizes(make_source("tests/a.cc", repeat("\n", 501))).size(), 0u);
  EXPECT_EQ(check_sizes(make_source("base/CMakeLists.txt", repeat("x\n", 41))).size(), 1u);
  EXPECT_EQ(check_sizes(make_source("base/a.cc", std::string(101, 'x') + "\n")).size(), 1u);
  EXPECT_EQ(
      check_sizes(make_source("base/a.cc", "auto x = R\"(" + repeat("x", 120) + ")\";\n")).size(),
      0u);
  // Columns are characters, not bytes.
  EXPECT_EQ(check_sizes(make_source("base/a.cc", "// " + repeat("é", 97) + "\n")).size(), 0u);
}

TEST(TidyRules, HeaderShape) {
  EXPECT_EQ(check_header_shape(make_source("base/a.h", "// What it is.\n#pragma once\n")).size(),
            0u);
  EXPECT_EQ(check_header_shape(make_source("base/a.h", "#pragma once\n\n// What.\n")).size(), 0u);
  EXPECT_EQ(check_header_shape(make_source("base/a.h", "#pragma once\nint x;\n")).size(), 1u);
  EXPECT_EQ(check_header_shape(make_source("base/a.h", "// What it is.\n")).size(), 1u);
}

TEST(TidyRules, FunctionLength) {
  const auto long_one = [](const std::string& head, int lines) {
    const std::string text = "namespace orch {\nclass A {\n  int a_{0};\n};\n" + head + " {\n" +
                             repeat("  if (x) { y({1}); }\n", lines) + "}\n}  // namespace orch\n";
    return check_function_length(make_source("base/a.cc", text));
  };
  EXPECT_EQ(long_one("int f(int x)", 68).size(), 0u);
  ASSERT_EQ(long_one("int f(int x)", 69).size(), 1u);
  EXPECT_EQ(long_one("int f(int x)", 69)[0].substr(0, 12), "base/a.cc:5:");
  EXPECT_EQ(long_one("A::A(int x)\n    : a_{x}, b_({x})", 69).size(), 1u);
  EXPECT_EQ(long_one("template <class T>\nstruct B", 100).size(), 0u);
  // A class may be long; its member functions may not.
  const std::string member = "class A {\n  void f() {\n" + repeat("    g();\n", 70) + "  }\n};\n";
  EXPECT_EQ(check_function_length(make_source("base/a.h", member)).size(), 1u);
}

TEST(TidyRules, BannedCalls) {
  const auto broken = [](const char* path, const char* line) {
    return check_banned_calls(make_source(path, std::string(line) + "\n")).size();
  };
  EXPECT_EQ(broken("worker/a.cc", "auto t = std::chrono::steady_clock::now();"), 1u);
  EXPECT_EQ(broken("base/clock.cc", "auto t = std::chrono::steady_clock::now();"), 0u);
  EXPECT_EQ(broken("orchctl/a.cc", "std::this_thread::sleep_for(d);"), 1u);
  EXPECT_EQ(broken("orchctl/a.cc", "sleep_for(d);"), 0u);
  EXPECT_EQ(broken("worker/reactor_a.cc", "sleep_for(d);"), 1u);
  EXPECT_EQ(broken("jobs/a.cc", "int r = rand();"), 1u);
  EXPECT_EQ(broken("jobs/a.cc", "auto r = at::rand({2}); brand(); a.rand();"), 0u);
  EXPECT_EQ(broken("jobs/a.cc", "long t = time(nullptr);"), 1u);
  EXPECT_EQ(broken("orchctl/a.cc", "const char* h = std::getenv(\"HOME\");"), 1u);
  EXPECT_EQ(broken("orchctl/a.cc", "// std::getenv is banned"), 0u);
  EXPECT_EQ(broken("coordinator/a.h", "std::mutex m;"), 1u);
  EXPECT_EQ(broken("jobs/a.h", "std::mutex m;"), 0u);
  EXPECT_EQ(broken("worker/a.cc", "co_await f();"), 1u);
  EXPECT_EQ(broken("protocol/a.cc", "throw 1;"), 1u);
  EXPECT_EQ(broken("jobs/a.cc", "throw 1;"), 0u);
}

TEST(TidyRules, NamesAndText) {
  EXPECT_EQ(check_file_name(make_source("base/string_utils.h", "")).size(), 1u);
  EXPECT_EQ(check_file_name(make_source("base/uncommon.h", "")).size(), 0u);
  EXPECT_EQ(check_text(make_source("base/a.cc", std::string("// TO") + "DO\n")).size(), 1u);
  EXPECT_EQ(check_text(make_source("docs/a.md", std::string("see /wo") + "rk/main\n")).size(), 1u);
  EXPECT_EQ(check_text(make_source("base/CMakeLists.txt", "file(GLOB x *.cc)\n")).size(), 1u);
}

}  // namespace
}  // namespace orch::tidy
