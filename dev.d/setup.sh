# Set-up: Debian packages and the pinned wheels, unpacked into $ORCH_PREFIX/prefix. Sourced by ./dev.

missing_packages() {
  local names; names=$(orch_packages | cut -d' ' -f1)
  # shellcheck disable=SC2086
  comm -23 <(sort <<<"$names") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $names 2>/dev/null | sed -n 's/^installed //p' | sort)
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "root is needed for: $*" "run as root, or install sudo"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-upgrade "$@"
}

# fetch NAME REQUIREMENT…: downloads and unpacks one group of wheels; runs in the background.
fetch() {
  local list=$ORCH_PREFIX/log/$1.txt; shift
  printf '%s\n' "$@" >"$list"
  # Wheels of one fixed Python tag, whatever Python is here: only their headers and libraries are used.
  local tags=() tag
  for tag in 2_28 2_27 2_25 2_24 2_18 2_17 2_12 2_5; do tags+=(--platform "manylinux_${tag}_x86_64"); done
  tags+=(--platform manylinux2014_x86_64 --platform manylinux2010_x86_64)
  if ! python3 "$root/cmake/unpack_wheels.py" "$ORCH_PREFIX/prefix" "$@" >/dev/null 2>&1; then
    python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --python-version 3.11 \
      --implementation cp --abi cp311 --abi none "${tags[@]}" --progress-bar off \
      --disable-pip-version-check -d "$ORCH_PREFIX/wheels" -r "$list" || return 1
    python3 "$root/cmake/unpack_wheels.py" "$ORCH_PREFIX/prefix" "$@"
  fi
}

# With an NVIDIA driver also what libtorch_cuda.so needs at run time (2 GB).
wheel_lines() {
  grep -v '^#' "$root/cmake/wheels.txt"
  [ ! -e /proc/driver/nvidia ] || grep -v '^#' "$root/cmake/wheels-gpu.txt"
}

setup_stamp() { cat <(wheel_lines) "$root/cmake/unpack_wheels.py" | sha256sum | cut -d' ' -f1; }

# Downloads and unpacks in three groups side by side: the two large wheels, and all others.
setup_wheels() {
  local lines big rest=() pids=() names=() line i
  mapfile -t lines < <(wheel_lines)
  mkdir -p "$ORCH_PREFIX/wheels" "$ORCH_PREFIX/prefix" "$ORCH_PREFIX/log"
  for line in "${lines[@]}"; do
    big=${line%%==*}
    case $big in
      torch | nvidia-nccl-cu13 | nvidia-cublas | nvidia-cudnn-cu13)
        fetch "$big" "$line" >"$ORCH_PREFIX/log/$big.log" 2>&1 & pids+=($!); names+=("$big") ;;
      *) rest+=("$line") ;;
    esac
  done
  fetch rest "${rest[@]}" >"$ORCH_PREFIX/log/rest.log" 2>&1 & pids+=($!); names+=(rest)
  for i in "${!pids[@]}"; do
    wait "${pids[$i]}" || { tail -20 "$ORCH_PREFIX/log/${names[$i]}.log" >&2; return 1; }
  done
}

# jieba has no wheel: the two tables are taken out of its source archive; nothing of it is run later.
jieba_archive=jieba-0.42.1.tar.gz
jieba_sha256=055ca12f62674fafed09427f176506079bc135638a14e23e25be909131928db2
setup_jieba() {
  local archive=$ORCH_PREFIX/wheels/$jieba_archive target=$ORCH_PREFIX/prefix/jieba
  mkdir -p "$ORCH_PREFIX/wheels"
  if ! sha256sum --quiet --status -c <<<"$jieba_sha256  $archive" 2>/dev/null; then
    python3 -m pip download -q --no-deps --no-binary jieba --progress-bar off --disable-pip-version-check \
      -d "$ORCH_PREFIX/wheels" jieba==0.42.1 || return 1
    sha256sum --quiet -c <<<"$jieba_sha256  $archive" || return 1
  fi
  rm -rf "$target.new"; mkdir -p "$target.new"
  tar -xzf "$archive" -C "$target.new" --strip-components=2 \
    jieba-0.42.1/jieba/dict.txt jieba-0.42.1/jieba/finalseg/prob_emit.py || return 1
  rm -rf "$target"; mv "$target.new" "$target"
}

setup() {
  local missing stamp wheels=""
  command -v dpkg-query apt-get >/dev/null || die "set-up knows Debian and its kin only" "install what dev.d/packages.sh lists"
  missing=$(missing_packages); stamp=$(setup_stamp)
  [ "$(cat "$ORCH_PREFIX/stamp" 2>/dev/null)" = "$stamp" ] || wheels=yes
  if [ -z "$missing$wheels" ] && [ -e "$ORCH_PREFIX/prefix/jieba/dict.txt" ]; then say "set-up: nothing to do (packages and $ORCH_PREFIX/prefix are complete)"; return; fi
  mkdir -p "$ORCH_PREFIX/log"
  if [ -n "$missing" ]; then
    say "set-up installs Debian packages:"
    awk 'NR == FNR { wanted[$1]; next } $1 in wanted { sub(" ", ": "); print "  " $0 }' \
      - <(orch_packages) <<<"$missing" >&2
    step "package lists" as_root apt-get update -q
    # pip first: the wheels then download while the other packages install. Nothing installed is upgraded: a
    # new ca-certificates would drop certificates that an administrator added by hand.
    local first; first=$(grep -xE 'python3-pip|ca-certificates' <<<"$missing" || true)
    # shellcheck disable=SC2086
    [ -z "$wheels" ] || [ -z "$first" ] || step "pip" apt_install $first
  fi
  local pid=""
  if [ -n "$wheels" ]; then
    say "set-up downloads LibTorch, NCCL and the CUDA compiler (0.8 GB, hashes in cmake/wheels.txt) to $ORCH_PREFIX"
    step "wheels" setup_wheels & pid=$!
  fi
  # shellcheck disable=SC2086
  [ -z "$missing" ] || step "Debian packages" apt_install $missing
  [ -z "$pid" ] || wait "$pid" || die "wheels could not be set up" "see $ORCH_PREFIX/log, then ./dev setup"
  # Only Chinese scores need it: without the network the rest goes on.
  [ -e "$ORCH_PREFIX/prefix/jieba/dict.txt" ] || step "jieba's dictionary" setup_jieba ||
    say "no jieba: Chinese texts cannot be scored; ./dev setup tries again"
  echo "$stamp" >"$ORCH_PREFIX/stamp"
}
