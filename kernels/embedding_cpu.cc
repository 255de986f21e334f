#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

void embedding_gather(float* y, const float* table, const std::int32_t* ids, std::int64_t tokens,
                      std::int64_t dim, void*) {
  for (std::int64_t token = 0; token < tokens; ++token) {
    __builtin_memcpy(y + token * dim, table + ids[token] * dim,
                     static_cast<std::size_t>(dim) * sizeof(float));
  }
}

void embedding_scatter_add(float* dtable, const float* dy, const std::int32_t* ids,
                           std::int64_t tokens, std::int64_t dim, void*) {
  for (std::int64_t token = 0; token < tokens; ++token) {
    float* to = dtable + ids[token] * dim;
    const float* from = dy + token * dim;
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      store(to + i, load(to + i, lanes) + load(from + i, lanes), lanes);
    });
  }
}

}  // namespace orch::kernels::ORCH_FORM
