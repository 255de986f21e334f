#pragma once
// The verbs of orch-tool that orch-rank executes: logits, generate, evaluate. Main thread; no
// exception leaves it.

namespace orch::jobs {

/// Same command line as orch-tool; returns the exit code of CONTRACT §2.
int run_tensor_verb(int argc, char** argv);

}  // namespace orch::jobs
