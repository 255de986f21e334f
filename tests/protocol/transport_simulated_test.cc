#include "protocol/transport_simulated.h"

#include <gtest/gtest.h>

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

struct World {
  explicit World(std::uint64_t seed = 1) : random(seed), network(clock, random) {
    server = network.listen("a");
    server->on_message([this](Incoming m) { heard.push_back(m.bytes); });
    client = network.connect("a", "w", Role::kWorker);
  }
  void run() {
    while (network.next_delivery()) {
      clock.advance_to(std::max(clock.now(), *network.next_delivery()));
      network.deliver_one();
    }
  }
  void send(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(client->send(std::to_string(i)).ok());
  }
  SimulatedClock clock;
  SeededRandom random;
  SimulatedNetwork network;
  std::unique_ptr<ServerTransport> server;
  std::unique_ptr<ClientTransport> client;
  std::vector<std::string> heard;
};

TEST(SimulatedNetwork, IsAPureFunctionOfTheSeed) {
  const auto run = [](std::uint64_t seed) {
    World world(seed);
    world.network.set_faults({0.2, 0.2, 0.5, 1ms, 50ms});
    world.send(200);
    world.run();
    return world.heard;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

TEST(SimulatedNetwork, LosesDuplicatesAndReordersAsTold) {
  World world;
  world.network.set_faults({0.3, 0, 0, 0ms, 0ms});
  world.send(1000);
  world.run();
  EXPECT_NEAR(static_cast<double>(world.heard.size()), 700, 60);
  EXPECT_TRUE(
      std::is_sorted(world.heard.begin(), world.heard.end(),
                     [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
  world.heard.clear();
  world.network.set_faults({0, 0.3, 0, 0ms, 0ms});
  world.send(1000);
  world.run();
  EXPECT_NEAR(static_cast<double>(world.heard.size()), 1300, 60);
  world.heard.clear();
  world.network.set_faults({0, 0, 1, 0ms, 100ms});
  world.send(1000);
  world.run();
  EXPECT_EQ(world.heard.size(), 1000u);
  EXPECT_FALSE(
      std::is_sorted(world.heard.begin(), world.heard.end(),
                     [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
}

TEST(SimulatedNetwork, DelaysWithoutOvertaking) {
  World world;
  world.network.set_faults({0, 0, 0, 10ms, 30ms});
  world.send(2);
  EXPECT_FALSE(world.network.deliver_one());
  EXPECT_GE(*world.network.next_delivery(), TimePoint(10ms));
  world.run();
  EXPECT_EQ(world.heard, (std::vector<std::string>{"0", "1"}));
  EXPECT_LE(world.clock.now(), TimePoint(30ms));
}

TEST(SimulatedNetwork, PartitionLosesBothWaysUntilHealed) {
  World world;
  std::string peer;
  world.server->on_message([&](Incoming m) {
    peer = m.peer;
    world.heard.push_back(m.bytes);
  });
  std::vector<std::string> replies;
  world.client->on_message([&](std::string bytes) { replies.push_back(bytes); });
  world.send(1);
  world.run();
  ASSERT_TRUE(world.server->send(peer, "under way").ok());
  world.network.partition("w", true);
  world.send(1);
  EXPECT_TRUE(world.server->send(peer, "cut").ok());
  world.run();
  EXPECT_EQ(world.heard.size(), 1u);
  EXPECT_TRUE(replies.empty());
  world.network.partition("w", false);
  EXPECT_TRUE(world.server->send(peer, "healed").ok());
  world.run();
  EXPECT_EQ(replies, std::vector<std::string>{"healed"});
}

TEST(SimulatedNetwork, CrashOfTheServerLosesWhatIsUnderWay) {
  World world;
  world.network.set_faults({0, 0, 0, 5ms, 5ms});
  world.send(3);
  world.server.reset();
  world.server = world.network.listen("a");
  world.server->on_message([&](Incoming m) { world.heard.push_back(m.bytes); });
  world.run();
  EXPECT_TRUE(world.heard.empty());
  EXPECT_EQ(world.network.messages_lost(), 3u);
}

}  // namespace
}  // namespace orch::protocol
