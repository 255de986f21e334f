#include "protocol/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "protocol/error_text.h"

namespace orch::protocol {
namespace {

constexpr std::size_t kKeyTextBytes = 40;
constexpr std::size_t kKeyRawBytes = 32;
constexpr std::size_t kKeyFileBytesMax = 64 << 10;
constexpr const char* kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

using KeyText = std::array<char, kKeyTextBytes + 1>;

std::string keys_directory(const std::string& home) { return join_path(home, "keys"); }
std::string authorized_directory(const std::string& home) {
  return join_path(keys_directory(home), "authorized");
}
std::string key_path(const std::string& home, const std::string& name, const char* half) {
  return join_path(keys_directory(home), name + "." + half);
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<std::string> public_of(const std::string& secret_key) {
  KeyText public_key{};
  if (zmq_curve_public(public_key.data(), secret_key.c_str()) != 0)
    return corrupt(std::string("zmq_curve_public: ") + zmq_strerror(zmq_errno()));
  return std::string(public_key.data());
}

Result<std::string> read_key(const std::string& path) {
  auto text = read_file(path, kKeyFileBytesMax);
  if (!text.ok() && text.error().code == Code::kNotFound)
    return not_found("no key at " + path, "orchctl up");
  ORCH_TRY(text);
  const std::string key = trimmed(*text);
  if (!is_z85_key(key)) return corrupt("not a key of 40 Z85 characters, " + path);
  return key;
}

Result<void> make_private_directory(const std::string& path) {
  ORCH_TRY(make_directories(path));
  if (chmod(path.c_str(), 0700) != 0) return system_error("chmod " + path, errno);
  return {};
}

/// Writes a file that must not exist yet, whole or not at all. False: it exists.
Result<bool> create_secret(const std::string& path, const std::string& text) {
  const std::string temporary = path + "." + random_hex(8);
  ORCH_TRY(write_file_atomic(temporary, text, 0600));
  const int linked = link(temporary.c_str(), path.c_str());
  const int number = errno;
  unlink(temporary.c_str());
  if (linked != 0 && number == EEXIST) return false;
  if (linked != 0) return system_error("link " + path, number);
  return true;
}

Result<void> ensure_key(const std::string& home, const std::string& name) {
  const std::string secret_path = key_path(home, name, "secret");
  if (!file_exists(secret_path)) {
    ORCH_ASSIGN(const KeyPair keys, make_key_pair());
    ORCH_TRY(create_secret(secret_path, keys.secret_key + "\n"));  // another may have won: fine
  }
  ORCH_ASSIGN(const std::string secret, read_key(secret_path));
  ORCH_ASSIGN(const std::string expected, public_of(secret));
  const auto present = read_key(key_path(home, name, "public"));
  if (present.ok() && *present == expected) return {};
  return write_file_atomic(key_path(home, name, "public"), expected + "\n", 0600);
}

Result<void> ensure_authorized(const std::string& home, const std::string& name, Role role) {
  if (file_exists(join_path(authorized_directory(home), name + ".public"))) return {};
  ORCH_ASSIGN(const std::string key, read_public_key(home, name));
  return authorize_key(home, {name, role, key});
}

Result<void> read_authorized_file(const std::string& path, const std::string& name,
                                  std::vector<AuthorizedKey>& out) {
  ORCH_ASSIGN(const std::string text, read_file(path, kKeyFileBytesMax));
  std::size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.find(' ');
    const auto role = role_from_name(line.substr(0, space));
    const std::string key = space == std::string::npos ? "" : trimmed(line.substr(space));
    if (!role || !is_z85_key(key))
      return corrupt(
          "expected \"ROLE KEY\" (admin, submitter, worker or viewer, 40 Z85 characters), " + path +
          ":" + std::to_string(number));
    out.push_back({name, *role, key});
  }
  return {};
}

}  // namespace

const char* role_name(Role role) {
  switch (role) {
    case Role::kAdmin:
      return "admin";
    case Role::kSubmitter:
      return "submitter";
    case Role::kWorker:
      return "worker";
    case Role::kViewer:
      return "viewer";
  }
  return "unknown";
}

std::optional<Role> role_from_name(std::string_view name) {
  for (const Role role : {Role::kAdmin, Role::kSubmitter, Role::kWorker, Role::kViewer})
    if (name == role_name(role)) return role;
  return std::nullopt;
}

Result<KeyPair> make_key_pair() {
  KeyText public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return internal(std::string("zmq_curve_keypair: ") + zmq_strerror(zmq_errno()));
  return KeyPair{public_key.data(), secret_key.data()};
}

Result<std::string> read_public_key(const std::string& home, const std::string& name) {
  return read_key(key_path(home, name, "public"));
}

Result<KeyPair> read_key_pair(const std::string& home, const std::string& name) {
  const std::string path = key_path(home, name, "secret");
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return denied("others may read the secret key " + path, "chmod 600 " + path);
  ORCH_ASSIGN(std::string secret_key, read_key(path));
  ORCH_ASSIGN(std::string public_key, public_of(secret_key));
  return KeyPair{std::move(public_key), std::move(secret_key)};
}

Result<void> write_key_pair(const std::string& home, const std::string& name, const KeyPair& keys) {
  if (!is_valid_name(name)) return invalid("\"" + name + "\" is not a name for a key");
  ORCH_TRY(make_private_directory(keys_directory(home)));
  const std::string path = key_path(home, name, "secret");
  ORCH_ASSIGN(const bool is_new, create_secret(path, keys.secret_key + "\n"));
  if (!is_new) return conflict("there is a key already, " + path);
  return write_file_atomic(key_path(home, name, "public"), keys.public_key + "\n", 0600);
}

Result<void> ensure_keys(const std::string& home) {
  ORCH_TRY(make_private_directory(keys_directory(home)));
  ORCH_TRY(make_private_directory(authorized_directory(home)));
  for (const char* name : {"coordinator", "admin", "worker"}) ORCH_TRY(ensure_key(home, name));
  ORCH_TRY(ensure_authorized(home, "admin", Role::kAdmin));
  return ensure_authorized(home, "worker", Role::kWorker);
}

Result<void> authorize_key(const std::string& home, const AuthorizedKey& key) {
  if (!is_valid_name(key.name)) return invalid("\"" + key.name + "\" is not a name for a key");
  if (!is_z85_key(key.public_key)) return invalid("not a public key of 40 Z85 characters");
  ORCH_TRY(make_private_directory(authorized_directory(home)));
  return write_file_atomic(join_path(authorized_directory(home), key.name + ".public"),
                           std::string(role_name(key.role)) + " " + key.public_key + "\n", 0600);
}

Result<std::vector<AuthorizedKey>> read_authorized_keys(const std::string& home) {
  constexpr std::string_view kSuffix = ".public";
  ORCH_ASSIGN(const std::vector<std::string> files, list_directory(authorized_directory(home)));
  std::vector<AuthorizedKey> out;
  for (const auto& file : files) {
    if (!file.ends_with(kSuffix)) continue;
    const std::string name = file.substr(0, file.size() - kSuffix.size());
    ORCH_TRY(read_authorized_file(join_path(authorized_directory(home), file), name, out));
  }
  return out;
}

std::string z85_encode_key(std::string_view raw_32_bytes) {
  ORCH_CHECK(raw_32_bytes.size() == kKeyRawBytes, "a key of %zu bytes", raw_32_bytes.size());
  KeyText text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(raw_32_bytes.data()),
                 kKeyRawBytes);
  return text.data();
}

bool is_z85_key(std::string_view text) {
  return text.size() == kKeyTextBytes &&
         text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace orch::protocol
