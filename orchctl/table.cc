#include "orchctl/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/utf8.h"

namespace orch::orchctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kColumnMin = 8;

std::string printable(const std::string& text) {
  std::string shown = text;
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return shown;
}

std::string cut(const std::string& text, std::size_t columns) {
  if (characters(text) <= columns) return text;
  std::size_t seen = 0;
  std::size_t at = 0;
  while (at < text.size() && seen + 1 < columns) {
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
    ++seen;
  }
  return text.substr(0, at) + "…";
}

}  // namespace

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t width = characters(text);
  return width >= columns ? text : text + std::string(columns - width, ' ');
}

std::size_t terminal_columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool standard_error_is_terminal() { return isatty(STDERR_FILENO) != 0; }

std::string Table::text(std::size_t columns) const {
  std::vector<std::size_t> widths;
  for (const std::string& name : header_) widths.push_back(characters(name));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], characters(row[i]));
  }
  std::size_t total = kGap * (widths.empty() ? 0 : widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  while (columns != 0 && total > columns) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kColumnMin) break;
    --*widest;
    --total;
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string one;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = cut(printable(cells[i]), widths[i]);
      one += i + 1 == cells.size() ? cell : padded(cell, widths[i] + kGap);
    }
    while (!one.empty() && one.back() == ' ') one.pop_back();
    out += one + "\n";
  };
  line(header_);
  for (const auto& row : rows_) line(row);
  return out;
}

void Table::print() const { std::fputs(text(terminal_columns()).c_str(), stdout); }

}  // namespace orch::orchctl
