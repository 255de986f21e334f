#include "jobs/parallel/shared_segment.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

namespace orch::parallel {

namespace {

constexpr std::uint64_t kMagic = 0x6f7263682d736d31;  // "orch-sm1"
constexpr std::size_t kRingsBytesMax = 32 << 20;
constexpr std::size_t kRingBytesMax = 256 << 10;
// How often a joining rank looks for the file, and a waiting one whether it was replaced.
constexpr Duration kFileLook = std::chrono::milliseconds(2);

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

std::size_t ring_capacity(int size) {
  const auto pairs = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  return std::bit_floor(std::min(kRingBytesMax, kRingsBytesMax / pairs));
}

std::size_t rings_offset() { return (sizeof(SegmentHeader) + 4095) / 4096 * 4096; }

std::size_t segment_bytes(int size) {
  const auto pairs = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  return rings_offset() + pairs * (sizeof(Ring) + ring_capacity(size));
}

long futex(std::atomic<std::uint32_t>* word, int operation, std::uint32_t value,
           const timespec* limit) {
  return ::syscall(SYS_futex, word, operation, value, limit, nullptr, 0);
}

Result<void> check_arguments(const std::string& token, int rank, int size) {
  const bool plain = !token.empty() && token.size() <= 200 &&
                     std::all_of(token.begin(), token.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                     });
  if (!plain) return invalid("shared memory: token '" + token + "' is not letters, digits, - _ .");
  if (size < 1 || size > kRanksMax || rank < 0 || rank >= size) {
    return invalid("shared memory: rank " + std::to_string(rank) + " of " + std::to_string(size) +
                   " (1 to " + std::to_string(kRanksMax) + " ranks)");
  }
  return {};
}

// Made under another name, so that nobody finds it half made. A file of that name is a dead gang's.
Result<FileDescriptor> make_file(const std::string& path, int size) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  FileDescriptor file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return system_error("cannot make " + fresh, errno);
  // Reserved now: a full file system is an error here, and a SIGBUS later.
  const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(segment_bytes(size)));
  if (error != 0) {
    ::unlink(fresh.c_str());
    return system_error(
        "cannot reserve " + std::to_string(segment_bytes(size)) + " bytes in " + fresh, error);
  }
  return file;
}

}  // namespace

SharedSegment::~SharedSegment() {
  if (memory_ != nullptr) ::munmap(memory_, memory_bytes_);
}

Result<std::unique_ptr<SharedSegment>> SharedSegment::map(FileDescriptor file,
                                                          const std::string& path, int rank,
                                                          int size) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot stat " + path, errno);
  if (static_cast<std::size_t>(status.st_size) != segment_bytes(size)) {
    return invalid(path + " was not made for " + std::to_string(size) + " ranks");
  }
  void* memory =
      ::mmap(nullptr, segment_bytes(size), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return system_error("cannot map " + path, errno);
  std::unique_ptr<SharedSegment> segment(new SharedSegment);
  segment->memory_ = static_cast<std::byte*>(memory);
  segment->memory_bytes_ = segment_bytes(size);
  segment->header_ = static_cast<SegmentHeader*>(memory);
  segment->file_ = std::move(file);
  segment->rank_ = rank;
  segment->size_ = size;
  return segment;
}

Result<std::unique_ptr<SharedSegment>> SharedSegment::join(const std::string& token, int rank,
                                                           int size, Duration timeout) {
  ORCH_TRY(check_arguments(token, rank, size));
  const std::string path = "/dev/shm/orch-" + token;
  const SystemClock clock;
  const TimePoint deadline = clock.now() + timeout;
  const auto late = [&] { return clock.now() >= deadline; };
  std::unique_ptr<SharedSegment> segment;
  if (rank == 0) {
    ORCH_ASSIGN(FileDescriptor file, make_file(path, size));
    ORCH_ASSIGN(segment, map(std::move(file), path, rank, size));
    auto* header = new (segment->memory_) SegmentHeader;
    header->size = static_cast<std::uint32_t>(size);
    for (int pair = 0; pair < size * size; ++pair)
      new (&segment->ring(pair / size, pair % size)) Ring;
    header->magic.store(kMagic);
    segment->take_seat();
    if (::rename((path + ".new").c_str(), path.c_str()) != 0) {
      return system_error("cannot rename to " + path, errno);
    }
  }
  for (;; sleep_for(kFileLook)) {
    if (segment == nullptr) {
      FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
      if (file) {
        // A file of another size, or whose seat is taken, is a dead gang's: rank 0 will replace it.
        auto mapped = map(std::move(file), path, rank, size);
        if (mapped.ok() && mapped.value()->header_->magic.load() == kMagic &&
            mapped.value()->take_seat()) {
          segment = std::move(mapped).value();
        }
      } else if (errno != ENOENT) {
        return system_error("cannot open " + path, errno);
      }
    }
    if (segment != nullptr && segment->all_joined()) {
      if (rank == 0) ::unlink(path.c_str());
      return segment;
    }
    if (segment != nullptr && rank != 0) {
      // Unlinked before all had joined: it was an old one.
      struct stat status {};
      const bool replaced = ::fstat(segment->file_.get(), &status) == 0 && status.st_nlink == 0;
      if (replaced && !segment->all_joined()) segment.reset();
    }
    if (late()) break;
  }
  if (rank == 0) ::unlink(path.c_str());
  return unavailable("rank " + std::to_string(rank) + " of " + std::to_string(size) + " waited " +
                     human_duration(timeout) + " for the others at " + path);
}

