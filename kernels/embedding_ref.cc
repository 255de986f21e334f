#include "kernels/form.h"

namespace orch::kernels::reference {

void embedding_gather(float* y, const float* table, const std::int32_t* ids, std::int64_t tokens,
                      std::int64_t dim, void*) {
  for (std::int64_t token = 0; token < tokens; ++token) {
    for (std::int64_t i = 0; i < dim; ++i) y[token * dim + i] = table[ids[token] * dim + i];
  }
}

void embedding_scatter_add(float* dtable, const float* dy, const std::int32_t* ids,
                           std::int64_t tokens, std::int64_t dim, void*) {
  for (std::int64_t token = 0; token < tokens; ++token) {
    for (std::int64_t i = 0; i < dim; ++i) dtable[ids[token] * dim + i] += dy[token * dim + i];
  }
}

}  // namespace orch::kernels::reference
