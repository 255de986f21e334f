#pragma once
// What step() wants done: append the records, and once they (and all before them) are durable,
// send. The state already contains the records.

#include <string>
#include <vector>

#include "coordinator/event.h"
#include "coordinator/record.h"
#include "protocol/messages.h"

namespace orch::coordinator {

struct ToWorker {
  std::string worker, peer;
  protocol::CoordinatorMessage message;
};
struct ToClient {
  ClientKey client;
  protocol::ClientReply reply;
};

struct Effects {
  std::vector<Record> records;
  std::vector<ToWorker> to_workers;
  std::vector<ToClient> to_clients;
};

}  // namespace orch::coordinator