bool SharedSegment::take_seat() {
  const std::uint64_t bit = std::uint64_t{1} << rank_;
  header_->seats[rank_].process.store(::getpid());
  return (header_->joined.fetch_or(bit) & bit) == 0;
}

bool SharedSegment::all_joined() const {
  const std::uint64_t all = size_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size_) - 1;
  return header_->joined.load() == all;
}

Ring& SharedSegment::ring(int from, int to) const {
  auto* rings = reinterpret_cast<Ring*>(memory_ + rings_offset());
  return rings[from * size_ + to];
}

std::byte* SharedSegment::ring_bytes(int from, int to) const {
  const auto pairs = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  const auto pair = static_cast<std::size_t>(from * size_ + to);
  return memory_ + rings_offset() + pairs * sizeof(Ring) + pair * ring_capacity(size_);
}

std::size_t SharedSegment::write(int peer, std::span<const std::byte> bytes) {
  Ring& r = ring(rank_, peer);
  const std::size_t capacity = ring_capacity(size_);
  const std::uint64_t head = r.head.load(std::memory_order_relaxed);
  const std::size_t room = capacity - (head - r.tail.load(std::memory_order_acquire));
  // A quarter at a time, so that the reader works while the writer does.
  const std::size_t n = std::min({bytes.size(), room, capacity / 4});
  if (n == 0) return 0;
  std::byte* base = ring_bytes(rank_, peer);
  const std::size_t at = head % capacity;
  const std::size_t first = std::min(n, capacity - at);
  std::memcpy(base + at, bytes.data(), first);
  std::memcpy(base, bytes.data() + first, n - first);
  r.head.store(head + n, std::memory_order_release);
  ring_bell(peer);
  return n;
}

std::size_t SharedSegment::read(int peer, std::span<std::byte> bytes) {
  Ring& r = ring(peer, rank_);
  const std::size_t capacity = ring_capacity(size_);
  const std::uint64_t tail = r.tail.load(std::memory_order_relaxed);
  const std::size_t there = r.head.load(std::memory_order_acquire) - tail;
  const std::size_t n = std::min({bytes.size(), there, capacity / 4});
  if (n == 0) return 0;
  const std::byte* base = ring_bytes(peer, rank_);
  const std::size_t at = tail % capacity;
  const std::size_t first = std::min(n, capacity - at);
  std::memcpy(bytes.data(), base + at, first);
  std::memcpy(bytes.data() + first, base, n - first);
  r.tail.store(tail + n, std::memory_order_release);
  ring_bell(peer);
  return n;
}

// The bell rises before `waiting` is read, and a sleeper sets `waiting` before the kernel compares
// the bell: one of the two sees the other.
void SharedSegment::ring_bell(int peer) {
  Seat& seat = header_->seats[peer];
  seat.bell.fetch_add(1);
  if (seat.waiting.load() != 0) futex(&seat.bell, FUTEX_WAKE, INT_MAX, nullptr);
}

std::uint32_t SharedSegment::bell() const { return header_->seats[rank_].bell.load(); }

void SharedSegment::sleep(std::uint32_t seen, Duration limit) {
  Seat& seat = header_->seats[rank_];
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec time{.tv_sec = seconds.count(), .tv_nsec = (limit - seconds).count()};
  seat.waiting.store(1);
  futex(&seat.bell, FUTEX_WAIT, seen, &time);
  seat.waiting.store(0);
}

bool SharedSegment::aborted() const { return header_->aborted.load() != 0; }

void SharedSegment::set_aborted() {
  header_->aborted.store(1);
  for (int peer = 0; peer < size_; ++peer) ring_bell(peer);
}

bool SharedSegment::alive(int peer) const {
  const pid_t process = header_->seats[peer].process.load();
  return ::kill(process, 0) == 0 || errno != ESRCH;
}

}  // namespace orch::parallel
