#include "orchctl/session.h"

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "protocol/client.h"
#include "protocol/error_text.h"

namespace orch::orchctl {
namespace {

using Json = nlohmann::ordered_json;

volatile std::sig_atomic_t interrupt_seen = 0;

void on_interrupt(int) { interrupt_seen = 1; }

}  // namespace

bool interrupted() { return interrupt_seen != 0; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int fail(const Options& options, const Error& error) {
  if (options.output == Output::kJson) {
    const Json record = {
        {"error",
         {{"code", code_name(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
    std::fprintf(stderr, "%s\n",
                 record.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    std::fputs(protocol::error_text(error).c_str(), stderr);
  }
  return protocol::exit_code(error.code);
}

Session::Session(const Options& options) : options_(options) {}
Session::~Session() = default;

Result<protocol::ClientReply> Session::call(const protocol::ClientRequest& request) {
  if (client_ == nullptr) {
    auto client = protocol::Client::connect(options_.home, options_.coordinator, options_.timeout);
    if (!client.ok()) return client.error();
    client_ = std::make_unique<protocol::Client>(std::move(*client));
  }
  return client_->call(request, options_.timeout);
}

}  // namespace orch::orchctl
