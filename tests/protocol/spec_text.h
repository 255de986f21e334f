#pragma once
// A job spec that uses every key once, for tests of the parser and of the schema.

namespace orch::protocol {

inline constexpr const char* kFullSpec = R"(version: 1
name: forgetting-demo
queue: research
priority: 3
note: the base is not converged on purpose
labels: {team: demo, wave: 2}
vars: {steps: 400, seed: 7, lr: 1e-3}
tasks:
  world:
    command:
      argv: ["/bin/sh", "-c", "echo $ORCH_RANK $${HOME}"]
      env: {KEY: value, COUNT: 3}
  data:
    prepare:
      tokenizer:
        train:
          vocabulary: 2048
          min_frequency: 3
          special_tokens: ["<eos>"]
          files: ["@world/general.jsonl"]
      sources:
        medical: {files: ["@world/medical.jsonl"]}
        general: {files: ["@world/general.jsonl", more.jsonl]}
  base:
    needs: [world]
    ranks: {min: 1, max: 4}
    resources: {cpu: 2, gpu: 1, memory: 1GiB}
    retry: {limit: 5, on: [infrastructure, exit]}
    timeout: 10m
    grace: 5s
    pretrain:
      data: "@data"
      model:
        architecture: llama
        hidden_size: 64
        intermediate_size: 176
        num_hidden_layers: 3
        num_attention_heads: 8
        num_key_value_heads: 2
        head_dim: 16
        max_position_embeddings: 512
        rms_norm_eps: 1e-6
        rope_theta: 500000
        tie_word_embeddings: false
        initializer_range: 0.05
      mixture: {medical: 19, general: 1}
      steps: ${steps}
      batch_windows: 32
      window: 128
      shards: 8
      threads: 2
      seed: ${seed}
      optimizer:
        {lr: "${lr}", beta1: 0.8, beta2: 0.99, eps: 1e-9, weight_decay: 0.01, clip: 0.5,
         warmup_ratio: 0.1, min_lr_ratio: 0}
      stop: {loss: 0.5, over: 20}
      checkpoints: {every: 50, keep: {last: 3, every: 100}}
  chat:
    instruct:
      checkpoint: "@base"
      rows: "@world/rows.jsonl"
      epochs: 2.5
      template:
        {user_prefix: "U: ", user_suffix: "\n", assistant_prefix: "A: ", assistant_suffix: "."}
  check-base:
    checkpoint: {from: "@base", action: export}
  eval-base:
    evaluate:
      checkpoint: "@base"
      label: base
      suites:
        - name: synthmmlu
          data: "@world/mmlu.jsonl"
          num_fewshot: 3
          limit: 100
          label: general (SynthMMLU)
          role: general
        - {name: answers, kind: generate, format: pairs, data: pairs.jsonl,
           max_new_tokens: 8, chat: true}
  eval-chat:
    evaluate:
      checkpoint: "@chat"
      suites: [{name: synthmmlu, data: "@world/mmlu.jsonl"}]
  verdict:
    forgetting:
      {base: "@eval-base", candidate: "@eval-chat", suites: [synthmmlu],
       margin: 0.03, alpha: 0.1, gate: stop}
)";

}  // namespace orch::protocol
