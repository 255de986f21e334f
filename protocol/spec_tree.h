#pragma once
// YAML text as a tree of values that know where they stand. Bounded: depth, nodes and bytes;
// anchors, aliases and tags are refused (so no alias bombs). yaml-cpp stays behind spec_tree.cc.
// Internal to the spec parser. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/spec_parse.h"

namespace orch::protocol {

struct SpecNode {
  enum class Kind : unsigned char { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 1;
  int column = 1;
  std::string text;             ///< kScalar
  bool quoted = false;          ///< kScalar: written with quotes or as a block, so never a number
  bool substituted = false;     ///< kScalar: a ${variable} was put in, so it may be any scalar type
  std::vector<SpecNode> keys;   ///< kMap: scalars, as long as items
  std::vector<SpecNode> items;  ///< kList, kMap
  /// The value of a key of a map (the first, should there be two), or null.
  const SpecNode* find(std::string_view key) const;
};

/// Collects errors of one file.
class SpecErrors {
 public:
  explicit SpecErrors(std::string file) : file_(std::move(file)) {}
  void add(const SpecNode& at, std::string what, std::string hint = {});
  /// About the file as a whole, or (with `where`) about something that is not in it.
  void add_whole(std::string what, std::string hint = {}, std::string where = {});
  void add_at(int line, int column, std::string what, std::string hint = {});
  bool empty() const { return errors_.empty(); }
  /// nearest_name() for a message, but none once enough errors are found: a hostile spec must not
  /// buy much work.
  std::optional<std::string> nearest(std::string_view wrong,
                                     const std::vector<std::string>& valid) const;
  std::size_t size() const { return errors_.size(); }
  /// By line and column; at most kSpecErrorsMax, then one that tells how many are left out.
  std::vector<SpecError> sorted() &&;

 private:
  std::string file_;
  std::vector<SpecError> errors_;
};

/// Errors go to `errors`; what was understood before them is returned (a null node at worst).
SpecNode read_spec_tree(std::string_view yaml, SpecErrors& errors);

}  // namespace orch::protocol
