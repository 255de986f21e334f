// What strangers can do to a coordinator: nothing.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/random.h"
#include "tests/e2e/cluster.h"

namespace orch::e2e {
namespace {

std::string address_of(const Cluster& cluster) {
  const auto record = nlohmann::json::parse(*read_file(cluster.home() + "/run/coordinator.json"));
  return record["address"];
}

/// Connects to the coordinator's port and sends `bytes`; whether it is accepted does not matter.
void send_bytes(const std::string& address, const std::string& bytes) {
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)), 0);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;  // the coordinator may close at any byte
    sent += static_cast<std::size_t>(n);
  }
}

std::string random_text(std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  random_bytes({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST(Trust, RandomBytesDoNotHurt) {
  Cluster cluster(1, 1);
  const std::string address = address_of(cluster);
  const int coordinator = cluster.pid("coordinator");
  for (int i = 0; i < 20; ++i) send_bytes(address, random_text(std::size_t{1} << i));
  // A ZMTP 3.0 greeting that asks for no security, then noise.
  std::string greeting(64, '\0');
  greeting[0] = '\xff';
  greeting[9] = '\x7f';
  greeting[10] = 3;
  greeting.replace(12, 4, "NULL");
  send_bytes(address, greeting + random_text(4096));
  EXPECT_EQ(cluster.ctl({"get", "workers"}).code, 0);
  EXPECT_TRUE(alive(coordinator));
}

TEST(Trust, UnknownKeyIsRefused) {
  Cluster cluster(1, 1);
  Cluster stranger(1, 1);
  const Outcome outcome = run_program({"orchctl", "--home", stranger.home(), "--coordinator",
                                       address_of(cluster), "--timeout", "2s", "get", "jobs"});
  EXPECT_NE(outcome.code, 0);
  EXPECT_TRUE(outcome.code == 4 || outcome.code == 5) << outcome.code;
  EXPECT_EQ(cluster.ctl({"get", "jobs"}).code, 0);
}

TEST(Trust, KeysArePrivate) {
  Cluster cluster(1, 1);
  const Outcome outcome = run_program(
      {"/usr/bin/find", cluster.home() + "/keys", "-name", "*secret*", "-not", "-perm", "600"});
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(run_program({"/usr/bin/find", cluster.home() + "/keys", "-name", "*secret*"}).out, "");
}

}  // namespace
}  // namespace orch::e2e
