// Queries are taken in tiles of kTile rows; the scores of one tile are whole rows in a small
// buffer, so softmax is exact and needs no rescaling. k and v are packed once a kv head:
// transposed, so that scores are vectors over keys, and as rows without gaps, since rows of a fused
// buffer lie at strides that evict each other from the caches.

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

inline void zero_floats(float* x, std::int64_t n) {
  for_lanes(n, [&](std::int64_t i, auto lanes) { store(x + i, splat(0.0F), lanes); });
}

// Floats from row to row of a score tile or a transposed matrix; never a power of two of cache
// lines.
inline std::int64_t row_stride(const AttentionShape& s) { return round_up(s.length) + kLanes; }

// Rows of one head, `width` floats apart, the gap zeroed.
inline void pack_rows(float* to, std::int64_t width, const float* from, std::int64_t from_stride,
                      std::int64_t rows, std::int64_t dim) {
  for (std::int64_t t = 0; t < rows; ++t) {
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      store(to + t * width + i, load(from + t * from_stride + i, lanes), Full{});
    });
  }
}

inline void unpack_rows(float* to, std::int64_t to_stride, const float* from, std::int64_t width,
                        std::int64_t rows, std::int64_t dim) {
  for (std::int64_t t = 0; t < rows; ++t) {
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      store(to + t * to_stride + i, load(from + t * width + i, lanes), lanes);
    });
  }
}

inline void transpose_padded(float* to, std::int64_t to_stride, const float* from,
                             std::int64_t from_stride, std::int64_t rows, std::int64_t dim) {
  transpose(to, to_stride, from, from_stride, rows, dim);
  for (std::int64_t d = 0; d < dim; ++d) zero_floats(to + d * to_stride + rows, to_stride - rows);
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
  zero_floats(row, begin);
  zero_floats(row + end, width - end);
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

// One head of one window: pointers at its first query; keys transposed, v packed.
struct HeadForward {
  float *out, *lse;
  const float *q, *keys, *v;
  float* scores;  // kTile × stride
  const std::int32_t* starts;
  std::int64_t stride, width;
};

inline void forward_tile(const HeadForward& h, const Tile& tile, const AttentionShape& s) {
  const std::int64_t query = tile.begin - s.first_query;
  scores_of(h.scores, h.stride, h.q + query * s.q_stride, s.q_stride, h.keys, tile, s.head_dim);
  float largest[kTile];
  float sums[kTile];
  for (std::int64_t r = 0; r < tile.rows(); ++r) {
    sums[r] = exponentials(h.scores + r * h.stride, h.starts[query + r] - tile.first,
                           tile.begin + r + 1 - tile.first, tile.keys(), s.scale, &largest[r]);
  }
  // Apart from the rows above: logarithms are long chains that then overlap.
  for (std::int64_t r = 0; r < tile.rows(); ++r) {
    h.lse[query + r] = static_cast<float>(static_cast<double>(s.scale) * largest[r] +
                                          logarithm(static_cast<double>(sums[r])));
  }
  float* out = h.out + query * s.out_stride;
  product({.a = h.scores,
           .a_row = h.stride,
           .a_depth = 1,
           .b = h.v + tile.first * h.width,
           .b_stride = h.width,
           .c = out,
           .c_stride = s.out_stride,
           .rows = tile.rows(),
           .depth = tile.keys(),
           .columns = s.head_dim,
           .accumulate = false});
  for (std::int64_t r = 0; r < tile.rows(); ++r) {
    scale_row(out + r * s.out_stride, s.head_dim, 1.0F / sums[r]);
  }
}

}  // namespace

void attention_forward(float* out, float* lse, const float* q, const float* k, const float* v,
                       const std::int32_t* segment_start, const AttentionShape& s, void*) {
  const std::int64_t stride = row_stride(s);
  const std::int64_t width = round_up(s.head_dim);
  const std::int64_t group = s.kv_heads > 0 ? s.heads / s.kv_heads : 0;
  const Scratch keys(s.head_dim * stride);
  const Scratch values(s.length * width);
  const Scratch scores(kTile * stride);
  for (std::int64_t part = 0; part < s.windows * s.kv_heads; ++part) {
    const std::int64_t window = part / s.kv_heads;
    const std::int64_t query = window * s.queries();
    const std::int64_t kv = window * s.length * s.kv_stride + part % s.kv_heads * s.head_dim;
    transpose_padded(keys.get(), stride, k + kv, s.kv_stride, s.length, s.head_dim);
    pack_rows(values.get(), width, v + kv, s.kv_stride, s.length, s.head_dim);
    for (std::int64_t i = 0; i < group; ++i) {
      const std::int64_t head = part % s.kv_heads * group + i;
      const HeadForward h{.out = out + query * s.out_stride + head * s.head_dim,
                          .lse = lse + head * s.windows * s.queries() + query,
                          .q = q + query * s.q_stride + head * s.head_dim,
                          .keys = keys.get(),
                          .v = values.get(),
                          .scores = scores.get(),
                          .starts = segment_start + query,
                          .stride = stride,
                          .width = width};
      for (std::int64_t begin = s.first_query; begin < s.length; begin += kTile) {
        forward_tile(h, make_tile(h.starts, begin, s), s);
      }
    }
  }
}

