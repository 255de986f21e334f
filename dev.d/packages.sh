# Debian packages and why: `name reason`, one a line. Sourced by dev.d/setup.sh.
orch_packages() {
  cat <<'END'
ca-certificates to download over TLS
g++ compiler
cmake build
ninja-build build
ccache faster rebuilds
mold faster linking
pkg-config finds libraries
python3-pip downloads the wheels
libboost1.81-dev Asio and Beast
libzmq3-dev messages between daemons
cppzmq-dev ZeroMQ for C++
libsodium-dev CURVE keys
capnproto schema compiler
libcapnp-dev message encoding
librocksdb-dev durable stores
libspdlog-dev logging
libyaml-cpp-dev job specs
libsimdjson-dev reading JSON
nlohmann-json3-dev writing JSON
libcli11-dev command lines
libmecab-dev Japanese words
mecab-ipadic-utf8 Japanese words
libpcre2-dev pre-tokenizer patterns
libzstd-dev compressed documents
zlib1g-dev compressed documents
libxxhash-dev digests of blocks
libssl-dev SHA-256
libgtest-dev tests
libgmock-dev test matchers
libbenchmark-dev benchmarks
clang-format format and tidy
END
}
