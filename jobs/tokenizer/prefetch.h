#pragma once
// Asking for memory ahead of its use. Thread: any.

namespace orch::tokenizer {

/// Has the cache line of `at` on its way. Not the built-in alone: GCC drops the call of a function
/// that does nothing else, since it seems to do nothing.
inline void prefetch(const void* at) {
  __builtin_prefetch(at);
  asm volatile("");
}

}  // namespace orch::tokenizer
