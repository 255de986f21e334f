// The rules that DESIGN and STYLE mark as checked by a machine. Each rule looks at one file and
// returns its violations as "path:line: what is wrong", so that editors jump there. Pure:
// rules_test.cc feeds them text.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace orch::tidy {

using Violations = std::vector<std::string>;

inline constexpr size_t kFileLinesMax = 500;
inline constexpr size_t kTestLinesMax = 800;
inline constexpr size_t kFunctionLinesMax = 70;
inline constexpr size_t kColumnsMax = 100;

/// `#include "folder/…"` follows the arrows of DESIGN section 4.
Violations check_arrows(const SourceFile& file);
/// RocksDB, Cap'n Proto and ZeroMQ only in .cc files, ZeroMQ only in protocol/; LibTorch only in
/// the engine.
Violations check_foreign_headers(const SourceFile& file);
/// Lines a file and columns a line; also CMakeLists.txt, README.md and ./dev.
Violations check_sizes(const SourceFile& file);
/// `#pragma once`, and an opening comment.
Violations check_header_shape(const SourceFile& file);
/// Functions of at most kFunctionLinesMax lines; right on formatted code.
Violations check_function_length(const SourceFile& file);
/// Clocks, randomness and environment only in base/; no locks in the daemons; no coroutines; no
/// throw.
Violations check_banned_calls(const SourceFile& file);
/// No file named after nothing.
Violations check_file_name(const SourceFile& file);
/// No marks of unfinished work, no absolute paths of one machine, no globs in a folder's
/// CMakeLists.txt.
Violations check_text(const SourceFile& file);

}  // namespace orch::tidy
