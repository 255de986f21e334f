#include "tests/tidy/rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace orch::tidy {
namespace {

std::string at(const SourceFile& file, size_t line, const std::string& what) {
  return file.path + ":" + std::to_string(line) + ": " + what;
}

bool is_test(const SourceFile& file) { return top_folder(file.path) == "tests"; }

/// The target of an #include on this line, with its first delimiter kept: `"base/ids.h` or
/// `<vector`.
std::string include_target(const std::string& line) {
  static const std::regex kInclude(R"(^\s*#\s*include\s+(["<][^">]+)[">])");
  std::smatch match;
  return std::regex_search(line, match, kInclude) ? match[1].str() : "";
}

bool starts_with_any(const std::string& text, std::initializer_list<const char*> starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [&](const char* s) { return text.starts_with(s); });
}

const std::map<std::string_view, std::set<std::string_view>>& arrows() {
  static const std::map<std::string_view, std::set<std::string_view>> kArrows = {
      {"base", {"base"}},
      {"protocol", {"base", "protocol"}},
      {"storage", {"base", "protocol", "storage"}},
      {"coordinator", {"base", "protocol", "storage", "coordinator"}},
      {"worker", {"base", "protocol", "worker"}},
      {"kernels", {"base", "kernels"}},
      {"jobs", {"base", "protocol", "kernels", "jobs", "storage"}},
      {"dashboards", {"base", "protocol", "storage", "dashboards"}},
      {"orchctl", {"base", "protocol", "orchctl"}},
      {"examples", {"base", "examples"}},
  };
  return kArrows;
}

struct Ban {
  std::regex pattern;
  std::string what;
  bool (*applies)(const SourceFile&);
};

bool in_daemon(const SourceFile& file) {
  return top_folder(file.path) == "coordinator" || top_folder(file.path) == "worker";
}

const std::vector<Ban>& bans() {
  static const auto outside_base = [](const SourceFile& f) { return top_folder(f.path) != "base"; };
  static const std::vector<Ban> kBans = {
      {std::regex(R"(\b(system_clock|steady_clock|high_resolution_clock)\b)"),
       "clocks only in base/ (use base/clock.h)", outside_base},
      {std::regex(
           R"(\b(clock_gettime|gettimeofday)\b|(^|[^\w:.>])(std::)?time\((nullptr|NULL|0)\))"),
       "clocks only in base/ (use base/clock.h)", outside_base},
      {std::regex(R"(\brandom_device\b|(^|[^\w:.>])(std::)?s?rand\()"),
       "randomness only in base/ (use base/random.h)", outside_base},
      {std::regex(R"(\bthis_thread::sleep|\b(sleep_until|usleep|nanosleep)\b)"),
       "sleeping only in base/ (use base/clock.h)", outside_base},
      {std::regex(R"(\bsleep_for\b)"), "a reactor never sleeps: it waits for events",
       [](const SourceFile& f) { return f.path.find("reactor") != std::string::npos; }},
      {std::regex(R"(\b(secure_)?getenv\b)"),
       "the environment only in base/ (use base/environment.h)", outside_base},
      {std::regex(R"(\bco_(await|return|yield)\b)"), "no coroutines: g++ 12 miscompiles them",
       [](const SourceFile&) { return true; }},
      {std::regex(R"(\bstd::((recursive_|shared_|timed_)?mutex|atomic\w*|condition_variable)\b)"),
       "no mutex or atomic in a daemon: one thread owns all state", in_daemon},
      {std::regex(R"(\bthrow\b)"), "no throw outside jobs/: return an Error",
       [](const SourceFile& f) { return top_folder(f.path) != "jobs" && !is_test(f); }},
  };
  return kBans;
}

size_t columns(const std::string& line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

size_t lines_max(const SourceFile& file) {
  if (file.path == "CMakeLists.txt") return 80;
  if (file.path == "README.md") return 150;
  if (file.path == "dev") return 250;
  if (file.path.ends_with("CMakeLists.txt")) return 40;
  if (is_cpp(file.path) || file.path.ends_with(".capnp") || file.path.ends_with(".py")) {
    return is_test(file) ? kTestLinesMax : kFileLinesMax;
  }
  return SIZE_MAX;
}

}  // namespace

