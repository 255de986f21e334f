#include "tests/sim/sim_client.h"

#include "base/check.h"
#include "protocol/codec.h"

namespace orch::sim {

User::User(protocol::SimulatedNetwork& network, const SimulatedClock& clock, Random& random,
           int jobs)
    : network_(network), clock_(clock), random_(random) {
  transport_ = network_.connect("coordinator", "user", protocol::Role::kAdmin);
  transport_->on_message([this](const std::string& bytes) { hear(bytes); });
  for (int i = 0; i < jobs; ++i) wanted_["request-" + std::to_string(i)] = spec(i);
}

/// A diamond of tasks: commands and ranks that train, gangs of 1 to 4.
std::string User::spec(int number) {
  std::string text = "version: 1\nname: job-" + std::to_string(number) +
                     "\npriority: " + std::to_string(random_.below(3)) + "\ntasks:\n";
  const std::uint64_t tasks = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < tasks; ++i) {
    const std::uint64_t least = 1 + random_.below(3);
    const std::uint64_t most = least + random_.below(2);
    text += "  t" + std::to_string(i) + ":\n";
    text += "    ranks: {min: " + std::to_string(least) + ", max: " + std::to_string(most) + "}\n";
    text += "    retry: {limit: 20, on: [infrastructure, exit]}\n";
    if (random_.chance(0.2)) text += "    timeout: 20s\n";
    if (i > 0 && random_.chance(0.6)) {
      text += "    needs: [t" + std::to_string(random_.below(i)) + "]\n";
    }
    if (random_.chance(0.5)) {
      text += "    command: {argv: [\"/bin/true\"]}\n";
    } else {
      text += "    checkpoint: {from: /models/base, action: verify}\n";
    }
  }
  return text;
}

void User::send(protocol::ClientRequest request, const std::string& about) {
  asked_[++number_] = about;
  (void)transport_->send(protocol::encode(protocol::NumberedRequest{number_, std::move(request)}));
}

void User::run_due() {
  if (clock_.now() < next_at_) return;
  next_at_ = clock_.now() + std::chrono::milliseconds(200 + random_.below(1500));
  for (const auto& [id, text] : wanted_) {
    if (acknowledged_.count(id) != 0) continue;
    protocol::Submit submit;
    submit.spec = text;
    submit.file = "job.yaml";
    submit.request_id = id;
    send(submit, id);
    if (!calm_) return;  // one after the other
  }
  if (acknowledged_.empty()) return;
  auto some = acknowledged_.begin();
  std::advance(some, static_cast<std::ptrdiff_t>(random_.below(acknowledged_.size())));
  const std::string job = std::to_string(some->second.value);
  using Verb = protocol::ControlVerb;
  if (calm_) {
    for (const auto& [id, number] : acknowledged_) {
      send(protocol::Control{Verb::kResume, std::to_string(number.value)}, "");
    }
  } else if (random_.chance(0.2)) {
    send(protocol::Control{Verb::kPause, job}, "");
  } else if (random_.chance(0.4)) {
    send(protocol::Control{Verb::kResume, job}, "");
  } else if (random_.chance(0.05)) {
    send(protocol::Control{Verb::kCancel, job}, "");
  } else if (random_.chance(0.2)) {
    send(protocol::Control{Verb::kRetry, job}, "");
  } else {
    send(protocol::Explain{job}, "");
    send(protocol::List{protocol::ListKind::kTasks, job}, "");
  }
}

void User::hear(const std::string& bytes) {
  const auto reply = protocol::decode_client_reply(bytes);
  ORCH_CHECK(reply.ok(), "%s", reply.error().message.c_str());
  const auto asked = asked_.find(reply->number);
  ORCH_CHECK(asked != asked_.end(), "an answer to a question that was never asked");
  const auto* submitted = std::get_if<protocol::SubmitReply>(&reply->reply);
  if (!submitted) {
    const auto* refused = std::get_if<protocol::ErrorReply>(&reply->reply);
    ORCH_CHECK(!refused || asked->second.empty(), "a submission was refused: %s",
               refused->error.message.c_str());
    return;
  }
  const auto [known, fresh] = acknowledged_.emplace(asked->second, submitted->job);
  ORCH_CHECK(fresh || known->second == submitted->job, "one request became two jobs");
}

}  // namespace orch::sim
