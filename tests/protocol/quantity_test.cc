#include "protocol/quantity.h"

#include <gtest/gtest.h>

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, ReadsDurations) {
  EXPECT_EQ(*parse_duration("300ms"), 300ms);
  EXPECT_EQ(*parse_duration("5s"), 5s);
  EXPECT_EQ(*parse_duration("3m"), 3min);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("7d"), 168h);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("0"), 0s);
}
TEST(Quantity, RefusesOtherDurations) {
  for (const char* bad :
       {"", "5", "s", "-5s", "5 s", "1.5s", "5sec", "99999999999999999999s", "400000d", "5s5"})
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
}
TEST(Quantity, WritesDurationsThatReadBack) {
  for (const Duration d :
       {Duration(1ms), Duration(90min), Duration(25h), Duration(1234567ns), Duration(0)})
    EXPECT_EQ(*parse_duration(duration_text(d)), d);
  EXPECT_EQ(duration_text(90min), "1h30m");
}
TEST(Quantity, ReadsAndWritesSizes) {
  EXPECT_EQ(*parse_size("512MiB"), std::uint64_t{512} << 20);
  EXPECT_EQ(*parse_size("1GiB"), std::uint64_t{1} << 30);
  EXPECT_EQ(*parse_size("100B"), 100u);
  for (const char* bad : {"", "512", "1GB", "MiB", "1.5GiB", "-1MiB", "9999999TiB", "1GiB1MiB"})
    EXPECT_FALSE(parse_size(bad).ok()) << bad;
  EXPECT_EQ(size_text(std::uint64_t{512} << 20), "512MiB");
  EXPECT_EQ(size_text(1025), "1025B");
}

}  // namespace
}  // namespace orch::protocol
