#include "kernels/ops.h"

namespace orch::kernels {

namespace avx512 {
const Ops& table();
}
namespace avx2 {
const Ops& table();
}
namespace baseline {
const Ops& table();
}
namespace reference {
const Ops& table();
}

namespace {

struct Forms {
  const Ops* tables[3] = {};
  int count = 0;
};

// The same features as the flags in CMakeLists.txt name.
Forms find_forms() {
  Forms forms;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    forms.tables[forms.count++] = &avx512::table();
  }
  if (avx2) forms.tables[forms.count++] = &avx2::table();
  forms.tables[forms.count++] = &baseline::table();
  return forms;
}

}  // namespace

const Ops* const* cpu_forms(int* count) {
  static const Forms kForms = find_forms();
  *count = kForms.count;
  return kForms.tables;
}

const Ops& cpu_ops() {
  int count = 0;
  return *cpu_forms(&count)[0];
}

const Ops& reference_ops() { return reference::table(); }

}  // namespace orch::kernels
