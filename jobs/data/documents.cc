#include "jobs/data/documents.h"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/file.h"
#include "jobs/tokenizer/repaired_text.h"

namespace orch::data {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// Bytes of a file, one chunk a call; 0 at the end.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  virtual Result<std::size_t> read(char* out, std::size_t size_bytes) = 0;
};

class PlainStream final : public ByteStream {
 public:
  PlainStream(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  Result<std::size_t> read(char* out, std::size_t size_bytes) override {
    while (true) {
      const ssize_t n = ::read(file_ ? file_.get() : STDIN_FILENO, out, size_bytes);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return system_error(path_, errno);
    }
  }

 private:
  FileDescriptor file_;
  std::string path_;
};

class GzipStream final : public ByteStream {
 public:
  GzipStream(gzFile file, std::string path) : file_(file), path_(std::move(path)) {}
  ~GzipStream() override { gzclose(file_); }
  Result<std::size_t> read(char* out, std::size_t size_bytes) override {
    const int n = gzread(file_, out, static_cast<unsigned>(size_bytes));
    int code = Z_OK;
    const char* message = gzerror(file_, &code);
    // A gzip file that ends early is reported only at its end, as Z_BUF_ERROR.
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END))
      return invalid(path_ + ": broken gzip data: " + message);
    return static_cast<std::size_t>(n);
  }

 private:
  gzFile file_;
  std::string path_;
};

class ZstdStream final : public ByteStream {
 public:
  ZstdStream(std::unique_ptr<ByteStream> compressed, std::string path)
      : compressed_(std::move(compressed)),
        path_(std::move(path)),
        context_(ZSTD_createDCtx()),
        in_(kChunkBytes) {}
  ~ZstdStream() override { ZSTD_freeDCtx(context_); }
  Result<std::size_t> read(char* out, std::size_t size_bytes) override {
    ZSTD_outBuffer output{out, size_bytes, 0};
    while (output.pos == 0) {
      if (input_.pos == input_.size) {
        ORCH_ASSIGN(const std::size_t n, compressed_->read(in_.data(), in_.size()));
        if (n == 0 && open_frame_) return invalid(path_ + ": zstd data end early");
        if (n == 0) return std::size_t{0};
        input_ = {in_.data(), n, 0};
      }
      const std::size_t left = ZSTD_decompressStream(context_, &output, &input_);
      if (ZSTD_isError(left))
        return invalid(path_ + ": broken zstd data: " + ZSTD_getErrorName(left));
      open_frame_ = left != 0;
    }
    return output.pos;
  }

 private:
  std::unique_ptr<ByteStream> compressed_;
  std::string path_;
  ZSTD_DCtx* context_;
  std::vector<char> in_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool open_frame_ = false;
};

Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path) {
  if (path == "-")
    return std::unique_ptr<ByteStream>(new PlainStream(FileDescriptor(), "standard input"));
  if (path.ends_with(".parquet"))
    return invalid(path + ": Parquet files are not read",
                   "write it as .jsonl, .jsonl.gz or .jsonl.zst");
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error(path, errno);
  if (path.ends_with(".gz")) {
    gzFile gz = gzdopen(file.release(), "rb");
    if (!gz) return internal(path + ": zlib cannot open it");
    return std::unique_ptr<ByteStream>(new GzipStream(gz, path));
  }
  auto plain = std::make_unique<PlainStream>(std::move(file), path);
  if (path.ends_with(".zst"))
    return std::unique_ptr<ByteStream>(new ZstdStream(std::move(plain), path));
  return std::unique_ptr<ByteStream>(std::move(plain));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Result<void> read_lines(const std::string& path,
                        const std::function<Result<void>(std::string_view, std::uint64_t)>& line) {
  ORCH_ASSIGN(const auto stream, open_stream(path));
  std::string buffer;
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t number = 0;
  const auto emit = [&](std::string_view text) -> Result<void> {
    if (++number == 1 && text.starts_with(kByteOrderMark))
      text.remove_prefix(kByteOrderMark.size());
    if (text.ends_with('\r')) text.remove_suffix(1);
    return is_blank(text) ? Result<void>() : line(text, number);
  };
  while (true) {
    ORCH_ASSIGN(const std::size_t n, stream->read(chunk.data(), chunk.size()));
    if (n == 0) break;
    std::size_t begin = 0;
    while (begin < n) {
      const void* newline = std::memchr(chunk.data() + begin, '\n', n - begin);
      const std::size_t end =
          newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - chunk.data()) : n;
      const std::string_view part(chunk.data() + begin, end - begin);
      if (buffer.size() + part.size() > kLineBytesMax)
        return invalid(path + ":" + std::to_string(number + 1) + ": the line is longer than " +
                       std::to_string(kLineBytesMax >> 20) + " MiB");
      begin = end + 1;
      if (!newline) {
        buffer += part;
      } else if (buffer.empty()) {
        ORCH_TRY(emit(part));
      } else {
        buffer += part;
        ORCH_TRY(emit(buffer));
        buffer.clear();
      }
    }
  }
  return buffer.empty() ? Result<void>() : emit(buffer);
}

Result<std::uint64_t> read_documents(
    const std::string& path,
    const std::function<Result<void>(std::string_view, std::uint64_t)>& document) {
  simdjson::dom::parser parser;
  std::uint64_t repaired_parts = 0;
  ORCH_TRY(read_lines(path, [&](std::string_view line, std::uint64_t number) -> Result<void> {
    const auto bad = [&](const std::string& what) {
      return invalid(path + ":" + std::to_string(number) + ": " + what);
    };
    simdjson::dom::element root;
    auto error = parser.parse(line.data(), line.size()).get(root);
    if (error == simdjson::UTF8_ERROR) {
      const tokenizer::RepairedText repaired(line);
      repaired_parts += repaired.repaired();
      error = parser.parse(repaired.text().data(), repaired.text().size()).get(root);
    }
    if (error) return bad(std::string("not JSON: ") + simdjson::error_message(error));
    simdjson::dom::object object;
    if (root.get(object)) return bad("expected an object {\"text\": …}");
    simdjson::dom::element value;
    if (object["text"].get(value)) return bad("key \"text\" is missing");
    std::string_view text;
    if (value.get(text)) return bad("\"text\" must be a string");
    return document(text, number);
  }));
  return repaired_parts;
}

std::string repair_note(const std::string& path, std::uint64_t parts) {
  return path + ": " + std::to_string(parts) + " invalid UTF-8 parts were replaced by U+FFFD";
}

}  // namespace orch::data
