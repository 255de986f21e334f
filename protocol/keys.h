#pragma once
// CURVE keys and who may do what. HOME/keys/NAME.{public,secret} are key pairs (Z85 text, mode
// 0600); HOME/keys/authorized/NAME.public holds "ROLE KEY" lines: whom the coordinator admits.
// Thread: any.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::protocol {

/// What a key's owner may do. kAdmin: everything; kSubmitter: submit and read; kWorker: worker
/// messages only; kViewer: read.
enum class Role : unsigned char { kAdmin, kSubmitter, kWorker, kViewer };
/// "admin", "submitter", "worker", "viewer"
const char* role_name(Role role);
std::optional<Role> role_from_name(std::string_view name);

/// Z85, 40 characters each.
struct KeyPair {
  std::string public_key, secret_key;
};

struct AuthorizedKey {
  std::string name;  ///< of the file, without ".public"
  Role role = Role::kViewer;
  std::string public_key;
};

Result<KeyPair> make_key_pair();

/// HOME/keys/NAME.{public,secret}. Errors: kNotFound with what to do; kDenied if others may read
/// the secret; kCorrupt.
Result<KeyPair> read_key_pair(const std::string& home, const std::string& name);
/// Only the public half (clients need the coordinator's).
Result<std::string> read_public_key(const std::string& home, const std::string& name);
/// Writes both files, mode 0600, the folder 0700. Errors: kConflict if NAME exists.
Result<void> write_key_pair(const std::string& home, const std::string& name, const KeyPair& keys);

/// Makes what is missing of coordinator, admin and worker, and authorizes admin and worker.
/// Idempotent; existing keys stay. Safe when several processes start at once.
Result<void> ensure_keys(const std::string& home);

/// Adds HOME/keys/authorized/NAME.public. Replaces an older one of that name.
Result<void> authorize_key(const std::string& home, const AuthorizedKey& key);
/// Everything under HOME/keys/authorized, by name. Errors: kCorrupt with file and line.
Result<std::vector<AuthorizedKey>> read_authorized_keys(const std::string& home);

/// 32 bytes → 40 characters of Z85 (ZeroMQ RFC 32).
std::string z85_encode_key(std::string_view raw_32_bytes);
bool is_z85_key(std::string_view text);

}  // namespace orch::protocol
