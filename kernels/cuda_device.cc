#include "kernels/cuda_device.h"

#include <cuda_runtime_api.h>

#include <string>

#include "kernels/cuda_failure.h"

namespace orch::kernels::cuda {

namespace {

// Per thread, as cudaGetLastError is.
struct Failure {
  std::string text;
  std::string handed_out;
};

Failure& failure_of_thread() {
  thread_local Failure failure;
  return failure;
}

const char* failure() {
  Failure& kept = failure_of_thread();
  if (kept.text.empty()) return nullptr;
  kept.handed_out = std::move(kept.text);
  kept.text.clear();
  return kept.handed_out.c_str();
}

int device_count() {
  int count = 0;
  // No driver is normal, not a failure.
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    (void)cudaGetLastError();
    return 0;
  }
  return count;
}

bool set_device(int device) { return ORCH_CUDA(cudaSetDevice(device)); }

void* allocate(std::size_t size_bytes) {
  void* memory = nullptr;
  return ORCH_CUDA(cudaMalloc(&memory, size_bytes)) ? memory : nullptr;
}

void release(void* memory) { ORCH_CUDA(cudaFree(memory)); }

void* create_stream() {
  cudaStream_t stream = nullptr;
  return ORCH_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)) ? stream : nullptr;
}

void destroy_stream(void* stream) {
  ORCH_CUDA(cudaStreamDestroy(static_cast<cudaStream_t>(stream)));
}

bool synchronise(void* stream) {
  return ORCH_CUDA(cudaStreamSynchronize(static_cast<cudaStream_t>(stream)));
}

bool copy(void* to, const void* from, std::size_t size_bytes, void* stream) {
  if (size_bytes == 0) return true;
  return ORCH_CUDA(cudaMemcpyAsync(to, from, size_bytes, cudaMemcpyDefault,
                                   static_cast<cudaStream_t>(stream))) &&
         synchronise(stream);
}

}  // namespace

bool keep_failure(const char* file, int line, const char* what, const char* why) {
  std::string& text = failure_of_thread().text;
  if (text.empty())
    text = std::string(file) + ":" + std::to_string(line) + ": " + what + ": " + why;
  return false;
}

bool check(cudaError_t error, const char* file, int line, const char* what) {
  if (error == cudaSuccess) return true;
  return keep_failure(file, line, what, cudaGetErrorString(error));
}

void fill_device_table(CudaTable& table) {
  table.device_count = device_count;
  table.set_device = set_device;
  table.allocate = allocate;
  table.release = release;
  table.create_stream = create_stream;
  table.destroy_stream = destroy_stream;
  table.copy = copy;
  table.synchronise = synchronise;
  table.failure = failure;
}

}  // namespace orch::kernels::cuda