Violations check_arrows(const SourceFile& file) {
  Violations out;
  const auto allowed = arrows().find(top_folder(file.path));
  if (!is_cpp(file.path) || allowed == arrows().end()) return out;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string target = include_target(file.lines[i]);
    if (!target.starts_with('"')) continue;
    const std::string path = target.substr(1);
    const std::string_view folder = top_folder(path);
    if (folder.empty()) {
      if (path != "orch_build_id.h")
        out.push_back(at(file, i + 1, "include " + path + " by its path from the root"));
    } else if (!allowed->second.contains(folder)) {
      out.push_back(at(file, i + 1, std::string(allowed->first) + "/ must not include " + path));
    } else if (allowed->first == "jobs" && folder == "storage" &&
               !starts_with_any(path, {"storage/artifact_", "storage/checkpoint_"})) {
      out.push_back(
          at(file, i + 1, "jobs/ includes only artifact and checkpoint directories of storage/"));
    }
  }
  return out;
}

Violations check_foreign_headers(const SourceFile& file) {
  Violations out;
  if (!is_cpp(file.path)) return out;
  const bool engine =
      starts_with_any(file.path, {"jobs/", "tests/jobs/", "tests/kernels/", "bench/"});
  const bool zmq_allowed = starts_with_any(file.path, {"protocol/", "tests/", "bench/"});
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string target = include_target(file.lines[i]);
    if (target.empty()) continue;
    const bool zmq = target.starts_with("<zmq");
    const bool foreign = zmq || starts_with_any(target, {"<rocksdb/", "<capnp/", "<kj/"}) ||
                         target.ends_with(".capnp.h");
    if (foreign && is_header(file.path)) {
      out.push_back(at(file, i + 1, target.substr(1) + " only in .cc files"));
    }
    if (zmq && !zmq_allowed) out.push_back(at(file, i + 1, "ZeroMQ only behind protocol/"));
    if (!engine && starts_with_any(target, {"<torch/", "<ATen/", "<c10/"})) {
      out.push_back(
          at(file, i + 1, "LibTorch headers only in jobs/, tests/jobs, tests/kernels, bench/"));
    }
  }
  return out;
}

Violations check_sizes(const SourceFile& file) {
  Violations out;
  const size_t limit = lines_max(file);
  if (file.lines.size() > limit) {
    out.push_back(at(file, file.lines.size(), "more than " + std::to_string(limit) + " lines"));
  }
  if (!is_cpp(file.path) && !file.path.ends_with(".capnp")) return out;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    if (columns(file.lines[i]) <= kColumnsMax) continue;
    // A literal that does not fit cannot be broken without harm.
    const bool literal = i < file.code.size() && file.code[i].find('"', kColumnsMax - 1) < SIZE_MAX;
    if (!literal) out.push_back(at(file, i + 1, "more than 100 columns"));
  }
  return out;
}

Violations check_header_shape(const SourceFile& file) {
  Violations out;
  if (!is_header(file.path)) return out;
  size_t first = 0;
  while (first < file.lines.size() &&
         (file.lines[first].empty() || file.lines[first] == "#pragma once")) {
    ++first;
  }
  if (first == file.lines.size() || !file.lines[first].starts_with("//")) {
    out.push_back(at(file, 1, "a header opens with a comment: what it is for, who owns it"));
  }
  if (std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
    out.push_back(at(file, 1, "no #pragma once"));
  }
  return out;
}

Violations check_banned_calls(const SourceFile& file) {
  Violations out;
  for (const Ban& ban : bans()) {
    if (!ban.applies(file)) continue;
    for (size_t i = 0; i < file.code.size(); ++i) {
      if (std::regex_search(file.code[i], ban.pattern)) out.push_back(at(file, i + 1, ban.what));
    }
  }
  return out;
}

Violations check_file_name(const SourceFile& file) {
  static const std::regex kBanned(R"((^|[_.-])(utils?|common|helpers?|misc|managers?)([_.-]|$))");
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  if (!std::regex_search(name, kBanned)) return {};
  return {at(file, 1, "a file is named by what it holds")};
}

Violations check_text(const SourceFile& file) {
  // Written in pieces, so that this file passes its own rule.
  static const std::regex kUnfinished(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  static const std::regex kMachinePath(
      "/wo"
      "rk/(main|shared|brief)");
  Violations out;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (std::regex_search(line, kUnfinished))
      out.push_back(at(file, i + 1, "a mark of unfinished work"));
    if (std::regex_search(line, kMachinePath))
      out.push_back(at(file, i + 1, "a path of one machine"));
    if (file.path.ends_with("CMakeLists.txt") && file.path != "tests/tidy/CMakeLists.txt" &&
        line.find("GLOB") != std::string::npos) {
      out.push_back(at(file, i + 1, "name the files, no globs"));
    }
  }
  return out;
}

}  // namespace orch::tidy
