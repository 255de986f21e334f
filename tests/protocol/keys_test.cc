#include "protocol/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/file.h"

namespace orch::protocol {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(Keys, FirstStartMakesThemPrivate) {
  const TemporaryDirectory home("orch-keys");
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  EXPECT_EQ(mode_of(home.path() + "/keys"), 0700u);
  for (const char* name : {"coordinator", "admin", "worker"}) {
    EXPECT_EQ(mode_of(home.path() + "/keys/" + name + ".secret"), 0600u);
    EXPECT_EQ(mode_of(home.path() + "/keys/" + name + ".public"), 0600u);
    const auto pair = read_key_pair(home.path(), name);
    ASSERT_TRUE(pair.ok()) << pair.error().message;
    EXPECT_EQ(pair->public_key, *read_public_key(home.path(), name));
  }
  const auto authorized = read_authorized_keys(home.path());
  ASSERT_TRUE(authorized.ok());
  ASSERT_EQ(authorized->size(), 2u);
  EXPECT_EQ((*authorized)[0].name, "admin");
  EXPECT_EQ((*authorized)[0].role, Role::kAdmin);
  EXPECT_EQ((*authorized)[1].role, Role::kWorker);
}

TEST(Keys, SecondStartKeepsThemAndRepairsThePublicHalf) {
  const TemporaryDirectory home("orch-keys");
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  const std::string before = *read_public_key(home.path(), "admin");
  ASSERT_TRUE(write_file_atomic(home.path() + "/keys/admin.public", "broken\n").ok());
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  EXPECT_EQ(*read_public_key(home.path(), "admin"), before);
}

TEST(Keys, ConcurrentFirstStartsAgree) {
  const TemporaryDirectory home("orch-keys");
  std::vector<std::thread> starts;
  for (int i = 0; i < 8; ++i)
    starts.emplace_back([&] { EXPECT_TRUE(ensure_keys(home.path()).ok()); });
  for (auto& start : starts) start.join();
  for (const char* name : {"coordinator", "admin", "worker"})
    EXPECT_EQ(read_key_pair(home.path(), name)->public_key, *read_public_key(home.path(), name));
  const auto authorized = *read_authorized_keys(home.path());
  for (const auto& key : authorized)
    EXPECT_EQ(key.public_key, *read_public_key(home.path(), key.name));
}

TEST(Keys, RefusesASecretThatOthersMayRead) {
  const TemporaryDirectory home("orch-keys");
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  ASSERT_EQ(chmod((home.path() + "/keys/admin.secret").c_str(), 0644), 0);
  const auto pair = read_key_pair(home.path(), "admin");
  ASSERT_FALSE(pair.ok());
  EXPECT_EQ(pair.error().code, Code::kDenied);
}

TEST(Keys, MissingAndBrokenOnesAreErrors) {
  const TemporaryDirectory home("orch-keys");
  EXPECT_EQ(read_key_pair(home.path(), "admin").error().code, Code::kNotFound);
  ASSERT_TRUE(ensure_keys(home.path()).ok());
  ASSERT_TRUE(write_file_atomic(home.path() + "/keys/admin.secret", "short\n", 0600).ok());
  EXPECT_EQ(read_key_pair(home.path(), "admin").error().code, Code::kCorrupt);
  ASSERT_TRUE(
      write_file_atomic(home.path() + "/keys/authorized/x.public", "# note\nking abc\n", 0600)
          .ok());
  const auto authorized = read_authorized_keys(home.path());
  ASSERT_FALSE(authorized.ok());
  EXPECT_NE(authorized.error().message.find("x.public:2"), std::string::npos);
}

TEST(Keys, AuthorizesByRole) {
  const TemporaryDirectory home("orch-keys");
  const KeyPair pair = *make_key_pair();
  ASSERT_TRUE(authorize_key(home.path(), {"laptop", Role::kViewer, pair.public_key}).ok());
  ASSERT_TRUE(authorize_key(home.path(), {"laptop", Role::kSubmitter, pair.public_key}).ok());
  const auto keys = *read_authorized_keys(home.path());
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].role, Role::kSubmitter);
  EXPECT_FALSE(authorize_key(home.path(), {"../x", Role::kViewer, pair.public_key}).ok());
  EXPECT_FALSE(authorize_key(home.path(), {"x", Role::kViewer, "short"}).ok());
  ASSERT_TRUE(write_key_pair(home.path(), "laptop", pair).ok());
  EXPECT_EQ(write_key_pair(home.path(), "laptop", pair).error().code, Code::kConflict);
  EXPECT_EQ(read_key_pair(home.path(), "laptop")->public_key, pair.public_key);
}

}  // namespace
}  // namespace orch::protocol
