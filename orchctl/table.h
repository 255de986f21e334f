#pragma once
// Tables for people: aligned columns, a header row, no borders; on a terminal long cells are cut so
// that a row fits.

#include <string>
#include <vector>

namespace orch::orchctl {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// To standard output. Control characters in cells are shown as '?'.
  void print() const;
  /// The text for a line of at most `columns` characters (0: unlimited).
  std::string text(std::size_t columns) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// `text` padded with spaces to `columns` characters.
std::string padded(const std::string& text, std::size_t columns);
/// Columns of the terminal on standard output, 0 when it is none.
std::size_t terminal_columns();
bool standard_error_is_terminal();

}  // namespace orch::orchctl
