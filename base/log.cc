#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace orch {

void log_open(const std::string& program, LogLevel threshold) {
  auto logger =
      std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %n: %v");
  logger->set_level(static_cast<spdlog::level::level_enum>(static_cast<int>(threshold) + 1));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view message) {
  spdlog::default_logger_raw()->log(
      static_cast<spdlog::level::level_enum>(static_cast<int>(level) + 1), "{}", message);
}

}  // namespace orch
