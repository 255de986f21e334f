// Queries are taken in tiles of kTile rows; the scores of one tile are whole rows in a small
// buffer, so softmax is exact and needs no rescaling. k and v are transposed once a kv head, so
// that scores are vectors over keys.

#include <cstdlib>

#include "kernels/tile_product.h"

namespace orch::kernels::ORCH_FORM {

namespace {

constexpr std::int64_t kTile = 16;

inline std::int64_t round_up(std::int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// 64-byte aligned floats for one call.
class Scratch {
 public:
  explicit Scratch(std::int64_t floats)
      : data_(static_cast<float*>(
            std::aligned_alloc(64, static_cast<std::size_t>(round_up(floats)) * sizeof(float)))) {
    if (data_ == nullptr && floats > 0) std::abort();
  }
  ~Scratch() { std::free(data_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  float* get() const { return data_; }

 private:
  float* data_;
};

// Queries [begin, end) of a window, and the keys that any of them sees: [first, last), first on a
// vector's border.
struct Tile {
  std::int64_t begin, end, first, last;
  std::int64_t rows() const { return end - begin; }
  std::int64_t keys() const { return last - first; }
};

// `starts` belongs to the query first_query.
inline Tile make_tile(const std::int32_t* starts, std::int64_t begin, const AttentionShape& s) {
  const std::int64_t end = begin + kTile < s.length ? begin + kTile : s.length;
  std::int64_t first = begin;
  for (std::int64_t t = begin; t < end; ++t) {
    if (starts[t - s.first_query] < first) first = starts[t - s.first_query];
  }
  return {begin, end, first / kLanes * kLanes, end};
}

inline void zero(float* x, std::int64_t n) {
  __builtin_memset(x, 0, static_cast<std::size_t>(n) * sizeof(float));
}

inline void transpose_padded(float* to, std::int64_t to_stride, const float* from,
                             std::int64_t from_stride, std::int64_t rows, std::int64_t dim) {
  transpose(to, to_stride, from, from_stride, rows, dim);
  for (std::int64_t d = 0; d < dim; ++d) zero(to + d * to_stride + rows, to_stride - rows);
}

// scores[r, key − first] = rows of `a` times keys, over whole vectors.
inline void scores_of(float* scores, std::int64_t stride, const float* a, std::int64_t a_stride,
                      const float* transposed, const Tile& tile, std::int64_t head_dim) {
  product({.a = a,
           .a_row = a_stride,
           .a_depth = 1,
           .b = transposed + tile.first,
           .b_stride = stride,
           .c = scores,
           .c_stride = stride,
           .rows = tile.rows(),
           .depth = head_dim,
           .columns = round_up(tile.keys()),
           .accumulate = false});
}

// One row of scores becomes e^(scale·(x − largest)), zeros outside the mask; returns their sum.
// Lanes are counted from the segment's start: a document's bits do not depend on its place in the
// window.
inline float exponentials(float* row, std::int64_t begin, std::int64_t end, std::int64_t width,
                          float scale, float* largest) {
  float* x = row + begin;
  *largest = max_of(x, end - begin);
  const F16 shift = splat(*largest);
  const F16 factor = splat(scale);
  F16 sum = splat(0.0F);
  for_lanes(end - begin, [&](std::int64_t i, auto lanes) {
    const F16 e = exponential((load(x + i, lanes) - shift) * factor);
    store(x + i, e, lanes);
    sum = sum + keep(e, lanes);
  });
  zero(row, begin);
  zero(row + end, width - end);
  return sum_lanes(sum);
}

inline void scale_row(float* x, std::int64_t n, float scale) {
  const F16 factor = splat(scale);
  for_lanes(n,
            [&](std::int64_t i, auto lanes) { store(x + i, load(x + i, lanes) * factor, lanes); });
}

inline float dot(const float* a, const float* b, std::int64_t n) {
  F16 sum = splat(0.0F);
  for_lanes(n, [&](std::int64_t i, auto lanes) {
    sum = fused_multiply_add(load(a + i, lanes), load(b + i, lanes), sum);
  });
  return sum_lanes(sum);
}

// One head of one window: pointers at its first query, keys transposed, v at its first key.
struct HeadForward {
  float *out, *lse;
  const float *q, *keys, *v;
  float* scores;  // kTile × stride
  const std::int32_t* starts;
  std::int64_t stride;
};

inline void forward_tile(const HeadForward& h, const Tile& tile, const AttentionShape& s) {
  const std::int64_t query = tile.begin - s.first_query;
  scores_of(h.scores, h.stride, h.q + query * s.q_stride, s.q_stride, h.keys, tile, s.head_dim);
  float inverse[kTile];
  for (std::int64_t r = 0; r < tile.rows(); ++r) {
    float largest = 0.0F;
    const float sum = exponentials(h.scores + r * h.stride, h.starts[query + r] - tile.first,
                                   tile.begin + r + 1 - tile.first, tile.keys(), s.scale, &largest);
    inverse[r] = 1.0F / sum;
    h.lse[query + r] = static_cast<float>(static_cast<double>(s.scale) * largest +
                                          logarithm(static_cast<double>(sum)));
  }
  float* out = h.out + query * s.out_stride;
  product({.a = h.scores,
           .a_row = h.stride,
           .a_depth = 1,
           .b = h.v + tile.first * s.kv_stride,
           .b_stride = s.kv_stride,
           .c = out,
           .c_stride = s.out_stride,
           .rows = tile.rows(),
           .depth = tile.keys(),
           .columns = s.head_dim,
           .accumulate = false});
  for (std::int64_t r = 0; r < tile.rows(); ++r) {
    scale_row(out + r * s.out_stride, s.head_dim, inverse[r]);
  }
}

}  // namespace

void attention_forward(float* out, float* lse, const float* q, const float* k, const float* v,
                       const std::int32_t* segment_start, const AttentionShape& s, void*) {
  const std::int64_t stride = round_up(s.length);
  const std::int64_t group = s.kv_heads > 0 ? s.heads / s.kv_heads : 0;
  const Scratch keys(s.head_dim * stride);
  const Scratch scores(kTile * stride);
  for (std::int64_t part = 0; part < s.windows * s.kv_heads; ++part) {
    const std::int64_t window = part / s.kv_heads;
    const std::int64_t query = window * s.queries();
    const std::int64_t kv = window * s.length * s.kv_stride + part % s.kv_heads * s.head_dim;
    transpose_padded(keys.get(), stride, k + kv, s.kv_stride, s.length, s.head_dim);
    for (std::int64_t i = 0; i < group; ++i) {
      const std::int64_t head = part % s.kv_heads * group + i;
      const HeadForward h{.out = out + query * s.out_stride + head * s.head_dim,
                          .lse = lse + head * s.windows * s.queries() + query,
                          .q = q + query * s.q_stride + head * s.head_dim,
                          .keys = keys.get(),
                          .v = v + kv,
                          .scores = scores.get(),
                          .starts = segment_start + query,
                          .stride = stride};
      for (std::int64_t begin = s.first_query; begin < s.length; begin += kTile) {
        forward_tile(h, make_tile(h.starts, begin, s), s);
      }
    }
  }
}

namespace {

// What the backward pass of one head of one window works on: pointers at its first token.
struct HeadGradient {
  float *dq, *dk, *dv;
  const float *dout, *out, *lse, *q, *k;
  const float *keys, *values;  // transposed, head_dim × stride
  float *probs, *dscores;      // kTile × stride
  const std::int32_t* starts;
  std::int64_t stride;
};

// probs = e^(scale·s − lse), dscores = scale · probs · (dscores − Σ dout·out), zeros outside the
// mask.
inline void score_gradients(const HeadGradient& h, const Tile& tile, const AttentionShape& s) {
  const F16 scale = splat(s.scale);
  for (std::int64_t t = tile.begin; t < tile.end; ++t) {
    float* probs = h.probs + (t - tile.begin) * h.stride;
    float* dscores = h.dscores + (t - tile.begin) * h.stride;
    const F16 along = splat(dot(h.dout + t * s.out_stride, h.out + t * s.out_stride, s.head_dim));
    const F16 lse = splat(h.lse[t]);
    const std::int64_t begin = h.starts[t] - tile.first;
    const std::int64_t end = t + 1 - tile.first;
    for_lanes(end - begin, [&](std::int64_t i, auto lanes) {
      const F16 p = exponential(load(probs + begin + i, lanes) * scale - lse);
      store(probs + begin + i, p, lanes);
      const F16 d = p * (load(dscores + begin + i, lanes) - along) * scale;
      store(dscores + begin + i, d, lanes);
    });
    zero(probs, begin);
    zero(dscores, begin);
    zero(probs + end, tile.keys() - end);
    zero(dscores + end, tile.keys() - end);
  }
}

inline void backward_tile(const HeadGradient& h, const Tile& tile, const AttentionShape& s) {
  const float* q = h.q + tile.begin * s.q_stride;
  const float* dout = h.dout + tile.begin * s.out_stride;
  scores_of(h.probs, h.stride, q, s.q_stride, h.keys, tile, s.head_dim);
  scores_of(h.dscores, h.stride, dout, s.out_stride, h.values, tile, s.head_dim);
  score_gradients(h, tile, s);
  product({.a = h.dscores,
           .a_row = h.stride,
           .a_depth = 1,
           .b = h.k + tile.first * s.kv_stride,
           .b_stride = s.kv_stride,
           .c = h.dq + tile.begin * s.q_stride,
           .c_stride = s.q_stride,
           .rows = tile.rows(),
           .depth = tile.keys(),
           .columns = s.head_dim,
           .accumulate = false});
  // The same tile, turned: keys are rows, queries the depth.
  Product turned{.a = h.dscores,
                 .a_row = 1,
                 .a_depth = h.stride,
                 .b = q,
                 .b_stride = s.q_stride,
                 .c = h.dk + tile.first * s.kv_stride,
                 .c_stride = s.kv_stride,
                 .rows = tile.keys(),
                 .depth = tile.rows(),
                 .columns = s.head_dim,
                 .accumulate = true};
  product(turned);
  turned.a = h.probs;
  turned.b = dout;
  turned.b_stride = s.out_stride;
  turned.c = h.dv + tile.first * s.kv_stride;
  product(turned);
}

}  // namespace

void attention_backward(float* dq, float* dk, float* dv, const float* dout, const float* out,
                        const float* lse, const float* q, const float* k, const float* v,
                        const std::int32_t* segment_start, const AttentionShape& s, void*) {
  const std::int64_t stride = round_up(s.length);
  const std::int64_t group = s.kv_heads > 0 ? s.heads / s.kv_heads : 0;
  const Scratch keys(s.head_dim * stride);
  const Scratch values(s.head_dim * stride);
  const Scratch probs(kTile * stride);
  const Scratch dscores(kTile * stride);
  for (std::int64_t part = 0; part < s.windows * s.kv_heads; ++part) {
    const std::int64_t token = part / s.kv_heads * s.length;
    const std::int64_t kv = token * s.kv_stride + part % s.kv_heads * s.head_dim;
    transpose_padded(keys.get(), stride, k + kv, s.kv_stride, s.length, s.head_dim);
    transpose_padded(values.get(), stride, v + kv, s.kv_stride, s.length, s.head_dim);
    for (std::int64_t t = 0; t < s.length; ++t) {
      zero(dk + kv + t * s.kv_stride, s.head_dim);
      zero(dv + kv + t * s.kv_stride, s.head_dim);
    }
    for (std::int64_t i = 0; i < group; ++i) {
      const std::int64_t head = part % s.kv_heads * group + i;
      const std::int64_t q_at = token * s.q_stride + head * s.head_dim;
      const std::int64_t out_at = token * s.out_stride + head * s.head_dim;
      const HeadGradient h{.dq = dq + q_at,
                           .dk = dk + kv,
                           .dv = dv + kv,
                           .dout = dout + out_at,
                           .out = out + out_at,
                           .lse = lse + head * s.windows * s.length + token,
                           .q = q + q_at,
                           .k = k + kv,
                           .keys = keys.get(),
                           .values = values.get(),
                           .probs = probs.get(),
                           .dscores = dscores.get(),
                           .starts = segment_start + token,
                           .stride = stride};
      for (std::int64_t begin = 0; begin < s.length; begin += kTile) {
        backward_tile(h, make_tile(h.starts, begin, s), s);
      }
    }
  }
}

}  // namespace orch::kernels::ORCH_FORM
