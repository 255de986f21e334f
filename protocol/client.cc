#include "protocol/client.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/transport_zmq.h"

namespace orch::protocol {
namespace {

constexpr Duration kRepeatEvery = std::chrono::seconds(1);
constexpr Duration kLookEvery = std::chrono::milliseconds(20);  // while not connected yet

std::string address_path(const std::string& home) {
  return join_path(home, "run/coordinator.json");
}

/// Whether sending it twice does what sending it once does.
bool is_repeatable(const ClientRequest& request) {
  if (const auto* submit = std::get_if<Submit>(&request))
    return submit->dry_run || !submit->request_id.empty();
  return !std::holds_alternative<Control>(request) &&
         !std::holds_alternative<ImportArtifact>(request);
}

}  // namespace

Result<CoordinatorAddress> read_coordinator_address(const std::string& home) {
  const std::string path = address_path(home);
  const auto text = read_file(path, limits::kTextBytesMax);
  if (!text.ok() && text.error().code == Code::kNotFound)
    return unavailable("no coordinator has run in " + home, "orchctl up --detach");
  ORCH_TRY(text);
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  CoordinatorAddress out;
  if (json.is_object() && json.contains("address") && json["address"].is_string())
    out.address = json["address"].get<std::string>();
  if (json.is_object() && json.contains("pid") && json["pid"].is_number_integer())
    out.pid = json["pid"].get<std::int64_t>();
  if (out.address.empty()) return corrupt("no address in " + path, "orchctl up --detach");
  return out;
}

Result<void> write_coordinator_address(const std::string& home, const CoordinatorAddress& address) {
  ORCH_TRY(make_directories(join_path(home, "run")));
  const nlohmann::json json = {{"address", address.address}, {"pid", address.pid}};
  return write_file_atomic(address_path(home), json.dump() + "\n", 0600);
}

Client::Client(std::unique_ptr<ZmqClient> transport, std::string address)
    : transport_(std::move(transport)), address_(std::move(address)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const std::string& home, const std::string& address,
                               Duration timeout, const std::string& key_name) {
  std::string where = address;
  if (where.empty()) {
    ORCH_ASSIGN(const CoordinatorAddress local, read_coordinator_address(home));
    where = local.address;
  }
  ORCH_ASSIGN(const KeyPair keys, read_key_pair(home, key_name));
  ORCH_ASSIGN(const std::string server_key, read_public_key(home, "coordinator"));
  ORCH_ASSIGN(std::unique_ptr<ZmqClient> transport, ZmqClient::open(where, keys, server_key));
  Client client(std::move(transport), where);
  ORCH_ASSIGN(const ClientReply reply, client.call(Hello{}, timeout));
  const auto* hello = std::get_if<HelloReply>(&reply);
  if (hello == nullptr) return corrupt("the coordinator at " + where + " did not say hello");
  if (hello->version != kProtocolVersion)
    return conflict("the coordinator at " + where + " speaks protocol version " +
                        std::to_string(hello->version) + ", this program " +
                        std::to_string(kProtocolVersion),
                    "orchctl version");
  client.hello_ = *hello;
  return client;
}

Result<ClientReply> Client::call(const ClientRequest& request, Duration timeout) {
  const SystemClock clock;
  const TimePoint end = clock.now() + timeout;
  const std::uint64_t number = next_number_++;
  const std::string bytes = encode(NumberedRequest{number, request});
  std::optional<Result<ClientReply>> answer;
  transport_->on_message([&](const std::string& reply_bytes) {
    auto reply = decode_client_reply(reply_bytes);
    if (!reply.ok()) {
      answer = reply.error();
    } else if (reply->number == number || reply->number == 0) {
      const auto* error = std::get_if<ErrorReply>(&reply->reply);
      answer =
          error != nullptr ? Result<ClientReply>(error->error) : Result<ClientReply>(reply->reply);
    }
  });
  std::optional<TimePoint> sent;
  while (!answer && clock.now() < end) {
    if (!sent || (is_repeatable(request) && clock.now() - *sent >= kRepeatEvery)) {
      const auto result = transport_->send(bytes);
      if (result.ok()) sent = clock.now();
      if (!result.ok() && result.error().code != Code::kUnavailable) {
        answer = result.error();
        break;
      }
    }
    poll_and_drain({transport_.get()},
                   std::min(end - clock.now(), sent ? kRepeatEvery : kLookEvery));
    if (!answer && !sent && !transport_->refused().empty())
      answer = denied(transport_->refused(), "ask an administrator to authorize your key");
  }
  transport_->on_message({});
  if (answer) return std::move(*answer);
  return unavailable("no answer from the coordinator at " + address_ + " in time",
                     "orchctl up --detach");
}

}  // namespace orch::protocol
