#pragma once
// The one description of the job spec: keys, types, ranges, texts. The parser's checks
// (spec_check.cc) and the JSON Schema (spec_schema.cc) are both made from it, so they cannot
// diverge. Internal to the spec parser. Immutable; any thread.

#include <cstddef>
#include <string>
#include <vector>

namespace orch::protocol {

struct SpecField;

/// What a value may be.
struct SpecShape {
  enum class Kind : unsigned char {
    kText,     ///< any scalar, taken as written
    kString,   ///< a scalar that is not a number or boolean unless quoted
    kName,     ///< [a-z0-9][a-z0-9._-]*, not all digits
    kInteger,  ///< low..high
    kNumber,   ///< low..high; above_low: low itself is excluded
    kBoolean,
    kDuration,        ///< "30s"
    kSize,            ///< "512MiB"
    kReference,       ///< "@task/output", "sha:…", "name:tag" or a path
    kChoice,          ///< one of `choices`
    kRecord,          ///< a map with the keys `fields`
    kDictionary,      ///< a map from names to parts[0]
    kList,            ///< a list of parts[0]
    kScalarOrRecord,  ///< parts[0] if it is no map, else parts[1]
  };
  Kind kind = Kind::kText;
  double low = 0;
  double high = 0;
  bool above_low = false;
  bool free_keys = false;  ///< kDictionary: keys may be any text (environment variables)
  std::size_t items_min = 0;
  std::size_t items_max = 0;
  std::vector<std::string> choices;
  std::vector<SpecField> fields;
  std::vector<SpecShape> parts;
};

struct SpecField {
  std::string key;
  std::string doc;
  SpecShape shape;
  bool required = false;
  bool block = false;  ///< exactly one of the fields of a record that have this must be there
};

/// The whole job spec, built once.
const SpecShape& job_shape();

}  // namespace orch::protocol
