#!/usr/bin/env bash
# The demo: a local cluster, the job of examples/forgetting_demo.yaml, its report. Called by `./dev demo` after the build.
# Exit code: that of the job; if it succeeded, 1 unless the finding holds (demo_holds.py).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export PATH=$root/build/bin:$PATH ORCH_HOME=${ORCH_PREFIX:-$root/.orch}/demo-home
started=$SECONDS
say() { printf '%s\n' "$*" >&2; }

orchctl down -q >/dev/null 2>&1 || true
rm -rf "$ORCH_HOME"
trap 'orchctl down -q || true' EXIT
say "== a local cluster in $ORCH_HOME"
orchctl up --workers 2 --detach
code=0
orchctl submit examples/forgetting_demo.yaml --follow "$@" || code=$?
say "== job ended with code $code, cluster and job took $((SECONDS - started)) s"
if [ "$code" != 130 ] && [ "$code" != 2 ]; then
  orchctl report forgetting-demo || { report=$?; [ "$code" -ne 0 ] || code=$report; }
  [ "$code" -ne 0 ] || orchctl report forgetting-demo -o json | python3 dev.d/demo_holds.py || code=1
fi
say "logs, checkpoints and metrics stay in $ORCH_HOME; to look again: ORCH_HOME=$ORCH_HOME build/bin/orchctl up --detach"
exit "$code"
