#include "protocol/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/file.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/transport_zmq.h"

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

/// A coordinator that answers from a thread of its own.
class Answering {
 public:
  using Answer = std::function<std::optional<ClientReply>(const ClientRequest&)>;
  Answering(const std::string& home, Answer answer) : answer_(std::move(answer)) {
    EXPECT_TRUE(ensure_keys(home).ok());
    server_ = std::move(*ZmqServer::open("tcp://127.0.0.1:0", *read_key_pair(home, "coordinator"),
                                         *read_authorized_keys(home)));
    server_->on_message([this](Incoming m) {
      ++heard_;
      const auto request = decode_client_request(m.bytes);
      ASSERT_TRUE(request.ok());
      if (const auto reply = answer_(request->request))
        (void)server_->send(m.peer, encode(NumberedReply{request->number, *reply}));
    });
    EXPECT_TRUE(write_coordinator_address(home, {server_->address(), 42}).ok());
    thread_ = std::thread([this] {
      while (!stop_) poll_and_drain({server_.get()}, 5ms);
    });
  }
  ~Answering() {
    stop_ = true;
    thread_.join();
  }
  int heard() const { return heard_; }

 private:
  Answer answer_;
  std::unique_ptr<ZmqServer> server_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> heard_ = 0;
  std::thread thread_;
};

std::optional<ClientReply> hello_only(const ClientRequest& request) {
  if (std::holds_alternative<Hello>(request)) return HelloReply{kProtocolVersion, "b", "c", 42};
  return std::nullopt;
}

TEST(Client, CallsAndGetsItsReply) {
  const TemporaryDirectory home("orch-client");
  const Answering coordinator(home.path(),
                              [](const ClientRequest& request) -> std::optional<ClientReply> {
                                if (std::holds_alternative<Explain>(request))
                                  return ErrorReply{not_found("no such job, 9")};
                                if (std::holds_alternative<Submit>(request))
                                  return SubmitReply{JobId{7}, false, {"a"}};
                                return hello_only(request);
                              });
  auto client = Client::connect(home.path(), "", 10s);
  ASSERT_TRUE(client.ok()) << client.error().message;
  EXPECT_EQ(client->hello().pid, 42);
  const auto reply = client->call(Submit{}, 10s);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(std::get<SubmitReply>(*reply).job.value, 7u);
  const auto error = client->call(Explain{"9"}, 10s);
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().code, Code::kNotFound);
  EXPECT_EQ(error.error().message, "no such job, 9");
}

TEST(Client, RepeatsOnlyWhatMayBeRepeated) {
  const TemporaryDirectory home("orch-client");
  const Answering coordinator(home.path(), hello_only);
  auto client = Client::connect(home.path(), "", 10s);
  ASSERT_TRUE(client.ok());
  const int before = coordinator.heard();
  EXPECT_EQ(client->call(Control{}, 1300ms).error().code, Code::kUnavailable);
  EXPECT_EQ(coordinator.heard(), before + 1);
  EXPECT_EQ(client->call(List{}, 1300ms).error().code, Code::kUnavailable);
  EXPECT_EQ(coordinator.heard(), before + 3);
}

TEST(Client, ReportsWhyItCannotConnect) {
  const TemporaryDirectory home("orch-client");
  const auto nothing = Client::connect(home.path(), "", 100ms);
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, Code::kUnavailable);
  EXPECT_EQ(nothing.error().hint, "orchctl up --detach");
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  const auto nobody = Client::connect(home.path(), "tcp://127.0.0.1:9", 100ms);
  ASSERT_FALSE(nobody.ok());
  EXPECT_EQ(nobody.error().code, Code::kUnavailable);
  EXPECT_EQ(Client::connect(home.path(), "nonsense", 100ms).error().code, Code::kInvalid);
  const Answering coordinator(home.path(), hello_only);
  ASSERT_TRUE(write_key_pair(home.path(), "stranger", *make_key_pair()).ok());
  const auto stranger = Client::connect(home.path(), "", 10s, "stranger");
  ASSERT_FALSE(stranger.ok());
  EXPECT_EQ(stranger.error().code, Code::kDenied);
}

TEST(Client, RefusesAnotherProtocolVersion) {
  const TemporaryDirectory home("orch-client");
  const Answering coordinator(home.path(), [](const ClientRequest&) -> std::optional<ClientReply> {
    return HelloReply{kProtocolVersion + 1, "b", "c", 1};
  });
  EXPECT_EQ(Client::connect(home.path(), "", 10s).error().code, Code::kConflict);
}

}  // namespace
}  // namespace orch::protocol
