#include "protocol/rank_channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/limits.h"
#include "base/random.h"

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

struct Ends {
  Ends() {
    auto made = std::move(*make_rank_channel());
    parent = std::move(made.first);
    rank = std::move(made.second);
  }
  FileDescriptor parent, rank;
};

TEST(FrameDecoder, CutsFramesHoweverTheyArrive) {
  const std::vector<std::string> payloads = {"a", std::string(100'000, 'b'), "ccc"};
  std::string stream;
  for (const auto& payload : payloads) stream += make_frame(payload);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{3}, std::size_t{4097}, stream.size()}) {
    FrameDecoder decoder;
    std::vector<std::string> out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      decoder.feed(std::string_view(stream).substr(at, piece));
      for (auto frame = decoder.next(); frame.ok() && *frame; frame = decoder.next())
        out.push_back(**frame);
    }
    EXPECT_EQ(out, payloads);
    EXPECT_FALSE(decoder.has_partial());
  }
}

TEST(FrameDecoder, RefusesEmptyAndHugeFrames) {
  for (const std::string& prefix : {std::string(4, '\0'), std::string(4, '\xff')}) {
    FrameDecoder decoder;
    decoder.feed(prefix);
    const auto frame = decoder.next();
    ASSERT_FALSE(frame.ok());
    EXPECT_EQ(frame.error().code, Code::kCorrupt);
  }
}

TEST(FrameDecoder, RandomBytesNeverCrash) {
  SeededRandom random(1);
  for (int round = 0; round < 500; ++round) {
    FrameDecoder decoder;
    bool is_broken = false;
    for (int i = 0; i < 20 && !is_broken; ++i) {
      std::string bytes(random.below(50), '\0');
      for (char& c : bytes) c = static_cast<char>(random.below(3) == 0 ? random.next() : 0);
      decoder.feed(bytes);
      auto frame = decoder.next();
      while (frame.ok() && *frame) frame = decoder.next();
      is_broken = !frame.ok();
    }
  }
}

TEST(RankChannel, CarriesMessagesBothWays) {
  Ends ends;
  RankParentChannel parent(std::move(ends.parent));
  RankChannel rank(std::move(ends.rank));
  ASSERT_TRUE(parent.send(RankStop{false}).ok());
  const auto stop = rank.receive(10s);
  ASSERT_TRUE(stop.ok());
  ASSERT_TRUE(stop->has_value());
  EXPECT_FALSE(std::get<RankStop>(**stop).checkpoint_first);
  ASSERT_TRUE(rank.send(RankBeat{3, 9}).ok());
  const auto beat = parent.receive(-1s);
  ASSERT_TRUE(beat.ok());
  EXPECT_EQ(std::get<RankBeat>(**beat).steps, 9);
}

TEST(RankChannel, TimesOutWithoutAMessage) {
  Ends ends;
  RankChannel rank(std::move(ends.rank));
  const auto nothing = rank.receive(1ms);
  ASSERT_TRUE(nothing.ok());
  EXPECT_FALSE(nothing->has_value());
}

TEST(RankChannel, CarriesFramesLargerThanTheSocketBuffer) {
  Ends ends;
  RankParentChannel parent(std::move(ends.parent));
  RankChannel rank(std::move(ends.rank));
  RankFailed big{Failure::kExit, std::string(limits::kTextBytesMax, 'x')};
  std::thread sender([&] { EXPECT_TRUE(rank.send(big).ok()); });
  const auto heard = parent.receive(30s);
  sender.join();
  ASSERT_TRUE(heard.ok());
  EXPECT_EQ(std::get<RankFailed>(**heard).message, big.message);
}

TEST(RankChannel, SendersFromManyThreadsDoNotMix) {
  Ends ends;
  RankParentChannel parent(std::move(ends.parent));
  RankChannel rank(std::move(ends.rank));
  std::vector<std::thread> senders;
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([&rank, t] {
      for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(
            rank.send(RankFailed{Failure::kExit, std::string(2000, static_cast<char>('a' + t))})
                .ok());
    });
  for (int i = 0; i < 800; ++i) {
    const auto heard = parent.receive(30s);
    ASSERT_TRUE(heard.ok() && heard->has_value());
    const std::string& text = std::get<RankFailed>(**heard).message;
    EXPECT_EQ(text, std::string(2000, text[0]));
  }
  for (auto& sender : senders) sender.join();
}

TEST(RankChannel, DeathOfTheOtherEndIsUnavailable) {
  Ends ends;
  RankChannel rank(std::move(ends.rank));
  ends.parent.reset();
  const auto end = rank.receive(-1s);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Code::kUnavailable);
  const auto sent = rank.send(RankReady{});
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, Code::kUnavailable);
}

TEST(RankChannel, GarbageIsCorrupt) {
  Ends ends;
  RankChannel rank(std::move(ends.rank));
  const std::string frame = make_frame("not a message of ours...");
  ASSERT_EQ(write(ends.parent.get(), frame.data(), frame.size()),
            static_cast<ssize_t>(frame.size()));
  const auto heard = rank.receive(10s);
  ASSERT_FALSE(heard.ok());
  EXPECT_EQ(heard.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace orch::protocol
