#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/form.h"

namespace orch::kernels::reference {

namespace {

// One query row of one head: where its parts lie, and which keys it sees.
struct Row {
  std::int64_t query;        // row of q, out and lse
  std::int64_t first, last;  // keys, tokens in the whole batch
  std::int64_t q, kv, out;   // offsets of the head inside a token
};

template <typename F>
void for_rows(const std::int32_t* segment_start, const AttentionShape& s, F f) {
  for (std::int64_t window = 0; window < s.windows; ++window) {
    for (std::int64_t head = 0; head < s.heads; ++head) {
      for (std::int64_t t = s.first_query; t < s.length; ++t) {
        const std::int64_t query = window * s.queries() + t - s.first_query;
        const std::int64_t kv = head / (s.heads / s.kv_heads) * s.head_dim;
        f(head, Row{query, window * s.length + segment_start[query], window * s.length + t,
                    head * s.head_dim, kv, head * s.head_dim});
      }
    }
  }
}

double dot(const float* a, const float* b, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace

void attention_forward(float* out, float* lse, const float* q, const float* k, const float* v,
                       const std::int32_t* segment_start, const AttentionShape& s, void*) {
  for_rows(segment_start, s, [&](std::int64_t head, const Row& row) {
    std::vector<double> scores;
    for (std::int64_t key = row.first; key <= row.last; ++key) {
      scores.push_back(s.scale * dot(q + row.query * s.q_stride + row.q,
                                     k + key * s.kv_stride + row.kv, s.head_dim));
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0.0;
    for (const double score : scores) sum += std::exp(score - largest);
    lse[head * s.windows * s.queries() + row.query] = static_cast<float>(largest + std::log(sum));
    for (std::int64_t d = 0; d < s.head_dim; ++d) {
      double value = 0.0;
      for (std::int64_t key = row.first; key <= row.last; ++key) {
        const double p = std::exp(scores[static_cast<std::size_t>(key - row.first)] - largest);
        value += p / sum * v[key * s.kv_stride + row.kv + d];
      }
      out[row.query * s.out_stride + row.out + d] = static_cast<float>(value);
    }
  });
}

void attention_backward(float* dq, float* dk, float* dv, const float* dout, const float* out,
                        const float* lse, const float* q, const float* k, const float* v,
                        const std::int32_t* segment_start, const AttentionShape& s, void*) {
  const std::int64_t tokens = s.windows * s.length;
  const std::int64_t kv_dim = s.kv_heads * s.head_dim;
  std::vector<double> dk_sum(static_cast<std::size_t>(tokens * kv_dim));
  std::vector<double> dv_sum(dk_sum.size());
  for_rows(segment_start, s, [&](std::int64_t head, const Row& row) {
    const float* q_row = q + row.query * s.q_stride + row.q;
    const float* dout_row = dout + row.query * s.out_stride + row.out;
    const double along = dot(dout_row, out + row.query * s.out_stride + row.out, s.head_dim);
    std::vector<double> dq_row(static_cast<std::size_t>(s.head_dim));
    for (std::int64_t key = row.first; key <= row.last; ++key) {
      const float* k_row = k + key * s.kv_stride + row.kv;
      const double p =
          std::exp(s.scale * dot(q_row, k_row, s.head_dim) - lse[head * tokens + row.query]);
      const double dp = dot(dout_row, v + key * s.kv_stride + row.kv, s.head_dim);
      const double ds = s.scale * p * (dp - along);
      for (std::int64_t d = 0; d < s.head_dim; ++d) {
        const auto at = static_cast<std::size_t>(key * kv_dim + row.kv + d);
        dq_row[static_cast<std::size_t>(d)] += ds * k_row[d];
        dk_sum[at] += ds * q_row[d];
        dv_sum[at] += p * dout_row[d];
      }
    }
    for (std::int64_t d = 0; d < s.head_dim; ++d) {
      dq[row.query * s.q_stride + row.q + d] =
          static_cast<float>(dq_row[static_cast<std::size_t>(d)]);
    }
  });
  for (std::int64_t token = 0; token < tokens; ++token) {
    for (std::int64_t i = 0; i < kv_dim; ++i) {
      const auto at = static_cast<std::size_t>(token * kv_dim + i);
      dk[token * s.kv_stride + i] = static_cast<float>(dk_sum[at]);
      dv[token * s.kv_stride + i] = static_cast<float>(dv_sum[at]);
    }
  }
}

}  // namespace orch::kernels::reference
