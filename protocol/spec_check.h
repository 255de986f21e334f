#pragma once
// The steps of parse_spec() between the tree and the JobSpec: variables, the check against the
// table, building the structs, and the rules that no table can say. Internal to the spec parser.
// Pure; any thread.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "protocol/spec_table.h"
#include "protocol/spec_tree.h"

namespace orch::protocol {

/// Puts `vars` (overridden by `set`) in place of ${name} in all values below `root` but `vars`
/// itself, and returns them.
std::map<std::string, std::string> substitute_variables(
    SpecNode& root, const std::map<std::string, std::string>& set, SpecErrors& errors);

/// Types, ranges, unknown, missing and duplicate keys. `path`: "tasks.base" for messages; `place`:
/// where to point at when something is missing.
void check_shape(const SpecNode& node, const SpecShape& shape, const std::string& path,
                 const SpecNode& place, SpecErrors& errors);

/// Calls f(node, path) for each value that the table says is a reference and that is a scalar.
void for_each_reference(const SpecNode& node, const SpecShape& shape, const std::string& path,
                        const std::function<void(const SpecNode&, const std::string&)>& f);

/// The shape of a key of a record, or null.
const SpecShape* field_shape(const SpecShape& record, std::string_view key);

/// Scalars as the table reads them. False if it is none.
bool read_integer(const SpecNode& node, std::int64_t& value);
bool read_number(const SpecNode& node, double& value);
bool read_boolean(const SpecNode& node, bool& value);

/// Takes from the tree what is valid and defaults for the rest; never fails.
JobSpec build_job(const SpecNode& root, std::map<std::string, std::string> vars);
/// One task without implied needs.
TaskSpec build_task(const std::string& name, const SpecNode& node);

/// Needs, references, cycles and what several keys must say together.
void check_rules(const SpecNode& root, const JobSpec& job, SpecErrors& errors);

}  // namespace orch::protocol
