#pragma once
// Frames between a rank and its parent (a worker, or `orch-tool run`) over a Unix stream socket
// that the rank inherits as descriptor kRankChannelFd: u32 little-endian length, then one capnp
// message (rank.capnp). Blocking for ranks, an incremental decoder for the worker's loop. No asio,
// no ZeroMQ.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "protocol/messages.h"

namespace orch::protocol {

inline constexpr int kRankChannelFd = 3;

/// Length prefix and payload. Bug if larger than kMessageBytesMax.
std::string make_frame(std::string_view payload);

/// Cuts a byte stream into frames. Thread: one.
class FrameDecoder {
 public:
  /// Appends what was read. Keeps at most one frame and a read's worth of bytes if next() is
  /// drained after each feed.
  void feed(std::string_view bytes);
  /// The next whole frame's payload, or none yet. Errors: kCorrupt for a length of 0 or over
  /// kMessageBytesMax; then the stream is beyond repair: close it.
  Result<std::optional<std::string>> next();
  /// Bytes of an unfinished frame are waiting: at end of stream this means that the peer died in
  /// the middle.
  bool has_partial() const { return begin_ < buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

/// A connected pair of close-on-exec stream sockets: parent's end, rank's end.
Result<std::pair<FileDescriptor, FileDescriptor>> make_rank_channel();

/// Blocking frames over a stream socket. send() may be called from any thread; receive_frame() from
/// one thread.
class FrameChannel {
 public:
  explicit FrameChannel(FileDescriptor fd) : fd_(std::move(fd)) {}
  /// Errors: kUnavailable when the other end is gone.
  Result<void> send_frame(std::string_view payload);
  /// Waits at most `timeout` (negative: for ever); none: nothing came. Errors: kUnavailable at end
  /// of stream, kCorrupt.
  Result<std::optional<std::string>> receive_frame(Duration timeout);
  int descriptor() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  std::mutex send_mutex_;
  FrameDecoder decoder_;
};

/// The rank's end.
class RankChannel {
 public:
  explicit RankChannel(FileDescriptor fd) : frames_(std::move(fd)) {}
  Result<void> send(const FromRank& message);
  /// As FrameChannel::receive_frame.
  Result<std::optional<ToRank>> receive(Duration timeout);
  int descriptor() const { return frames_.descriptor(); }

 private:
  FrameChannel frames_;
};

/// The parent's end, blocking (orch-tool run). The worker's loop uses FrameDecoder and make_frame()
/// instead.
class RankParentChannel {
 public:
  explicit RankParentChannel(FileDescriptor fd) : frames_(std::move(fd)) {}
  Result<void> send(const ToRank& message);
  Result<std::optional<FromRank>> receive(Duration timeout);
  int descriptor() const { return frames_.descriptor(); }

 private:
  FrameChannel frames_;
};

}  // namespace orch::protocol
