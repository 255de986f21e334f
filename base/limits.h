#pragma once
// Every bound that Orch enforces, in one place, with its unit in its name. What exceeds one is
// refused with a clear error, never buffered.

#include <cstddef>
#include <cstdint>

namespace orch::limits {

inline constexpr std::size_t kSpecBytesMax = 1 << 20;
inline constexpr std::size_t kSpecDepthMax = 32;
inline constexpr std::size_t kTasksPerJobMax = 1000;
inline constexpr std::size_t kRanksPerTaskMax = 4096;
inline constexpr std::size_t kNameBytesMax = 128;
inline constexpr std::size_t kPathBytesMax = 4096;
inline constexpr std::size_t kSpecErrorsMax = 100;  ///< reported at once
inline constexpr std::size_t kLabelsMax = 64;       ///< also variables and --set values
inline constexpr std::size_t kSourcesMax = 256;
inline constexpr std::size_t kFilesMax = 10'000;
inline constexpr std::size_t kArgumentsMax = 4096;
inline constexpr std::size_t kArgumentBytesMax = 128 << 10;
inline constexpr std::size_t kMessageBytesMax = 8 << 20;  ///< ZMQ_MAXMSGSIZE and rank frames
inline constexpr std::size_t kTextBytesMax = 4 << 20;
inline constexpr std::size_t kListItemsMax = 100'000;
inline constexpr std::size_t kWorkersMax = 10'000;
inline constexpr int kGpusMax = 64;  ///< of one worker
inline constexpr std::size_t kJobsMax = 1'000'000;
inline constexpr std::size_t kWaitingJobsMax = 100'000;
inline constexpr std::size_t kLogChunkBytesMax = 256 << 10;
inline constexpr std::size_t kMetricsPerBatchMax = 10'000;
inline constexpr std::uint64_t kFreeDiskBytesMin =
    std::uint64_t{512} << 20;  ///< below it: no new submissions, checkpoints
inline constexpr int kRestartsMax = 1000;
inline constexpr std::size_t kHistoryLinesMax = 2000;  ///< of a job, and of the cluster

}  // namespace orch::limits
