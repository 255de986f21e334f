#include "protocol/quantity.h"

#include <array>
#include <charconv>

namespace orch::protocol {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// Largest first, as the text forms want them.
constexpr std::array kTimeUnits = {Unit{"d", 86'400'000'000'000},
                                   Unit{"h", 3'600'000'000'000},
                                   Unit{"m", 60'000'000'000},
                                   Unit{"s", 1'000'000'000},
                                   Unit{"ms", 1'000'000},
                                   Unit{"us", 1'000},
                                   Unit{"ns", 1}};
constexpr std::array kSizeUnits = {
    Unit{"TiB", std::uint64_t{1} << 40}, Unit{"GiB", std::uint64_t{1} << 30},
    Unit{"MiB", std::uint64_t{1} << 20}, Unit{"KiB", std::uint64_t{1} << 10}, Unit{"B", 1}};
constexpr std::uint64_t kTimeMax = 3650 * kTimeUnits[0].factor;
constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 60;

/// Takes one "NUMBER UNIT" from the front of `text`; false if it is none or over `max`.
template <std::size_t N>
bool take_part(std::string_view& text, const std::array<Unit, N>& units, std::uint64_t max,
               std::uint64_t& value) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
  for (const auto& unit : units) {
    if (name != unit.name) continue;
    if (number > max / unit.factor) return false;
    value = number * unit.factor;
    text.remove_prefix(name.size());
    return true;
  }
  return false;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  std::uint64_t sum = 0;
  std::string_view rest = text;
  do {
    std::uint64_t part = 0;
    if (!take_part(rest, kTimeUnits, kTimeMax, part) || sum + part > kTimeMax)
      return invalid("\"" + std::string(text.substr(0, 64)) +
                         "\" is not a duration such as 300ms, 5s, 3m, 2h or 7d",
                     "30s");
    sum += part;
  } while (!rest.empty());
  return Duration(static_cast<Duration::rep>(sum));
}

std::string duration_text(Duration d) {
  auto rest = static_cast<std::uint64_t>(d.count() < 0 ? 0 : d.count());
  if (rest == 0) return "0";
  std::string out;
  for (const auto& unit : kTimeUnits) {
    if (rest >= unit.factor) out += std::to_string(rest / unit.factor) + std::string(unit.name);
    rest %= unit.factor;
  }
  return out;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  std::string_view rest = text;
  if (!take_part(rest, kSizeUnits, kSizeMax, value) || !rest.empty())
    return invalid("\"" + std::string(text.substr(0, 64)) +
                       "\" is not a size such as 512MiB or 1GiB (B, KiB, MiB, GiB, TiB)",
                   "512MiB");
  return value;
}

std::string size_text(std::uint64_t size_bytes) {
  for (const auto& unit : kSizeUnits)
    if (size_bytes != 0 && size_bytes % unit.factor == 0)
      return std::to_string(size_bytes / unit.factor) + std::string(unit.name);
  return "0B";
}

}  // namespace orch::protocol
