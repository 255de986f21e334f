#include "kernels/form.h"

namespace orch::kernels::ORCH_FORM {

const Ops& table() {
  static constexpr Ops kTable = {
      .version = kOpsVersion,
      .name = ORCH_FORM_TEXT(ORCH_FORM),
      .rms_norm_forward = rms_norm_forward,
      .rms_norm_backward = rms_norm_backward,
      .rope = rope,
      .swiglu_forward = swiglu_forward,
      .swiglu_backward = swiglu_backward,
      .cross_entropy = cross_entropy,
      .log_softmax_gather = log_softmax_gather,
      .softmax_masked_forward = softmax_masked_forward,
      .softmax_masked_backward = softmax_masked_backward,
      .attention_forward = attention_forward,
      .attention_backward = attention_backward,
      .adamw = adamw,
      .embedding_gather = embedding_gather,
      .embedding_scatter_add = embedding_scatter_add,
      .add_into = add_into,
      .sum_squares = sum_squares,
  };
  return kTable;
}

}  // namespace orch::kernels::ORCH_FORM
