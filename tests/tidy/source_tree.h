// The project's files as the tidy rules see them: raw lines, and the same lines with comments and
// the contents of literals blanked, so that a rule about code does not trip over prose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orch::tidy {

struct SourceFile {
  std::string path;                ///< Relative to the root, with '/'.
  std::vector<std::string> lines;  ///< As they are, without line ends.
  std::vector<std::string> code;   ///< C++: comments spaces, literals quotes. Others: empty.
};

/// Splits `text` and, for C++ sources, blanks comments and literals.
SourceFile make_source(std::string path, std::string_view text);

/// All text files of the project's folders and of its root, sorted by path; build outputs left out.
std::vector<SourceFile> read_tree(const std::string& root);

/// "base" of "base/ids.h"; "" for a file at the root.
std::string_view top_folder(std::string_view path);

bool is_cpp(std::string_view path);
bool is_header(std::string_view path);

}  // namespace orch::tidy
