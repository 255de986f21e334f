#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace orch::tidy {
namespace {

constexpr std::array kFolders = {"base",    "protocol", "storage",    "coordinator", "worker",
                                 "kernels", "jobs",     "dashboards", "orchctl",     "examples",
                                 "tests",   "bench",    "cmake",      "docs",        "dev.d"};
constexpr std::array kTextSuffixes = {".h",  ".cc", ".cu",   ".capnp", ".txt", ".cmake", ".sh",
                                      ".py", ".md", ".yaml", ".yml",   ".ts",  ".css",   ".html"};

bool ends_with_any(std::string_view path, const auto& suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](const char* suffix) { return path.ends_with(suffix); });
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Walks over C++ text once; comments become spaces, literals quotes, line ends stay.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_until(text_.find('\n', at_), ' ');
      } else if (starts("/*")) {
        blank_until(end_after("*/", at_ + 2), ' ');
      } else if (starts("R\"") && !in_word()) {
        const size_t open = std::min(text_.find('(', at_), text_.size());
        const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        blank_until(end_after(close, open), '"');
      } else if (text_[at_] == '"' || (text_[at_] == '\'' && !in_word())) {
        blank_until(end_of_literal(), '"');
      } else {
        ++at_;
      }
    }
    return out_;
  }

 private:
  bool starts(std::string_view s) const { return text_.substr(at_).starts_with(s); }
  bool in_word() const {
    return at_ > 0 && (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0);
  }
  size_t end_after(std::string_view s, size_t from) const {
    const size_t found = text_.find(s, from);
    return found == std::string_view::npos ? text_.size() : found + s.size();
  }
  size_t end_of_literal() const {
    size_t i = at_ + 1;
    while (i < text_.size() && text_[i] != text_[at_] && text_[i] != '\n') {
      i += text_[i] == '\\' ? 2 : 1;
    }
    return std::min(i + 1, text_.size());
  }
  void blank_until(size_t end, char filler) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') out_[at_] = filler;
    }
  }

  std::string_view text_;
  std::string out_;
  size_t at_ = 0;
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

bool is_header(std::string_view path) { return path.ends_with(".h"); }

bool is_cpp(std::string_view path) {
  return is_header(path) || path.ends_with(".cc") || path.ends_with(".cu");
}

std::string_view top_folder(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

SourceFile make_source(std::string path, std::string_view text) {
  SourceFile file{std::move(path), split_lines(text), {}};
  if (is_cpp(file.path)) file.code = split_lines(Blanker(text).run());
  return file;
}

std::vector<SourceFile> read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths = {"CMakeLists.txt", "README.md", "dev", ".ci/run"};
  for (const char* folder : kFolders) {
    if (!fs::exists(fs::path(root) / folder)) continue;
    for (auto it = fs::recursive_directory_iterator(fs::path(root) / folder);
         it != fs::recursive_directory_iterator(); ++it) {
      const std::string name = it->path().filename().string();
      if (it->is_directory() && (name == "node_modules" || name == "__pycache__")) {
        it.disable_recursion_pending();
      } else if (it->is_regular_file() && ends_with_any(name, kTextSuffixes)) {
        paths.push_back(fs::relative(it->path(), root).generic_string());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (std::string& path : paths) {
    const fs::path full = fs::path(root) / path;
    if (fs::exists(full)) files.push_back(make_source(std::move(path), read_file(full)));
  }
  return files;
}

}  // namespace orch::tidy
