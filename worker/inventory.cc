#include "worker/inventory.h"

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "worker/cgroup.h"

namespace orch::worker {
namespace {

int cores_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::uint64_t machine_memory() {
  const auto text = read_file("/proc/meminfo");
  if (!text.ok()) return 0;
  const auto at = text->find("MemTotal:");
  if (at == std::string::npos) return 0;
  return std::strtoull(text->c_str() + at + 9, nullptr, 10) * 1024;
}

/// The few functions of NVML that are needed; ABI as in nvml.h 12 and 13 (stable since 2012).
class Nvml {
 public:
  Nvml() : library_(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) return;
    load(init_, "nvmlInit_v2");
    load(shutdown_, "nvmlShutdown");
    load(count_, "nvmlDeviceGetCount_v2");
    load(handle_, "nvmlDeviceGetHandleByIndex_v2");
    load(name_, "nvmlDeviceGetName");
    started_ = init_ && shutdown_ && count_ && handle_ && name_ && init_() == 0;
  }
  ~Nvml() {
    if (started_) shutdown_();
    if (library_ != nullptr) ::dlclose(library_);
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    unsigned int count = 0;
    if (!started_ || count_(&count) != 0) return all;
    for (unsigned int i = 0; i < count; ++i) {
      void* device = nullptr;
      char text[128] = {};
      const bool known = handle_(i, &device) == 0 && name_(device, text, sizeof(text) - 1) == 0;
      all.emplace_back(known ? text : "unknown");
    }
    return all;
  }

 private:
  template <typename Function>
  void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(library_, name));
  }
  void* library_ = nullptr;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*count_)(unsigned int*) = nullptr;
  int (*handle_)(unsigned int, void**) = nullptr;
  int (*name_)(void*, char*, unsigned int) = nullptr;
  bool started_ = false;
};

}  // namespace

std::uint64_t cgroup_memory_limit(const std::string& mount, const std::string& cgroup) {
  std::uint64_t limit = 0;
  for (std::string at = cgroup;; at = at.substr(0, at.rfind('/'))) {
    const auto text = read_file(mount + at + "/memory.max");
    if (text.ok() && text->substr(0, 3) != "max") {
      const std::uint64_t here = std::strtoull(text->c_str(), nullptr, 10);
      if (here > 0 && (limit == 0 || here < limit)) limit = here;
    }
    if (at.empty() || at.rfind('/') == std::string::npos) return limit;
  }
}

Inventory take_inventory() {
  Inventory all;
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) == 0) all.host = host;
  all.cores = cores_allowed();
  all.memory_bytes = machine_memory();
  const std::uint64_t limit = cgroup_memory_limit(kCgroupMount, own_cgroup());
  if (limit != 0 && (all.memory_bytes == 0 || limit < all.memory_bytes)) all.memory_bytes = limit;
  all.gpus = Nvml().names();
  return all;
}

}  // namespace orch::worker