namespace {

// One kv head of one window, packed: as rows `width` apart, and transposed.
struct PackedGradient {
  explicit PackedGradient(const AttentionShape& s)
      : stride(row_stride(s)),
        width(round_up(s.head_dim)),
        keys(s.head_dim * stride),
        values(s.head_dim * stride),
        k(s.length * width),
        dk(s.length * width),
        dv(s.length * width),
        probs(kTile * stride),
        dscores(kTile * stride) {}

  std::int64_t stride, width;
  Scratch keys, values;    // transposed, head_dim × stride
  Scratch k, dk, dv;       // length × width
  Scratch probs, dscores;  // kTile × stride
};

// One query head of one window: pointers at its first token.
struct HeadGradient {
  float* dq;
  const float *dout, *out, *lse, *q;
  const std::int32_t* starts;
};

// probs = e^(scale·s − lse), dscores = scale · probs · (dscores − Σ dout·out), zeros outside the
// mask.
inline void score_gradients(const PackedGradient& packed, const HeadGradient& h, const Tile& tile,
                            const AttentionShape& s) {
  const F16 scale = splat(s.scale);
  for (std::int64_t t = tile.begin; t < tile.end; ++t) {
    float* probs = packed.probs.get() + (t - tile.begin) * packed.stride;
    float* dscores = packed.dscores.get() + (t - tile.begin) * packed.stride;
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
    zero_floats(probs, begin);
    zero_floats(dscores, begin);
    zero_floats(probs + end, tile.keys() - end);
    zero_floats(dscores + end, tile.keys() - end);
  }
}

inline void backward_tile(const PackedGradient& packed, const HeadGradient& h, const Tile& tile,
                          const AttentionShape& s) {
  const float* q = h.q + tile.begin * s.q_stride;
  const float* dout = h.dout + tile.begin * s.out_stride;
  float* probs = packed.probs.get();
  float* dscores = packed.dscores.get();
  scores_of(probs, packed.stride, q, s.q_stride, packed.keys.get(), tile, s.head_dim);
  scores_of(dscores, packed.stride, dout, s.out_stride, packed.values.get(), tile, s.head_dim);
  score_gradients(packed, h, tile, s);
  product({.a = dscores,
           .a_row = packed.stride,
           .a_depth = 1,
           .b = packed.k.get() + tile.first * packed.width,
           .b_stride = packed.width,
           .c = h.dq + tile.begin * s.q_stride,
           .c_stride = s.q_stride,
           .rows = tile.rows(),
           .depth = tile.keys(),
           .columns = s.head_dim,
           .accumulate = false});
  // The same tile, turned: keys are rows, queries the depth.
  Product turned{.a = dscores,
                 .a_row = 1,
                 .a_depth = packed.stride,
                 .b = q,
                 .b_stride = s.q_stride,
                 .c = packed.dk.get() + tile.first * packed.width,
                 .c_stride = packed.width,
                 .rows = tile.keys(),
                 .depth = tile.rows(),
                 .columns = s.head_dim,
                 .accumulate = true};
  product(turned);
  turned.a = probs;
  turned.b = dout;
  turned.b_stride = s.out_stride;
  turned.c = packed.dv.get() + tile.first * packed.width;
  product(turned);
}

}  // namespace

void attention_backward(float* dq, float* dk, float* dv, const float* dout, const float* out,
                        const float* lse, const float* q, const float* k, const float* v,
                        const std::int32_t* segment_start, const AttentionShape& s, void*) {
  const std::int64_t group = s.kv_heads > 0 ? s.heads / s.kv_heads : 0;
  const PackedGradient packed(s);
  const std::int64_t width = packed.width;
  for (std::int64_t part = 0; part < s.windows * s.kv_heads; ++part) {
    const std::int64_t token = part / s.kv_heads * s.length;
    const std::int64_t kv = token * s.kv_stride + part % s.kv_heads * s.head_dim;
    transpose_padded(packed.keys.get(), packed.stride, k + kv, s.kv_stride, s.length, s.head_dim);
    transpose_padded(packed.values.get(), packed.stride, v + kv, s.kv_stride, s.length, s.head_dim);
    pack_rows(packed.k.get(), width, k + kv, s.kv_stride, s.length, s.head_dim);
    zero_floats(packed.dk.get(), s.length * width);
    zero_floats(packed.dv.get(), s.length * width);
    for (std::int64_t i = 0; i < group; ++i) {
      const std::int64_t head = part % s.kv_heads * group + i;
      const std::int64_t q_at = token * s.q_stride + head * s.head_dim;
      const std::int64_t out_at = token * s.out_stride + head * s.head_dim;
      const HeadGradient h{.dq = dq + q_at,
                           .dout = dout + out_at,
                           .out = out + out_at,
                           .lse = lse + head * s.windows * s.length + token,
                           .q = q + q_at,
                           .starts = segment_start + token};
      for (std::int64_t begin = 0; begin < s.length; begin += kTile) {
        backward_tile(packed, h, make_tile(h.starts, begin, s), s);
      }
    }
    unpack_rows(dk + kv, s.kv_stride, packed.dk.get(), width, s.length, s.head_dim);
    unpack_rows(dv + kv, s.kv_stride, packed.dv.get(), width, s.length, s.head_dim);
  }
}

}  // namespace orch::kernels::ORCH_FORM
