// Writing a checkpoint (parameters, both moments, SHA-256 of every file, fsync, manifest) against
// `dd bs=4M oflag=direct conv=fsync` of the same bytes on the same file system, in turns. One JSON
// line. Usage: checkpoint_bench [directory] [MiB of parameters] [rounds]
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "jobs/checkpoint/file_plan.h"
#include "jobs/checkpoint/save.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/parallel/comm.h"

namespace orch::checkpoint {
namespace {

double seconds_since(const Clock& clock, TimePoint begin) {
  return std::chrono::duration<double>(clock.now() - begin).count();
}

// A model of about `mebibytes` of parameters: two layers, the rest vocabulary.
model::Config make_config(std::int64_t mebibytes) {
  model::Config config;
  config.hidden_size = 1024;
  config.intermediate_size = 2816;
  config.num_hidden_layers = 2;
  config.num_attention_heads = config.num_key_value_heads = 16;
  config.head_dim = 64;
  config.tie_word_embeddings = true;
  config.vocab_size = std::max<std::int64_t>(1024, mebibytes * 256 - 26000);
  return config;
}

// Seconds that dd takes; below zero when it failed.
double run_dd(const Clock& clock, const std::string& from, const std::string& to) {
  const TimePoint begin = clock.now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 2);
    const std::string in = "if=" + from, out = "of=" + to;
    ::execlp("dd", "dd", in.c_str(), out.c_str(), "bs=4M", "oflag=direct", "conv=fsync", nullptr);
    ::_exit(127);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0 ? seconds_since(clock, begin) : -1.0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(const std::string& folder, std::int64_t mebibytes, int rounds) {
  const SystemClock clock;
  const model::Config config = make_config(mebibytes);
  const model::Layout layout = model::make_layout(config);
  model::AlignedBuffer buffers[3];
  std::uint32_t state = 1;
  for (model::AlignedBuffer& buffer : buffers) {
    buffer = model::AlignedBuffer(layout.total);
    for (float& value : buffer.span())
      value = static_cast<float>(state = state * 1664525U + 1013904223U);
  }
  SaveRequest request;
  request.config = &config;
  request.layout = &layout;
  request.block_end = layout.blocks();
  request.parameters = buffers[0].span();
  request.m = buffers[1].span();
  request.v = buffers[2].span();
  const auto comm = parallel::open_single();
  const std::uint64_t bytes =
      plan_model_file(layout).file.size_bytes + plan_optimizer_file(layout).file.size_bytes;
  // dd reads the same bytes from memory, as the checkpoint does.
  const std::string source = "/dev/shm/orch-checkpoint-bench-" + std::to_string(::getpid());
  {
    const FileDescriptor fd(::open(source.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
    for (const model::AlignedBuffer& buffer : buffers) {
      const auto size = static_cast<std::size_t>(buffer.size()) * sizeof(float);
      if (!write_all(fd.get(), buffer.data(), size, source).ok()) return 1;
    }
  }
  std::vector<double> saves, copies, ratios;
  for (int round = 0; round < rounds; ++round) {
    request.directory = join_path(folder, "checkpoint-bench");
    const TimePoint begin = clock.now();
    const Result<Saved> saved = save(request, *comm);
    const double seconds = seconds_since(clock, begin);
    if (!saved.ok()) return std::fprintf(stderr, "%s\n", saved.error().message.c_str()), 1;
    std::ignore = remove_tree(request.directory);
    const std::string copy = join_path(folder, "checkpoint-bench-dd");
    const double dd = run_dd(clock, source, copy);
    ::unlink(copy.c_str());
    if (dd < 0) return std::fprintf(stderr, "dd failed\n"), 1;
    saves.push_back(seconds);
    copies.push_back(dd);
    ratios.push_back(dd / seconds);
  }
  ::unlink(source.c_str());
  const double save_speed = static_cast<double>(bytes) / median(saves) / 1e6;
  const double dd_speed = static_cast<double>(layout.total) * 12.0 / median(copies) / 1e6;
  std::printf(
      "{\"bench\":\"checkpoint_write\",\"bytes\":%llu,\"rounds\":%d,\"megabytes_per_second\":%.0f,"
      "\"dd_megabytes_per_second\":%.0f,\"ratio_to_dd\":%.3f,\"ratio_lowest\":%.3f,\"ratio_"
      "highest\":%.3f}\n",
      static_cast<unsigned long long>(bytes), rounds, save_speed, dd_speed, median(ratios),
      *std::min_element(ratios.begin(), ratios.end()),
      *std::max_element(ratios.begin(), ratios.end()));
  return 0;
}

}  // namespace
}  // namespace orch::checkpoint

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  const std::int64_t mebibytes = argc > 2 ? std::atoll(argv[2]) : 256;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 7;
  return orch::checkpoint::run(folder, mebibytes, rounds);
}
