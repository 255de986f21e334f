#pragma once
// YAML text → JobSpec. All errors of a file at once, each with file, line and column, what was
// expected, and the nearest valid name. The keys, types and ranges stand in one table
// (spec_table.h), from which the JSON Schema is made too. Pure functions; any thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/spec.h"

namespace orch::protocol {

/// One thing wrong with a spec.
struct SpecError {
  std::string file;
  int line = 0;      ///< from 1; 0: the whole file
  int column = 0;    ///< from 1
  std::string what;  ///< what was found and what was expected
  std::string hint;  ///< what to write instead, may be empty
  /// "what, file:line:column" with code kInvalid.
  Error error() const;
};

/// Either a spec or at least one error, in the order of the file.
struct SpecResult {
  std::optional<JobSpec> spec;
  std::vector<SpecError> errors;
  bool ok() const { return spec.has_value(); }
  /// All errors as one: a line each (error_text() prints them one by one). Bug if ok().
  Error error() const;
};

/// Parses and checks a job spec. `file` is only for messages; `set` are the values of `--set
/// key=value`. Never throws and never crashes, whatever the bytes. Errors: at most kSpecErrorsMax,
/// then one that says so.
SpecResult parse_spec(std::string_view yaml, const std::string& file,
                      const std::map<std::string, std::string>& set = {});

/// The JSON Schema (draft-07) of job spec version 1, with descriptions; ends with a newline.
std::string spec_json_schema();

/// "a=1" → {"a", "1"}. Errors: kInvalid without "=" or with a bad name.
Result<std::pair<std::string, std::string>> parse_set_option(const std::string& text);

/// "@task", "@task/output", "sha:DIGEST", "name:tag" or a path. Errors: kInvalid.
Result<Reference> parse_reference(const std::string& text);

/// Each reference of a task with the place where it stands ("pretrain.data"), in a fixed order.
std::vector<std::pair<std::string, Reference>> references_of(const TaskSpec& task);

}  // namespace orch::protocol
