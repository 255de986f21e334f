// What only real sockets can show: unknown keys, random bytes, oversize, asio.
#include "protocol/transport_zmq.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <zmq.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "protocol/poller_asio.h"

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

class ZmqTransport : public testing::Test {
 protected:
  void SetUp() override {
    server_keys_ = *make_key_pair();
    admin_keys_ = *make_key_pair();
    auto server = ZmqServer::open("tcp://127.0.0.1:0", server_keys_,
                                  {{"admin", Role::kAdmin, admin_keys_.public_key}});
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    server_->on_message([this](Incoming m) { heard_.push_back(m.bytes); });
  }
  bool run_until(const std::function<bool()>& done, std::vector<Drainable*> others = {}) {
    others.push_back(server_.get());
    const SystemClock clock;
    const TimePoint end = clock.now() + 15s;
    while (!done() && clock.now() < end) poll_and_drain(others, 5ms);
    return done();
  }
  std::unique_ptr<ZmqClient> connect(const KeyPair& keys, const std::string& server_key) {
    return std::move(*ZmqClient::open(server_->address(), keys, server_key));
  }
  /// An admitted client still gets through.
  void expect_alive() {
    const auto client = connect(admin_keys_, server_keys_.public_key);
    heard_.clear();
    EXPECT_TRUE(run_until(
        [&] {
          (void)client->send("alive");
          return !heard_.empty();
        },
        {client.get()}));
  }
  FileDescriptor raw_socket() {
    const int port = std::stoi(server_->address().substr(server_->address().rfind(':') + 1));
    FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  KeyPair server_keys_, admin_keys_;
  std::unique_ptr<ZmqServer> server_;
  std::vector<std::string> heard_;
};

TEST_F(ZmqTransport, RefusesAnUnknownKeyAndTellsIt) {
  const auto stranger = connect(*make_key_pair(), server_keys_.public_key);
  ASSERT_TRUE(run_until([&] { return !stranger->refused().empty(); }, {stranger.get()}));
  EXPECT_GE(server_->refusals().unknown_keys, 1u);
  EXPECT_FALSE(stranger->send("x").ok());
  expect_alive();
}

TEST_F(ZmqTransport, AdmitsAKeyThatIsAuthorizedLater) {
  const KeyPair keys = *make_key_pair();
  const auto client = connect(keys, server_keys_.public_key);
  ASSERT_TRUE(run_until([&] { return !client->refused().empty(); }, {client.get()}));
  server_->set_authorized({{"late", Role::kViewer, keys.public_key}});
  ASSERT_TRUE(run_until(
      [&] {
        (void)client->send("x");
        return !heard_.empty();
      },
      {client.get()}));
  EXPECT_TRUE(client->refused().empty());
}

TEST_F(ZmqTransport, RefusesAWrongServerKey) {
  const auto client = connect(admin_keys_, make_key_pair()->public_key);
  ASSERT_TRUE(
      run_until([&] { return server_->refusals().handshake_failures > 0; }, {client.get()}));
  EXPECT_TRUE(heard_.empty());
  expect_alive();
}

TEST_F(ZmqTransport, RandomBytesOnThePortDoNotHurt) {
  SeededRandom random(3);
  std::vector<FileDescriptor> sockets;
  for (int i = 0; i < 30; ++i) {
    FileDescriptor fd = raw_socket();
    std::string bytes;
    if (i % 3 == 0)
      bytes =
          std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE", 17);  // a ZMTP greeting, then noise
    for (std::uint64_t n = random.below(4000); n > 0; --n)
      bytes.push_back(static_cast<char>(random.next()));
    (void)send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    sockets.push_back(std::move(fd));
  }
  ASSERT_TRUE(run_until([&] { return server_->refusals().handshake_failures >= 10; }));
  expect_alive();
  EXPECT_EQ(heard_.front(), "alive");
}

/// A peer with a good key that does not keep our limits.
TEST_F(ZmqTransport, RefusesOversizeMessagesOfAnAdmittedPeer) {
  void* context = zmq_ctx_new();
  void* dealer = zmq_socket(context, ZMQ_DEALER);
  const int linger = 0;
  zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, server_keys_.public_key.data(), 40);
  zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, admin_keys_.public_key.data(), 40);
  zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, admin_keys_.secret_key.data(), 40);
  ASSERT_EQ(zmq_connect(dealer, server_->address().c_str()), 0);
  const std::string over(limits::kMessageBytesMax + 1, 'x');
  ASSERT_EQ(zmq_send(dealer, over.data(), over.size(), 0), static_cast<int>(over.size()));
  ASSERT_TRUE(run_until([&] { return server_->refusals().oversize == 1; }));
  ASSERT_GE(zmq_send(dealer, "a", 1, ZMQ_SNDMORE), 0);
  ASSERT_GE(zmq_send(dealer, "b", 1, 0), 0);
  ASSERT_TRUE(run_until([&] { return server_->refusals().malformed == 1; }));
  const std::string huge(3 * limits::kMessageBytesMax, 'x');
  ASSERT_GE(zmq_send(dealer, huge.data(), huge.size(), 0), 0);
  ASSERT_TRUE(run_until([&] { return server_->refusals().connections_ended == 1; }));
  expect_alive();
  EXPECT_EQ(heard_.front(), "alive");
  zmq_close(dealer);
  zmq_ctx_term(context);
}

TEST_F(ZmqTransport, AddressInUseIsAnError) {
  const auto second = ZmqServer::open(server_->address(), server_keys_, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
}

TEST_F(ZmqTransport, AsioLoopCarriesFloodsBothWays) {
  boost::asio::io_context io;
  const auto client = connect(admin_keys_, server_keys_.public_key);
  constexpr int kMessages = 3000;
  int sent = 0, heard = 0, answered = 0;
  server_->on_message([&](Incoming m) {
    ++heard;
    (void)server_->send(m.peer, m.bytes);
  });
  boost::asio::steady_timer timer(io);
  const std::function<void()> feed = [&] {
    for (int burst = 0; burst < 50 && sent - answered < 500 && sent < kMessages; ++burst)
      if (client->send(std::to_string(sent)).ok()) ++sent;
    timer.expires_after(1ms);
    if (answered < kMessages)
      timer.async_wait([&](const auto& error) {
        if (!error) feed();
      });
  };
  client->on_message([&](std::string bytes) {
    EXPECT_EQ(bytes, std::to_string(answered));
    if (++answered == kMessages) io.stop();
  });
  {
    const AsioPoller server_poller(io, *server_);
    const AsioPoller client_poller(io, *client);
    feed();
    io.run_for(30s);
  }
  EXPECT_EQ(heard, kMessages);
  EXPECT_EQ(answered, kMessages);
}

TEST_F(ZmqTransport, PollerMayDieInsideAHandler) {
  boost::asio::io_context io;
  const auto client = connect(admin_keys_, server_keys_.public_key);
  auto server_poller = std::make_unique<AsioPoller>(io, *server_);
  auto client_poller = std::make_unique<AsioPoller>(io, *client);
  server_->on_message([&](Incoming m) {
    heard_.push_back(m.bytes);
    server_poller.reset();
    client_poller.reset();
  });
  boost::asio::steady_timer timer(io);
  const std::function<void()> feed = [&] {
    (void)client->send("x");
    timer.expires_after(5ms);
    if (heard_.empty()) timer.async_wait([&](const auto&) { feed(); });
  };
  feed();
  io.run_for(15s);
  EXPECT_FALSE(heard_.empty());
}

}  // namespace
}  // namespace orch::protocol
