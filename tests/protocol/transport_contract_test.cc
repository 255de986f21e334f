// What both forms of the transport promise.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/protocol/transport_pair.h"

namespace orch::protocol {
namespace {

class TransportContract : public testing::TestWithParam<bool> {
 protected:
  TransportContract() : world_(GetParam() ? make_zmq_world() : make_simulated_world()) {}

  void listen() {
    world_->start_server([this](Incoming message) { heard_.push_back(std::move(message)); });
  }
  std::unique_ptr<ClientTransport> connect(const std::string& name, Role role,
                                           std::vector<std::string>& replies) {
    auto client = world_->connect(name, role);
    client->on_message([&replies](std::string bytes) { replies.push_back(std::move(bytes)); });
    return client;
  }
  /// Repeats until the transport takes it, as callers do.
  void send(ClientTransport& client, const std::string& bytes) {
    bool is_sent = false;
    ASSERT_TRUE(world_->run_until([&] { return is_sent = is_sent || client.send(bytes).ok(); }));
  }
  bool heard(std::size_t count) {
    return world_->run_until([&] { return heard_.size() >= count; });
  }

  std::unique_ptr<TransportWorld> world_;
  std::vector<Incoming> heard_;
};

TEST_P(TransportContract, CarriesBytesBothWaysWithRoleAndName) {
  std::vector<std::string> admin_replies, worker_replies;
  listen();
  const auto admin = connect("admin", Role::kAdmin, admin_replies);
  const auto worker = connect("worker", Role::kWorker, worker_replies);
  const std::string odd("\0\xff binary", 9);
  send(*admin, odd);
  ASSERT_TRUE(heard(1));
  send(*worker, "w");
  ASSERT_TRUE(heard(2));
  EXPECT_EQ(heard_[0].role, Role::kAdmin);
  EXPECT_EQ(heard_[0].key_name, "admin");
  EXPECT_EQ(heard_[0].bytes, odd);
  EXPECT_EQ(heard_[1].role, Role::kWorker);
  EXPECT_EQ(heard_[1].key_name, "worker");
  EXPECT_NE(heard_[0].peer, heard_[1].peer);
  EXPECT_TRUE(world_->server().send(heard_[1].peer, "to worker").ok());
  EXPECT_TRUE(world_->server().send(heard_[0].peer, "to admin").ok());
  ASSERT_TRUE(world_->run_until([&] { return !admin_replies.empty() && !worker_replies.empty(); }));
  EXPECT_EQ(admin_replies, std::vector<std::string>{"to admin"});
  EXPECT_EQ(worker_replies, std::vector<std::string>{"to worker"});
}

TEST_P(TransportContract, KeepsOrderWithoutFaults) {
  std::vector<std::string> replies;
  listen();
  const auto client = connect("admin", Role::kAdmin, replies);
  for (int i = 0; i < 500; ++i) send(*client, std::to_string(i));
  ASSERT_TRUE(heard(500));
  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(heard_[static_cast<std::size_t>(i)].bytes, std::to_string(i));
}

TEST_P(TransportContract, RefusesOversizeAtTheSender) {
  std::vector<std::string> replies;
  listen();
  const auto client = connect("admin", Role::kAdmin, replies);
  send(*client, std::string(limits::kMessageBytesMax, 'x'));
  ASSERT_TRUE(heard(1));
  EXPECT_EQ(heard_[0].bytes.size(), limits::kMessageBytesMax);
  const auto over = client->send(std::string(limits::kMessageBytesMax + 1, 'x'));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::kInvalid);
  const auto reply =
      world_->server().send(heard_[0].peer, std::string(limits::kMessageBytesMax + 1, 'x'));
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Code::kInvalid);
}

TEST_P(TransportContract, SendingToNobodyIsUnavailable) {
  std::vector<std::string> replies;
  listen();
  const auto result = world_->server().send("nobody", "x");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  world_->stop_server();
  const auto client = connect("admin", Role::kAdmin, replies);
  const auto early = client->send("x");
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, Code::kUnavailable);
}

TEST_P(TransportContract, ClientsSurviveARestartOfTheServer) {
  std::vector<std::string> replies;
  listen();
  const auto client = connect("worker", Role::kWorker, replies);
  send(*client, "before");
  ASSERT_TRUE(heard(1));
  const std::string old_peer = heard_[0].peer;
  world_->stop_server();
  heard_.clear();
  listen();
  // What was sent into the dying connection may be lost, so it is sent until it is heard.
  ASSERT_TRUE(world_->run_until([&] {
    (void)client->send("after");
    return !heard_.empty();
  }));
  EXPECT_EQ(heard_[0].bytes, "after");
  EXPECT_FALSE(world_->server().send(old_peer, "stale").ok());
  ASSERT_TRUE(world_->server().send(heard_[0].peer, "welcome back").ok());
  ASSERT_TRUE(world_->run_until([&] { return !replies.empty(); }));
  EXPECT_EQ(replies[0], "welcome back");
}

TEST_P(TransportContract, HandlersMaySend) {
  std::vector<std::string> replies;
  world_->start_server([this](Incoming message) {
    EXPECT_TRUE(world_->server().send(message.peer, message.bytes + "!").ok());
  });
  const auto client = connect("viewer", Role::kViewer, replies);
  for (int i = 0; i < 100; ++i) send(*client, std::to_string(i));
  ASSERT_TRUE(world_->run_until([&] { return replies.size() == 100; }));
  EXPECT_EQ(replies[99], "99!");
}

INSTANTIATE_TEST_SUITE_P(Forms, TransportContract, testing::Bool(),
                         [](const auto& form) { return form.param ? "Zmq" : "Simulated"; });

}  // namespace
}  // namespace orch::protocol
