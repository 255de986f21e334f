#include "jobs/optim/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "base/sha256.h"

namespace orch::optim {
namespace {

std::string text_without_hash(const LedgerLine& line) {
  return "{\"step\":" + std::to_string(line.step) + ",\"prev\":\"" + line.prev +
         "\",\"cursor\":" + std::to_string(line.cursor) + ",\"mixture\":\"" + line.mixture +
         "\",\"loss_bits\":\"" + line.loss_bits + "\",\"state\":\"" + line.state +
         "\",\"build\":\"" + line.build + "\"";
}

/// Reads the canonical form field by field; any deviation makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool literal(std::string_view expected) {
    if (!good_ || !rest_.starts_with(expected)) return good_ = false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  template <typename Number>
  void number(std::string_view key, Number& out) {
    if (!literal(key)) return;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{}) {
      good_ = false;
      return;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  }
  void string(std::string_view key, std::string& out) {
    if (!literal(key) || !literal("\"")) return;
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) {
      good_ = false;
      return;
    }
    out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }
  bool good() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// Last hash and step of a verified ledger.
Result<void> check_end(const std::vector<LedgerLine>& lines, std::int64_t step,
                       const std::string& genesis, const std::string& file) {
  const std::int64_t last = lines.empty() ? 0 : lines.back().step;
  if (last != step)
    return corrupt(file + ": the ledger ends at step " + std::to_string(last) + ", expected step " +
                   std::to_string(step));
  if (!lines.empty() && lines.front().prev != genesis)
    return conflict(
        file + ": the ledger belongs to another run (model, data, seed or schedule differ)",
        "use a new output directory, or the spec that this run began with");
  return {};
}

}  // namespace

std::string loss_bits(double value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
  return text;
}

double loss_of_bits(const std::string& bits) {
  std::uint64_t value = 0;
  std::from_chars(bits.data(), bits.data() + bits.size(), value, 16);
  return std::bit_cast<double>(value);
}

std::string ledger_hash(const LedgerLine& line) {
  return sha256_hex(text_without_hash(line) + "}");
}

std::string ledger_text(const LedgerLine& line) {
  return text_without_hash(line) + ",\"hash\":\"" + line.hash + "\"}";
}

Result<LedgerLine> parse_ledger_line(std::string_view text, const std::string& where) {
  LedgerLine line;
  Reader reader(text);
  reader.number("{\"step\":", line.step);
  reader.string(",\"prev\":", line.prev);
  reader.number(",\"cursor\":", line.cursor);
  reader.string(",\"mixture\":", line.mixture);
  reader.string(",\"loss_bits\":", line.loss_bits);
  reader.string(",\"state\":", line.state);
  reader.string(",\"build\":", line.build);
  reader.string(",\"hash\":", line.hash);
  reader.literal("}");
  if (!reader.good()) return corrupt(where + ": not a ledger line");
  if (line.hash != ledger_hash(line)) return corrupt(where + ": the line does not match its hash");
  return line;
}

Result<std::vector<LedgerLine>> parse_ledger(std::string_view text, const std::string& file) {
  std::vector<LedgerLine> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return lines;
    const std::string where = file + ":" + std::to_string(lines.size() + 1);
    ORCH_ASSIGN(LedgerLine line, parse_ledger_line(text.substr(0, end), where));
    if (line.step != static_cast<std::int64_t>(lines.size()) + 1)
      return corrupt(where + ": step " + std::to_string(line.step) + " is out of order");
    if (!lines.empty() && line.prev != lines.back().hash)
      return corrupt(where + ": `prev` is not the hash of the line before");
    lines.push_back(std::move(line));
    text.remove_prefix(end + 1);
  }
}

Result<std::vector<LedgerLine>> read_ledger(const std::string& path) {
  ORCH_ASSIGN(const std::string text, read_file(path));
  return parse_ledger(text, path);
}

Result<Ledger> Ledger::begin(const std::string& path, const std::string& text, std::int64_t step,
                             const std::string& genesis) {
  ORCH_ASSIGN(const std::vector<LedgerLine> lines,
              parse_ledger(text, path + " (from its checkpoint)"));
  ORCH_TRY(check_end(lines, step, genesis, path));
  ORCH_TRY(write_file_atomic(path, text));
  return open(path, step, genesis);
}

Result<Ledger> Ledger::open(const std::string& path, std::int64_t step,
                            const std::string& genesis) {
  ORCH_ASSIGN(std::vector<LedgerLine> lines, read_ledger(path));
  if (static_cast<std::int64_t>(lines.size()) > step) lines.resize(static_cast<std::size_t>(step));
  ORCH_TRY(check_end(lines, step, genesis, path));
  std::size_t size_bytes = 0;
  for (const LedgerLine& line : lines) size_bytes += ledger_text(line).size() + 1;
  Ledger ledger;
  ledger.path_ = path;
  ledger.last_hash_ = lines.empty() ? genesis : lines.back().hash;
  ledger.last_step_ = step;
  ledger.fd_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!ledger.fd_) return system_error("open " + path, errno);
  if (::ftruncate(ledger.fd_.get(), static_cast<off_t>(size_bytes)) != 0)
    return system_error("truncate " + path, errno);
  return ledger;
}

Result<void> Ledger::append(LedgerLine line) {
  line.prev = last_hash_;
  line.hash = ledger_hash(line);
  const std::string text = ledger_text(line) + "\n";
  ORCH_TRY(write_all(fd_.get(), text.data(), text.size(), path_));
  last_hash_ = line.hash;
  last_step_ = line.step;
  return {};
}

Result<void> Ledger::sync() {
  if (::fdatasync(fd_.get()) != 0) return system_error("fdatasync " + path_, errno);
  return {};
}

Result<std::string> Ledger::text() const { return read_file(path_); }

}  // namespace orch::optim
