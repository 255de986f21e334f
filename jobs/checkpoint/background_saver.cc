#include <algorithm>
#include <mutex>
#include <thread>

#include "jobs/checkpoint/save.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/parallel/comm.h"

namespace orch::checkpoint {

struct BackgroundSaver::State {
  parallel::Comm& comm;
  model::AlignedBuffer parameters, m, v;  // the snapshot; reused from save to save
  SaveRequest request;
  std::thread thread;
  mutable std::mutex mutex;  // guards the two below
  bool busy = false;
  std::optional<Result<Saved>> finished;

  explicit State(parallel::Comm& used) : comm(used) {}

  void join() {
    if (thread.joinable()) thread.join();
  }
};

namespace {

std::span<const float> snapshot(std::span<const float> from, model::AlignedBuffer& to) {
  if (to.size() < static_cast<std::int64_t>(from.size())) {
    to = model::AlignedBuffer(static_cast<std::int64_t>(from.size()));
  }
  std::copy(from.begin(), from.end(), to.data());
  return to.span().first(from.size());
}

}  // namespace

BackgroundSaver::BackgroundSaver(parallel::Comm& comm) : state_(std::make_unique<State>(comm)) {}
BackgroundSaver::~BackgroundSaver() { state_->join(); }

void BackgroundSaver::start(const SaveRequest& request) {
  State& state = *state_;
  state.join();
  state.request = request;
  state.request.parameters = snapshot(request.parameters, state.parameters);
  state.request.m = snapshot(request.m, state.m);
  state.request.v = snapshot(request.v, state.v);
  state.busy = true;
  state.finished.reset();
  state.thread = std::thread([&state] {
    Result<Saved> result = save(state.request, state.comm);
    const std::lock_guard lock(state.mutex);
    state.finished = std::move(result);
    state.busy = false;
  });
}

bool BackgroundSaver::busy() const {
  const std::lock_guard lock(state_->mutex);
  return state_->busy;
}

std::optional<Result<Saved>> BackgroundSaver::poll() {
  const std::lock_guard lock(state_->mutex);
  std::optional<Result<Saved>> result = std::move(state_->finished);
  state_->finished.reset();
  return result;
}

std::optional<Result<Saved>> BackgroundSaver::wait() {
  state_->join();
  return poll();
}

}  // namespace orch::checkpoint
