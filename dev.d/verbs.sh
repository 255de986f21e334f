# The verbs of ./dev but for set-up. Sourced by ./dev.

verb_setup() { [ $# -eq 0 ] || die "setup takes no arguments"; loud "set-up" setup; }

verb_build() { setup; build "${1:-release}"; }

# Only what the demo runs is built; the script replaces this process, so its exit code is ours.
verb_demo() {
  local started=$SECONDS
  loud "set-up" setup
  build release orchctl orch-coordinator orch-worker orch-rank orch-tool synthmed
  say "== set-up and build: $((SECONDS - started)) s"
  exec bash "$root/dev.d/demo.sh" "$@"
}

# run_tests PRESET [FILTER]: leaves ctest's summary in a file for the end.
run_tests() {
  local preset=$1 filter=${2:-} dir code=0; dir=$(build_dir "$preset")
  # shellcheck disable=SC2086
  loud "tests $preset" ctest --test-dir "$dir" -j2 --output-on-failure "--no-tests=$([ -n "$filter" ] && echo ignore || echo error)" ${filter:+-R "$filter"} \
    | tee "$ORCH_PREFIX/log/ctest-$preset.log" || code=$?
  grep -aF '[  SKIPPED ]' "$dir/Testing/Temporary/LastTest.log" | grep -a ' ms)' | sed "s/^/$preset: /" | sort -u || true
  return $code
}

verb_test() {
  local preset code=0 failed="" started=$SECONDS
  loud "set-up" setup
  for preset in release asan; do
    build "$preset"
    run_tests "$preset" "$@" || { code=$?; failed="$failed $preset"; }
  done
  for preset in asan release; do
    printf '\n%s\n' "ctest, preset $preset:"
    sed -n '/tests passed/,$p' "$ORCH_PREFIX/log/ctest-$preset.log"
  done
  say "== everything: $((SECONDS - started)) s${failed:+; failed:$failed}"
  return $code
}

# Programs in build/bench and scripts in bench/: JSON lines on standard output, talk on standard error.
verb_bench() {
  local name=${1:-} bench ran="" base
  setup >&2
  build release >&2
  mkdir -p build/bench
  # These measure a peer beside us; without it their lines say so.
  if [[ -z $name || train == *"$name"* || tokenizer == *"$name"* || score == *"$name"* ]]; then
    step "peers in $ORCH_PREFIX/parity" parity_environment >&2 || say "no peers: only Orch is measured"
  fi
  for bench in build/bench/* bench/*.sh bench/*.py; do
    base=$(basename "${bench%.*}")
    [ -f "$bench" ] && [ -x "$bench" ] && [[ -z $name || $base == *"$name"* ]] || continue
    # Slow studies run only by name.
    [[ -n $name || ! -e bench/$base.slow ]] || continue
    ran=yes
    ORCH_BIN_DIR=$root/build/bin loud "bench $base" "$bench" || die "benchmark $base failed"
  done
  [ -n "$ran" ] || die "no benchmark matches '$name'" "ls build/bench bench"
}

# A private environment with the peers; needs the network once.
parity_environment() {
  local env=$ORCH_PREFIX/parity wanted=$root/tests/parity/requirements.txt
  cmp -s "$wanted" "$env/.ready" && return
  python3 -c 'import ensurepip' 2>/dev/null || { as_root apt-get update -q && apt_install python3-venv; } || return
  python3 -m venv "$env" &&
    "$env/bin/pip" install -q --disable-pip-version-check -r "$wanted" &&
    cp "$wanted" "$env/.ready"
}

verb_parity() {
  local script code=0
  setup
  step "peers in $ORCH_PREFIX/parity" parity_environment
  build release orch-tool orch-rank tokenizer-probe
  for script in tests/parity/*.py; do
    [ -e "$script" ] || die "no scripts in tests/parity"
    ORCH_BIN_DIR=$root/build/bin loud "parity $(basename "$script")" "$ORCH_PREFIX/parity/bin/python" "$script" || code=1
  done
  return $code
}

sources() {
  git ls-files -co --exclude-standard -- '*.h' '*.cc' '*.cu' | while read -r f; do [ ! -e "$f" ] || printf '%s\n' "$f"; done
}

verb_format() { sources | xargs clang-format -i; say "formatted $(sources | wc -l) files"; }

verb_tidy() { setup; build release tidy_test; build/tests/tidy_test; }

verb_clean() { rm -rf build build-dev build-asan build-tsan; say "deleted build/ and build-*/"; }
