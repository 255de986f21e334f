#include "protocol/error_text.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/limits.h"
#include "base/utf8.h"

namespace orch::protocol {
namespace {

constexpr std::string_view kTry = "  try: ";

/// Edit distance with adjacent swaps (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

/// Length of the UTF-8 sequence at `i`, 0 if there is none that is valid (RFC 3629).
std::size_t utf8_length(std::string_view s, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
  const unsigned char first = byte(i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || i + length > s.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if (!continues_character(s[i + k])) return 0;
  const unsigned char second = byte(i + 1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

}  // namespace

std::string error_text(const Error& error) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= error.message.size()) {
    const std::size_t end = std::min(error.message.find('\n', begin), error.message.size());
    const std::string_view line = std::string_view(error.message).substr(begin, end - begin);
    if (!line.empty() || begin == 0) {
      if (!line.starts_with(kTry)) out += "error: ";
      out.append(line).append("\n");
    }
    begin = end + 1;
  }
  if (!error.hint.empty()) out.append(kTry).append(error.hint).append("\n");
  return out;
}

int exit_code(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kConflict:
      return 2;
    case Code::kNotFound:
      return 3;
    case Code::kUnavailable:
      return 4;
    case Code::kDenied:
      return 5;
    case Code::kCorrupt:
    case Code::kInternal:
      break;
  }
  return 1;
}

std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& valid) {
  if (wrong.size() > limits::kNameBytesMax) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = SIZE_MAX;
  for (const auto& name : valid) {
    if (name.size() > limits::kNameBytesMax) continue;
    const std::size_t distance = edit_distance(wrong, name);
    const std::size_t near = std::max<std::size_t>(1, std::max(wrong.size(), name.size()) / 3);
    // A cut-off or extended name is near too: "hidden" for "hidden_size".
    const bool prefix = wrong.size() >= 3 && (name.starts_with(wrong) || wrong.starts_with(name));
    if (distance < best_distance && (distance <= near || prefix)) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

bool is_valid_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kNameBytesMax) return false;
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!alphanumeric(name[0])) return false;
  const auto allowed = [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed)) return false;
  return !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_text(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >= 0x20 && byte < 0x7f) {
      ++i;
      continue;
    }
    if (byte < 0x80 && byte != '\t' && byte != '\n' && byte != '\r') return false;
    const std::size_t length = utf8_length(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace orch::protocol
