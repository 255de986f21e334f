#pragma once
// The process environment, read once at start by main.cc. The only caller of getenv. Thread: main,
// before others start.

#include <optional>
#include <string>

namespace orch {

std::optional<std::string> environment(const char* name);
/// $HOME, or the password database's, or "/".
std::string home_directory();
/// Folder of the running executable, without a trailing slash.
std::string executable_directory();

}  // namespace orch
