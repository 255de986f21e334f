#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace orch {

const char* code_name(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not_found";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kDenied:
      return "denied";
    case Code::kConflict:
      return "conflict";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kInternal:
      return "internal";
  }
  return "unknown";
}

Error system_error(const std::string& what, int error_number) {
  const std::string message = what + ": " + std::strerror(error_number);
  switch (error_number) {
    case ENOENT:
      return not_found(message);
    case EACCES:
    case EPERM:
      return denied(message);
    case ENOSPC:
    case EDQUOT:
    case EAGAIN:
    case ECONNREFUSED:
      return unavailable(message);
    default:
      return internal(message);
  }
}

}  // namespace orch
