// The tree against the rules of rules.h, and against clang-format. Every violation is printed as
// path:line.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

#include "tests/tidy/rules.h"

namespace orch::tidy {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> kTree = read_tree(ORCH_SOURCE_DIR);
  return kTree;
}

void expect_clean(Violations (*rule)(const SourceFile&)) {
  ASSERT_GT(tree().size(), 20u) << "no sources under " ORCH_SOURCE_DIR;
  std::string all;
  for (const SourceFile& file : tree()) {
    for (const std::string& violation : rule(file)) all += violation + "\n";
  }
  EXPECT_TRUE(all.empty()) << all;
}

/// Runs a shell command; its output, and whether it exited with 0.
std::pair<std::string, bool> run(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {"popen failed", false};
  std::array<char, 4096> buffer;
  while (size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), n);
  return {output, pclose(pipe) == 0};
}

TEST(Tidy, FoldersFollowTheArrows) { expect_clean(check_arrows); }
TEST(Tidy, ForeignHeadersStayWhereTheyBelong) { expect_clean(check_foreign_headers); }
TEST(Tidy, FilesAndLinesAreShort) { expect_clean(check_sizes); }
TEST(Tidy, HeadersOpenWithAComment) { expect_clean(check_header_shape); }
TEST(Tidy, FunctionsAreShort) { expect_clean(check_function_length); }
TEST(Tidy, NothingBannedIsCalled) { expect_clean(check_banned_calls); }
TEST(Tidy, FilesAreNamedByWhatTheyHold) { expect_clean(check_file_name); }
TEST(Tidy, TextIsFinished) { expect_clean(check_text); }

TEST(Tidy, SourcesAreFormatted) {
  if (!run("clang-format --version").second) GTEST_SKIP() << "clang-format is not installed";
  std::string files;
  for (const SourceFile& file : tree()) {
    if (is_cpp(file.path)) files += " '" + file.path + "'";
  }
  const auto [output, ok] =
      run("cd '" ORCH_SOURCE_DIR "' && clang-format --dry-run -Werror" + files);
  std::string places;  // The first place of each file.
  std::string last;
  for (size_t from = 0; from < output.size();) {
    const size_t end = std::min(output.find('\n', from), output.size());
    const std::string line = output.substr(from, end - from);
    const std::string path = line.substr(0, line.find(':'));
    if (line.find(": error:") != std::string::npos && path != last) {
      places += line + "\n";
      last = path;
    }
    from = end + 1;
  }
  EXPECT_TRUE(ok) << places << "  try: ./dev format";
}

}  // namespace
}  // namespace orch::tidy
