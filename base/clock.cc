#include "base/clock.h"

#include <ctime>

#include <cstdio>

#include "base/check.h"

namespace orch {
namespace {

std::int64_t read_nanoseconds(clockid_t id) {
  timespec t{};
  ORCH_CHECK(clock_gettime(id, &t) == 0, "clock_gettime(%d)", static_cast<int>(id));
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

TimePoint SystemClock::now() const {
  return TimePoint(Duration(read_nanoseconds(CLOCK_MONOTONIC)));
}

WallTime SystemClock::wall() const { return {read_nanoseconds(CLOCK_REALTIME) / 1000}; }

void SimulatedClock::advance_to(TimePoint t) {
  ORCH_CHECK(t >= now_, "a clock never goes back");
  now_ = t;
}

std::string iso8601(WallTime t) {
  std::time_t seconds = t.microseconds / 1'000'000;
  std::int64_t rest = t.microseconds % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(rest / 1000));
  return text;
}

std::string human_duration(Duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  char text[64];
  if (ms < 1000) {
    std::snprintf(text, sizeof(text), "%lldms", static_cast<long long>(ms));
  } else if (ms < 60'000) {
    std::snprintf(text, sizeof(text), "%.1fs", static_cast<double>(ms) / 1000.0);
  } else if (ms < 3'600'000) {
    std::snprintf(text, sizeof(text), "%lldm%02llds", static_cast<long long>(ms / 60'000),
                  static_cast<long long>(ms / 1000 % 60));
  } else {
    std::snprintf(text, sizeof(text), "%lldh%02lldm", static_cast<long long>(ms / 3'600'000),
                  static_cast<long long>(ms / 60'000 % 60));
  }
  return text;
}

void sleep_for(Duration d) {
  timespec t{};
  t.tv_sec = d.count() / 1'000'000'000;
  t.tv_nsec = d.count() % 1'000'000'000;
  while (nanosleep(&t, &t) != 0) {
  }
}

}  // namespace orch
