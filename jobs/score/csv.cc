#include "jobs/score/csv.h"

namespace orch::score {

Result<std::vector<CsvRow>> parse_csv(std::string_view text, const std::string& where) {
  std::vector<CsvRow> rows;
  std::uint64_t line = 1;
  std::size_t i = 0;
  while (i < text.size()) {
    CsvRow row{line, {""}};
    bool quoted = false, blank = true;
    for (; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\n') ++line;
      if (quoted) {
        if (c != '"') {
          row.fields.back() += c;
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          row.fields.back() += text[++i];
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == '\n') break;
      if (c == '"' && row.fields.back().empty()) {
        quoted = true;
        blank = false;
      } else if (c == ',') {
        row.fields.emplace_back();
        blank = false;
      } else if (c != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) {
        row.fields.back() += c;
        blank = false;
      }
    }
    if (quoted)
      return invalid(where + ":" + std::to_string(row.line) + ": a quote is never closed");
    ++i;
    if (!blank) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace orch::score
