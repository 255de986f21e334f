// Exact and deterministic first: one block a query (or a key), keys taken kThreads at a time, no
// atomics.
#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

constexpr int kHeadDimMax = 256;
constexpr int kSlots = kHeadDimMax / kThreads;  // elements of a head that one thread owns

__device__ float dot(const float* a, const float* b, std::int64_t n) {
  float sum = 0.0F;
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Where one query of one head lies: grid (queries of all windows, heads).
struct Query {
  std::int64_t row, head, first, last, kv;  // first, last: keys, tokens in the whole batch
};

__device__ Query query_of(const std::int32_t* segment_start, const AttentionShape& s) {
  const std::int64_t queries = s.length - s.first_query;
  const std::int64_t row = blockIdx.x;
  const std::int64_t head = blockIdx.y;
  const std::int64_t window = row / queries * s.length;
  return {row, head, window + segment_start[row], window + s.first_query + row % queries,
          head / (s.heads / s.kv_heads) * s.head_dim};
}

__global__ void forward_kernel(float* out, float* lse, const float* q, const float* k,
                               const float* v, const std::int32_t* segment_start,
                               AttentionShape s) {
  __shared__ float query[kHeadDimMax];
  __shared__ float probs[kThreads];
  const Query at = query_of(segment_start, s);
  for (std::int64_t d = threadIdx.x; d < s.head_dim; d += kThreads) {
    query[d] = q[at.row * s.q_stride + at.head * s.head_dim + d];
  }
  __syncthreads();
  float largest = -INFINITY;
  float sum = 0.0F;
  float value[kSlots] = {};
  for (std::int64_t begin = at.first; begin <= at.last; begin += kThreads) {
    const std::int64_t key = begin + threadIdx.x;
    float score = -INFINITY;
    if (key <= at.last) score = s.scale * dot(query, k + key * s.kv_stride + at.kv, s.head_dim);
    const float larger = Larger{}(largest, block_reduce(score, Larger{}));
    const float rescale = expf(largest - larger);
    largest = larger;
    probs[threadIdx.x] = key <= at.last ? expf(score - largest) : 0.0F;
    sum = sum * rescale + block_reduce(probs[threadIdx.x], Plus{});
    const std::int64_t count = at.last - begin + 1 < kThreads ? at.last - begin + 1 : kThreads;
    for (int slot = 0; slot < kSlots; ++slot) {
      const std::int64_t d = threadIdx.x + slot * kThreads;
      if (d >= s.head_dim) break;
      value[slot] *= rescale;
      for (std::int64_t i = 0; i < count; ++i) {
        value[slot] += probs[i] * v[(begin + i) * s.kv_stride + at.kv + d];
      }
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    lse[at.head * s.windows * (s.length - s.first_query) + at.row] = largest + logf(sum);
  }
  for (int slot = 0; slot < kSlots; ++slot) {
    const std::int64_t d = threadIdx.x + slot * kThreads;
    if (d < s.head_dim) {
      out[at.row * s.out_stride + at.head * s.head_dim + d] = value[slot] / sum;
    }
  }
}

struct Saved {
  const float *dout, *out, *lse, *q, *k, *v;
  const std::int32_t* segment_start;
};

// scale · p · (dp − Σ dout·out) of one query and one key; also p.
__device__ float score_gradient(const Saved& saved, const AttentionShape& s, std::int64_t query,
                                std::int64_t head, std::int64_t key, float along, float* p) {
  const std::int64_t kv = key * s.kv_stride + head / (s.heads / s.kv_heads) * s.head_dim;
  const float score =
      dot(saved.q + query * s.q_stride + head * s.head_dim, saved.k + kv, s.head_dim);
  *p = expf(s.scale * score - saved.lse[head * s.windows * s.length + query]);
  const float dp =
      dot(saved.dout + query * s.out_stride + head * s.head_dim, saved.v + kv, s.head_dim);
  return s.scale * *p * (dp - along);
}

__device__ float along_of(const Saved& saved, const AttentionShape& s, std::int64_t query,
                          std::int64_t head) {
  const std::int64_t at = query * s.out_stride + head * s.head_dim;
  return dot(saved.dout + at, saved.out + at, s.head_dim);
}

__global__ void dq_kernel(float* dq, Saved saved, AttentionShape s) {
  __shared__ float gradients[kThreads];
  const Query at = query_of(saved.segment_start, s);
  const float along = along_of(saved, s, at.row, at.head);
  float sums[kSlots] = {};
  for (std::int64_t begin = at.first; begin <= at.last; begin += kThreads) {
    const std::int64_t key = begin + threadIdx.x;
    float p = 0.0F;
    gradients[threadIdx.x] =
        key <= at.last ? score_gradient(saved, s, at.row, at.head, key, along, &p) : 0.0F;
    __syncthreads();
    const std::int64_t count = at.last - begin + 1 < kThreads ? at.last - begin + 1 : kThreads;
    for (int slot = 0; slot < kSlots; ++slot) {
      const std::int64_t d = threadIdx.x + slot * kThreads;
      if (d >= s.head_dim) break;
      for (std::int64_t i = 0; i < count; ++i) {
        sums[slot] += gradients[i] * saved.k[(begin + i) * s.kv_stride + at.kv + d];
      }
    }
    __syncthreads();
  }
  for (int slot = 0; slot < kSlots; ++slot) {
    const std::int64_t d = threadIdx.x + slot * kThreads;
    if (d < s.head_dim) dq[at.row * s.q_stride + at.head * s.head_dim + d] = sums[slot];
  }
}

// One block a key and kv head: its queries in ascending order, head by head.
__global__ void dkv_kernel(float* dk, float* dv, Saved saved, AttentionShape s) {
  __shared__ float gradients[kThreads];
  __shared__ float probs[kThreads];
  const std::int64_t key = blockIdx.x;
  const std::int64_t window = key / s.length * s.length;
  const std::int64_t group = s.heads / s.kv_heads;
  float dk_sums[kSlots] = {};
  float dv_sums[kSlots] = {};
  for (std::int64_t head = blockIdx.y * group; head < (blockIdx.y + 1) * group; ++head) {
    for (std::int64_t begin = key; begin < window + s.length; begin += kThreads) {
      const std::int64_t query = begin + threadIdx.x;
      probs[threadIdx.x] = 0.0F;
      gradients[threadIdx.x] = 0.0F;
      if (query < window + s.length && window + saved.segment_start[query] <= key) {
        gradients[threadIdx.x] = score_gradient(
            saved, s, query, head, key, along_of(saved, s, query, head), &probs[threadIdx.x]);
      }
      __syncthreads();
      const std::int64_t left = window + s.length - begin;
      const std::int64_t count = left < kThreads ? left : kThreads;
      for (int slot = 0; slot < kSlots; ++slot) {
        const std::int64_t d = threadIdx.x + slot * kThreads;
        if (d >= s.head_dim) break;
        for (std::int64_t i = 0; i < count; ++i) {
          dk_sums[slot] += gradients[i] * saved.q[(begin + i) * s.q_stride + head * s.head_dim + d];
          dv_sums[slot] +=
              probs[i] * saved.dout[(begin + i) * s.out_stride + head * s.head_dim + d];
        }
      }
      __syncthreads();
    }
  }
  for (int slot = 0; slot < kSlots; ++slot) {
    const std::int64_t d = threadIdx.x + slot * kThreads;
    if (d >= s.head_dim) break;
    const std::int64_t at = key * s.kv_stride + blockIdx.y * s.head_dim + d;
    dk[at] = dk_sums[slot];
    dv[at] = dv_sums[slot];
  }
}

}  // namespace

void attention_forward(float* out, float* lse, const float* q, const float* k, const float* v,
                       const std::int32_t* segment_start, const AttentionShape& s, void* stream) {
  if (s.windows * s.queries() * s.heads == 0) return;
  const dim3 grid(static_cast<unsigned>(s.windows * s.queries()), static_cast<unsigned>(s.heads));
  forward_kernel<<<grid, kThreads, 0, stream_of(stream)>>>(out, lse, q, k, v, segment_start, s);
  ORCH_CUDA_LAUNCHED("attention_forward");
}

void attention_backward(float* dq, float* dk, float* dv, const float* dout, const float* out,
                        const float* lse, const float* q, const float* k, const float* v,
                        const std::int32_t* segment_start, const AttentionShape& s, void* stream) {
  if (s.windows * s.length * s.heads == 0) return;
  const Saved saved{dout, out, lse, q, k, v, segment_start};
  const auto tokens = static_cast<unsigned>(s.windows * s.length);
  const dim3 queries(tokens, static_cast<unsigned>(s.heads));
  dq_kernel<<<queries, kThreads, 0, stream_of(stream)>>>(dq, saved, s);
  ORCH_CUDA_LAUNCHED("attention_backward dq");
  const dim3 keys(tokens, static_cast<unsigned>(s.kv_heads));
  dkv_kernel<<<keys, kThreads, 0, stream_of(stream)>>>(dk, dv, saved, s);
  ORCH_CUDA_LAUNCHED("attention_backward dk, dv");
}

}  // namespace orch::kernels::cuda
