#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "base/sha256.h"
#include "jobs/checkpoint/chained_sha256.h"
#include "jobs/checkpoint/logits_file.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/checkpoint/safetensors.h"
#include "jobs/checkpoint/save.h"
#include "jobs/parallel/comm.h"
#include "storage/artifact_dir.h"

namespace orch::checkpoint {
namespace {

model::Config make_config(bool tied = true) {
  model::Config config;
  config.vocab_size = 100;
  config.hidden_size = 64;
  config.intermediate_size = 80;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 16;
  config.max_position_embeddings = 32;
  config.tie_word_embeddings = tied;
  config.attention_bias = true;
  return config;
}

// Parameters and both moments, gaps zero.
struct World {
  explicit World(model::Config used = make_config())
      : config(std::move(used)), layout(model::make_layout(config)) {
    for (model::AlignedBuffer* buffer : {&parameters, &m, &v}) {
      *buffer = model::AlignedBuffer(layout.total);
      for (const model::Parameter& p : layout.parameters) {
        for (std::int64_t i = 0; i < p.size; ++i) {
          const std::uint64_t word = mix64(static_cast<std::uint64_t>(p.offset + i) * 3 + ++count);
          buffer->data()[p.offset + i] =
              static_cast<float>(static_cast<double>(word) * 0x1.0p-64 - 0.5);
        }
      }
    }
  }
  SaveRequest request(const std::string& directory, std::int64_t begin, std::int64_t end) {
    const auto slice = [&](model::AlignedBuffer& buffer) {
      return buffer.span().subspan(static_cast<std::size_t>(begin * model::kBlock),
                                   static_cast<std::size_t>((end - begin) * model::kBlock));
    };
    SaveRequest request;
    request.directory = directory;
    request.config = &config;
    request.layout = &layout;
    request.block_begin = begin;
    request.block_end = end;
    request.parameters = slice(parameters);
    request.m = slice(m);
    request.v = slice(v);
    request.small_files = {{"orch/run.json", "{\"step\": 7}\n"}, {"orch/ledger.jsonl", "{}\n"}};
    return request;
  }
  model::Config config;
  model::Layout layout;
  model::AlignedBuffer parameters, m, v;
  std::uint64_t count = 0;
};

// Every rank a thread; all results.
std::vector<Result<Saved>> save_on(World& world, const std::string& directory, int ranks,
                                   bool background) {
  std::vector<Result<Saved>> results(static_cast<std::size_t>(ranks), internal("not run"));
  const std::string token = "checkpoint-test-" + random_hex(8);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      auto comm = parallel::open_shared_memory(token, rank, ranks, std::chrono::seconds(20));
      ASSERT_TRUE(comm.ok()) << comm.error().message;
      const std::int64_t blocks = world.layout.blocks();
      const SaveRequest request =
          world.request(directory, blocks * rank / ranks, blocks * (rank + 1) / ranks);
      auto& result = results[static_cast<std::size_t>(rank)];
      if (background) {
        BackgroundSaver saver(**comm);
        saver.start(request);
        result = *saver.wait();
        EXPECT_FALSE(saver.busy());
        EXPECT_FALSE(saver.poll().has_value());
      } else {
        result = save(request, **comm);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
}

std::string save_one(World& world, const std::string& directory) {
  const auto comm = parallel::open_single();
  const auto saved = save(world.request(directory, 0, world.layout.blocks()), *comm);
  EXPECT_TRUE(saved.ok()) << saved.error().message;
  return saved->digest;
}

bool same(const model::AlignedBuffer& a, const model::AlignedBuffer& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

class Checkpoint : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return join_path(folder_.path(), name); }
  TemporaryDirectory folder_;
};

TEST_F(Checkpoint, LoadGivesBackWhatWasSaved) {
  for (const bool tied : {true, false}) {
    World world(make_config(tied));
    const std::string directory = path(tied ? "tied" : "untied");
    const std::string digest = save_one(world, directory);
    const auto loaded = load_model(directory);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(loaded->config, world.config);
    EXPECT_EQ(loaded->digest, digest);
    EXPECT_TRUE(same(loaded->parameters, world.parameters));
    model::AlignedBuffer m(world.layout.total), v(world.layout.total);
    ASSERT_TRUE(
        load_optimizer(directory, world.layout, 0, world.layout.blocks(), m.span(), v.span()).ok());
    EXPECT_TRUE(same(m, world.m));
    EXPECT_TRUE(same(v, world.v));
    EXPECT_EQ(load_text(directory, "orch/run.json").value(), "{\"step\": 7}\n");
    EXPECT_TRUE(storage::verify_directory(directory).ok());
  }
}

TEST_F(Checkpoint, BytesAndDigestDoNotDependOnTheRankCount) {
  World world;
  const std::string expected = save_one(world, path("one"));
  for (const int ranks : {1, 2, 3, 4, 7}) {
    const std::string directory = path("ranks" + std::to_string(ranks));
    for (const auto& result : save_on(world, directory, ranks, ranks % 2 == 1)) {
      ASSERT_TRUE(result.ok()) << result.error().message;
      EXPECT_EQ(result->digest, expected);
    }
    EXPECT_TRUE(storage::verify_directory(directory).ok());
    // Any rank count reads it.
    const std::int64_t blocks = world.layout.blocks(), begin = blocks / 3, end = blocks / 3 * 2;
    model::AlignedBuffer m((end - begin) * model::kBlock), v(m.size());
    ASSERT_TRUE(load_optimizer(directory, world.layout, begin, end, m.span(), v.span()).ok());
    EXPECT_EQ(0, std::memcmp(m.data(), world.m.data() + begin * model::kBlock,
                             static_cast<std::size_t>(m.size()) * sizeof(float)));
  }
}

TEST_F(Checkpoint, BackgroundSaverKeepsWhatWasAtTheStart) {
  World world;
  const auto comm = parallel::open_single();
  BackgroundSaver saver(*comm);
  EXPECT_FALSE(saver.wait().has_value());
  saver.start(world.request(path("a"), 0, world.layout.blocks()));
  const float kept = world.parameters.data()[5];
  std::fill(world.parameters.span().begin(), world.parameters.span().end(), 0.0F);
  saver.start(world.request(path("b"), 0, world.layout.blocks()));  // waits for the first
  ASSERT_TRUE(saver.wait()->ok());
  EXPECT_EQ(load_model(path("a"))->parameters.data()[5], kept);
  EXPECT_EQ(load_model(path("b"))->parameters.data()[5], 0.0F);
}

TEST_F(Checkpoint, FailureOnRankZeroIsEveryRanks) {
  World world;
  ASSERT_TRUE(write_file_atomic(path("file"), "in the way").ok());
  for (const auto& result : save_on(world, path("file/below"), 3, false)) EXPECT_FALSE(result.ok());
}

TEST_F(Checkpoint, ReplacesUnfinishedAndKeepsFinishedDirectories) {
  World world;
  ASSERT_TRUE(make_directories(path("c/orch")).ok());
  ASSERT_TRUE(write_file_atomic(path("c/model.safetensors"), "half").ok());
  EXPECT_EQ(load_model(path("c")).error().code, Code::kCorrupt);
  save_one(world, path("c"));
  const auto comm = parallel::open_single();
  EXPECT_EQ(save(world.request(path("c"), 0, world.layout.blocks()), *comm).error().code,
            Code::kConflict);
}

TEST_F(Checkpoint, EveryDamagedFileIsNamed) {
  World world;
  save_one(world, path("good"));
  const auto files = list_files_recursive(path("good")).value();
  ASSERT_EQ(files.size(), 7U);
  SeededRandom random(5);
  for (const std::string& file : files) {
    for (const char* damage : {"flip", "truncate", "remove"}) {
      SCOPED_TRACE(file + " " + damage);
      std::ignore = remove_tree(path("bad"));
      std::filesystem::copy(path("good"), path("bad"), std::filesystem::copy_options::recursive);
      std::string bytes = read_file(path("bad/" + file)).value();
      if (damage[0] == 'f') bytes[random.below(bytes.size())] ^= 4;
      if (damage[0] == 't') bytes.resize(bytes.size() / 2);
      std::filesystem::remove(path("bad/" + file));
      if (damage[0] != 'r') {
        ASSERT_TRUE(write_file_atomic(path("bad/" + file), bytes).ok());
      }
      const auto verified = storage::verify_directory(path("bad"));
      ASSERT_FALSE(verified.ok());
      EXPECT_NE(verified.error().message.find(path("bad/" + file)), std::string::npos)
          << verified.error().message;
      if (file == "model.safetensors" || file == "config.json") {
        EXPECT_FALSE(load_model(path("bad")).ok());
      }
      if (file == "orch/optimizer.safetensors") {
        model::AlignedBuffer m(world.layout.total), v(world.layout.total);
        EXPECT_FALSE(
            load_optimizer(path("bad"), world.layout, 0, world.layout.blocks(), m.span(), v.span())
                .ok());
      }
    }
  }
}

TEST_F(Checkpoint, AFileTooManyIsRefusedByVerify) {
  World world;
  save_one(world, path("c"));
  ASSERT_TRUE(write_file_atomic(path("c/extra.bin"), "x").ok());
  EXPECT_NE(storage::verify_directory(path("c")).error().message.find("extra.bin is not listed"),
            std::string::npos);
}

class PlainDirectory : public Checkpoint {
 protected:
  // A model directory as others write it, without orch/.
  void write(const std::string& directory, const std::vector<FloatTensor>& tensors) {
    ASSERT_TRUE(make_directories(directory).ok());
    ASSERT_TRUE(
        write_file_atomic(directory + "/config.json", model::config_json(world_.config)).ok());
    ASSERT_TRUE(
        write_safetensors(directory + "/model.safetensors", tensors, {{"format", "pt"}}).ok());
  }
  std::vector<FloatTensor> tensors() {
    std::vector<FloatTensor> all;
    for (const model::Parameter& p : world_.layout.parameters) {
      all.push_back({p.name, p.shape,
                     world_.parameters.span().subspan(static_cast<std::size_t>(p.offset),
                                                      static_cast<std::size_t>(p.size))});
    }
    return all;
  }
  std::string error_of(const std::vector<FloatTensor>& tensors) {
    std::ignore = remove_tree(path("p"));
    write(path("p"), tensors);
    const auto loaded = load_model(path("p"));
    return loaded.ok() ? "accepted" : loaded.error().message;
  }
  World world_;
};

TEST_F(PlainDirectory, LoadsOneFileAndShards) {
  const auto all = tensors();
  EXPECT_EQ(error_of(all), "accepted");
  EXPECT_EQ(load_model(path("p"))->digest, "");
  const std::string directory = path("shards");
  ASSERT_TRUE(make_directories(directory).ok());
  ASSERT_TRUE(
      write_file_atomic(directory + "/config.json", model::config_json(world_.config)).ok());
  std::string map;
  for (std::size_t i = 0; i < all.size(); ++i) {
    map += (i == 0 ? "\"" : ",\"") + all[i].name + "\":\"" + (i < 5 ? "a" : "b") + ".safetensors\"";
  }
  ASSERT_TRUE(write_safetensors(directory + "/a.safetensors", std::span(all).first(5), {}).ok());
  ASSERT_TRUE(write_safetensors(directory + "/b.safetensors", std::span(all).subspan(5), {}).ok());
  ASSERT_TRUE(write_file_atomic(directory + "/model.safetensors.index.json",
                                "{\"weight_map\":{" + map + "}}")
                  .ok());
  const auto loaded = load_model(directory);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_TRUE(same(loaded->parameters, world_.parameters));
  ASSERT_TRUE(write_file_atomic(directory + "/model.safetensors.index.json",
                                R"({"weight_map":{"x":"../../etc/passwd"}})")
                  .ok());
  EXPECT_EQ(load_model(directory).error().code, Code::kCorrupt);
}

TEST_F(PlainDirectory, NamesMissingExtraAndMisshapedTensors) {
  auto all = tensors();
  const FloatTensor last = all.back();
  all.pop_back();
  EXPECT_NE(error_of(all).find("tensor 'model.norm.weight' is missing"), std::string::npos);
  all.push_back({"model.norm.weight", {2, 32}, last.values});
  EXPECT_NE(
      error_of(all).find("'model.norm.weight' has shape [2, 32], its configuration asks for [64]"),
      std::string::npos);
  all.back() = last;
  all.push_back({"model.other.weight", {64}, last.values});
  EXPECT_NE(error_of(all).find("'model.other.weight' does not belong"), std::string::npos);
  all.back().name = "lm_head.weight";  // tied: follows from the embedding
  EXPECT_EQ(error_of(all), "accepted");
}

TEST_F(PlainDirectory, AConfigurationTooLargeForItsFilesTakesNoMemory) {
  world_.config.vocab_size = 1 << 24;
  world_.config.hidden_size = 1 << 16;
  EXPECT_NE(error_of(tensors()).find("its configuration asks for"), std::string::npos);
}

// Models and logits recorded from transformers (data/SOURCE.md).
class Recorded : public testing::TestWithParam<const char*> {};

TEST_P(Recorded, LogitsAreThoseOfTransformers) {
  const std::string from =
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/checkpoint/data/" + GetParam();
  const TemporaryDirectory folder;
  const std::string out = join_path(folder.path(), "logits.safetensors");
  const auto written = write_logits(from, from + "/ids.json", out);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto expected = SafetensorsFile::open(from + "/expected.safetensors");
  const auto got = SafetensorsFile::open(out);
  ASSERT_TRUE(expected.ok() && got.ok());
  const TensorInfo& tensor = expected->tensors().at(0);
  ASSERT_EQ(got->find("logits.0")->shape, tensor.shape);
  std::vector<float> a(static_cast<std::size_t>(tensor.elements())), b(a.size());
  ASSERT_TRUE(expected->read_floats(tensor, a).ok());
  ASSERT_TRUE(got->read_floats(*got->find("logits.0"), b).ok());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-4F) << i;
}

INSTANTIATE_TEST_SUITE_P(Versions, Recorded,
                         testing::Values("transformers-4.57.6-0", "transformers-4.57.6-1",
                                         "transformers-5.23.0-0", "transformers-5.23.0-1"));

TEST(Logits, RefusesWrongIdsWithTheirPlace) {
  const TemporaryDirectory folder;
  const std::string ids = join_path(folder.path(), "ids.json"),
                    out = join_path(folder.path(), "out");
  const std::string model =
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/checkpoint/data/transformers-5.23.0-0";
  for (const char* bad :
       {"", "{}", "[]", "[3]", "[[1],[\"a\"]]", "[[-1]]", "[[1.5]]", "[[48]]", "[[]]"}) {
    ASSERT_TRUE(write_file_atomic(ids, bad).ok());
    const auto result = write_logits(model, ids, out);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error().message.find(ids), 0U) << result.error().message;
    EXPECT_FALSE(file_exists(out));
  }
  ASSERT_TRUE(write_file_atomic(ids, "[[1]]").ok());
  EXPECT_EQ(write_logits(folder.path(), ids, out).error().code, Code::kNotFound);
}

TEST(ChainedSha256, IsSha256WhereverItIsCut) {
  std::string text(1000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  for (const std::size_t cut : {0, 1, 63, 64, 65, 500, 1000}) {
    ChainedSha256 first, second;
    first.update(text.data(), cut);
    second.set_state(first.state());
    second.update(text.data() + cut, text.size() - cut);
    EXPECT_EQ(second.hex(), sha256_hex(text)) << cut;
  }
}

}  // namespace
}  // namespace orch::checkpoint
