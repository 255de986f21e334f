#include "protocol/error_text.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace orch::protocol {
namespace {

TEST(ErrorText, IsOneLineAndAHint) {
  EXPECT_EQ(error_text(invalid("no such file, a.yaml")), "error: no such file, a.yaml\n");
  EXPECT_EQ(error_text(unavailable("no coordinator, tcp://x:1", "orchctl up")),
            "error: no coordinator, tcp://x:1\n  try: orchctl up\n");
  EXPECT_EQ(error_text(invalid("a\n  try: b\nc")), "error: a\n  try: b\nerror: c\n");
  EXPECT_EQ(error_text(invalid("")), "error: \n");
}
TEST(ErrorText, ExitCodesAreTheContracts) {
  EXPECT_EQ(exit_code(Code::kInvalid), 2);
  EXPECT_EQ(exit_code(Code::kConflict), 2);
  EXPECT_EQ(exit_code(Code::kNotFound), 3);
  EXPECT_EQ(exit_code(Code::kUnavailable), 4);
  EXPECT_EQ(exit_code(Code::kDenied), 5);
  EXPECT_EQ(exit_code(Code::kInternal), 1);
  EXPECT_EQ(exit_code(Code::kCorrupt), 1);
}
TEST(NearestName, FindsTyposSwapsAndCutOffNames) {
  const std::vector<std::string> valid = {"steps", "seed", "hidden_size", "window"};
  EXPECT_EQ(nearest_name("stpes", valid), "steps");
  EXPECT_EQ(nearest_name("step", valid), "steps");
  EXPECT_EQ(nearest_name("hidden", valid), "hidden_size");
  EXPECT_EQ(nearest_name("windows", valid), "window");
  EXPECT_EQ(nearest_name("zzz", valid), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(1 << 20, 'a'), valid), std::nullopt);
  EXPECT_EQ(nearest_name("x", {}), std::nullopt);
}
TEST(Names, FollowTheContract) {
  for (const char* good : {"a", "0a", "worker-0", "a.b_c"})
    EXPECT_TRUE(is_valid_name(good)) << good;
  for (const char* bad : {"", "42", "-a", "A", "a b", "a/b", "ä"})
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  EXPECT_FALSE(is_valid_name(std::string(limits::kNameBytesMax + 1, 'a')));
}
TEST(Text, IsUtf8WithoutControls) {
  for (const char* good : {"", "plain\t\r\n", "ä → 19:1 ✓", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_text(good)) << good;
  for (const char* bad :
       {"\x01", "\x7f", "\xff", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    EXPECT_FALSE(is_text(bad)) << bad;
  EXPECT_FALSE(is_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace orch::protocol
