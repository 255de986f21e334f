#include "protocol/spec_check.h"

#include <charconv>
#include <cmath>
#include <sstream>

#include "base/limits.h"
#include "protocol/error_text.h"
#include "protocol/quantity.h"

namespace orch::protocol {
namespace {

using Kind = SpecShape::Kind;

bool is_number_like(const SpecNode& node) { return !node.quoted || node.substituted; }

std::string quoted(std::string_view text) {
  std::string out = "\"" + std::string(text.substr(0, 60));
  for (char& c : out)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return out + (text.size() > 60 ? "…\"" : "\"");
}

std::string found(const SpecNode& node) {
  switch (node.kind) {
    case SpecNode::Kind::kNull:
      return "nothing";
    case SpecNode::Kind::kList:
      return "a list";
    case SpecNode::Kind::kMap:
      return "a map";
    case SpecNode::Kind::kScalar:
      break;
  }
  double number = 0;
  bool flag = false;
  if (read_number(node, number)) return "the number " + node.text;
  if (read_boolean(node, flag)) return "the boolean " + node.text;
  return "the string " + quoted(node.text);
}

std::string number_text(double value) {
  std::ostringstream out;
  out.precision(15);
  out << value;
  return out.str();
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + (name.empty() ? "\"\"" : name);
  return out;
}

std::string expected(const SpecShape& shape) {
  const std::string range = number_text(shape.low) + " to " + number_text(shape.high);
  switch (shape.kind) {
    case Kind::kText:
      return "a scalar";
    case Kind::kString:
      return "a string";
    case Kind::kName:
      return "a name ([a-z0-9][a-z0-9._-]*, not all digits)";
    case Kind::kInteger:
      return "an integer from " + range;
    case Kind::kNumber:
      return shape.above_low ? "a number above " + number_text(shape.low) + ", at most " +
                                   number_text(shape.high)
                             : "a number from " + range;
    case Kind::kBoolean:
      return "true or false";
    case Kind::kDuration:
      return "a duration such as 300ms, 5s, 3m, 2h or 7d";
    case Kind::kSize:
      return "a size such as 512MiB or 1GiB";
    case Kind::kReference:
      return "a reference: \"@task\", \"sha:DIGEST\", \"name:tag\" or a path";
    case Kind::kChoice:
      return "one of " + joined(shape.choices);
    case Kind::kRecord:
    case Kind::kDictionary:
      return "a map";
    case Kind::kList:
      return "a list";
    case Kind::kScalarOrRecord:
      return expected(shape.parts[0]) + " or a map";
  }
  return "something else";
}

bool scalar_fits(const SpecNode& node, const SpecShape& shape) {
  std::int64_t integer = 0;
  double number = 0;
  bool flag = false;
  switch (shape.kind) {
    case Kind::kText:
      return true;
    case Kind::kString:
      return node.quoted || node.substituted ||
             (!read_number(node, number) && !read_boolean(node, flag));
    case Kind::kName:
      return is_valid_name(node.text);
    case Kind::kInteger:
      return read_integer(node, integer) && static_cast<double>(integer) >= shape.low &&
             static_cast<double>(integer) <= shape.high;
    case Kind::kNumber:
      return read_number(node, number) && number <= shape.high &&
             (shape.above_low ? number > shape.low : number >= shape.low);
    case Kind::kBoolean:
      return read_boolean(node, flag);
    case Kind::kDuration:
      return parse_duration(node.text).ok();
    case Kind::kSize:
      return parse_size(node.text).ok();
    case Kind::kReference:
      return parse_reference(node.text).ok();
    case Kind::kChoice:
      for (const auto& choice : shape.choices)
        if (node.text == choice) return true;
      return false;
    default:
      return false;
  }
}

class Checker {
 public:
  explicit Checker(SpecErrors& errors) : errors_(errors) {}

  void value(const SpecNode& node, const SpecShape& shape, const std::string& path,
             const SpecNode& place) {
    switch (shape.kind) {
      case Kind::kRecord:
        return record(node, shape, path, place);
      case Kind::kDictionary:
        return dictionary(node, shape, path, place);
      case Kind::kList:
        return list(node, shape, path, place);
      case Kind::kScalarOrRecord:
        if (node.kind == SpecNode::Kind::kMap) return record(node, shape.parts[1], path, place);
        if (node.kind != SpecNode::Kind::kScalar) return wrong(node, shape, path, place);
        return scalar(node, shape.parts[0], path, place);
      default:
        return scalar(node, shape, path, place);
    }
  }

 private:
  void wrong(const SpecNode& node, const SpecShape& shape, const std::string& path,
             const SpecNode& place) {
    const bool nothing = node.kind == SpecNode::Kind::kNull;
    errors_.add(nothing ? place : node, (path.empty() ? "the spec" : path) + " must be " +
                                            expected(shape) + ", found " + found(node));
  }
  void scalar(const SpecNode& node, const SpecShape& shape, const std::string& path,
              const SpecNode& place) {
    if (node.kind != SpecNode::Kind::kScalar) return wrong(node, shape, path, place);
    if (node.text.size() > limits::kArgumentBytesMax)
      return errors_.add(node, path + " has " + std::to_string(node.text.size()) +
                                   " bytes, at most " + std::to_string(limits::kArgumentBytesMax) +
                                   " are allowed");
    if (scalar_fits(node, shape)) return;
    std::string what = path + " must be " + expected(shape) + ", found " + found(node);
    std::string hint;
    if (shape.kind == Kind::kChoice)
      if (const auto near = errors_.nearest(node.text, shape.choices)) {
        what += "; did you mean \"" + *near + "\"?";
        hint = *near;
      }
    if (shape.kind == Kind::kString) hint = "\"" + node.text + "\"";
    errors_.add(node, std::move(what), std::move(hint));
  }
  void list(const SpecNode& node, const SpecShape& shape, const std::string& path,
            const SpecNode& place) {
    if (node.kind != SpecNode::Kind::kList) return wrong(node, shape, path, place);
    size(node.items.size(), shape, path, node, "items");
    for (std::size_t i = 0; i < node.items.size(); ++i)
      value(node.items[i], shape.parts[0], path + "[" + std::to_string(i) + "]", node.items[i]);
  }
  void dictionary(const SpecNode& node, const SpecShape& shape, const std::string& path,
                  const SpecNode& place) {
    if (node.kind != SpecNode::Kind::kMap) return wrong(node, shape, path, place);
    duplicates(node, path);
    size(node.items.size(), shape, path, place, "entries");
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const SpecNode& key = node.keys[i];
      if (shape.free_keys ? key.text.empty() || key.text.size() > limits::kPathBytesMax
                          : !is_valid_name(key.text))
        errors_.add(key, quoted(key.text) + " in " + path +
                             " is not a name ([a-z0-9][a-z0-9._-]*, not all digits)");
      value(node.items[i], shape.parts[0], path + "." + key.text.substr(0, 60), key);
    }
  }
  void size(std::size_t size, const SpecShape& shape, const std::string& path, const SpecNode& at,
            const char* noun) {
    if (size >= shape.items_min && size <= shape.items_max) return;
    errors_.add(at, path + " must have " + std::to_string(shape.items_min) + " to " +
                        std::to_string(shape.items_max) + " " + noun + ", found " +
                        std::to_string(size));
  }
  void duplicates(const SpecNode& node, const std::string& path) {
    std::map<std::string_view, int> first;
    for (const auto& key : node.keys) {
      const auto [it, is_new] = first.emplace(key.text, key.line);
      if (!is_new)
        errors_.add(key, "duplicate key " + quoted(key.text) + " in " + path + ", first at line " +
                             std::to_string(it->second));
    }
  }
  void record(const SpecNode& node, const SpecShape& shape, const std::string& path,
              const SpecNode& place) {
    if (node.kind != SpecNode::Kind::kMap) return wrong(node, shape, path, place);
    duplicates(node, path);
    const SpecNode* first_block = nullptr;
    bool meant_block = false;  // a misspelt one: its own error is enough
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const SpecNode& key = node.keys[i];
      const SpecField* field = nullptr;
      for (const auto& candidate : shape.fields)
        if (candidate.key == key.text) field = &candidate;
      if (field == nullptr) {
        meant_block |= unknown(key, shape, path);
        continue;
      }
      if (field->block && first_block != nullptr && first_block->text != key.text)
        errors_.add(key, path + " has two kinds, " + first_block->text + " and " + key.text +
                             "; a task has exactly one");
      if (field->block && first_block == nullptr) first_block = &key;
      value(node.items[i], field->shape, path.empty() ? field->key : path + "." + field->key, key);
    }
    missing(node, shape, path, place, first_block != nullptr || meant_block);
  }
  void missing(const SpecNode& node, const SpecShape& shape, const std::string& path,
               const SpecNode& place, bool has_block) {
    std::vector<std::string> blocks;
    for (const auto& field : shape.fields) {
      if (field.block) blocks.push_back(field.key);
      if (field.required && node.find(field.key) == nullptr)
        errors_.add(place, (path.empty() ? "the spec" : path) + " lacks the key \"" + field.key +
                               "\" (" + expected(field.shape) + ")");
    }
    if (!blocks.empty() && !has_block)
      errors_.add(place, path + " needs exactly one kind block of " + joined(blocks));
  }
  /// True if the nearest valid key is a kind block.
  bool unknown(const SpecNode& key, const SpecShape& shape, const std::string& path) {
    std::vector<std::string> valid;
    for (const auto& field : shape.fields) valid.push_back(field.key);
    const std::string where = path.empty() ? "the spec" : path;
    const auto near = errors_.nearest(key.text, valid);
    errors_.add(key,
                "unknown key " + quoted(key.text) + " in " + where +
                    (near ? "; did you mean \"" + *near + "\"?" : "; valid keys: " + joined(valid)),
                near ? *near : "orchctl schema");
    for (const auto& field : shape.fields)
      if (near && field.key == *near) return field.block;
    return false;
  }

  SpecErrors& errors_;
};

}  // namespace

bool read_integer(const SpecNode& node, std::int64_t& value) {
  if (node.kind != SpecNode::Kind::kScalar || !is_number_like(node)) return false;
  const char* end = node.text.data() + node.text.size();
  const auto result = std::from_chars(node.text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && !node.text.empty();
}

bool read_number(const SpecNode& node, double& value) {
  if (node.kind != SpecNode::Kind::kScalar || !is_number_like(node)) return false;
  // from_chars also knows "inf" and "nan"; a number begins with a digit, a sign or a point.
  if (node.text.find_first_not_of("0123456789+-.eE") != std::string::npos) return false;
  const char* begin = node.text.data() + (node.text.starts_with('+') ? 1 : 0);
  const char* end = node.text.data() + node.text.size();
  const auto result = std::from_chars(begin, end, value);
  return result.ec == std::errc() && result.ptr == end && begin != end && std::isfinite(value);
}

bool read_boolean(const SpecNode& node, bool& value) {
  if (node.kind != SpecNode::Kind::kScalar || !is_number_like(node)) return false;
  value = node.text == "true";
  return value || node.text == "false";
}

const SpecShape* field_shape(const SpecShape& record, std::string_view key) {
  for (const auto& field : record.fields)
    if (field.key == key) return &field.shape;
  return nullptr;
}

void check_shape(const SpecNode& node, const SpecShape& shape, const std::string& path,
                 const SpecNode& place, SpecErrors& errors) {
  Checker(errors).value(node, shape, path, place);
}

void for_each_reference(const SpecNode& node, const SpecShape& shape, const std::string& path,
                        const std::function<void(const SpecNode&, const std::string&)>& f) {
  switch (shape.kind) {
    case Kind::kReference:
      if (node.kind == SpecNode::Kind::kScalar) f(node, path);
      return;
    case Kind::kScalarOrRecord:
      return for_each_reference(node, shape.parts[node.kind == SpecNode::Kind::kMap ? 1 : 0], path,
                                f);
    case Kind::kList:
      for (std::size_t i = 0; i < node.items.size(); ++i)
        for_each_reference(node.items[i], shape.parts[0], path + "[" + std::to_string(i) + "]", f);
      return;
    case Kind::kDictionary:
    case Kind::kRecord:
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const std::string& key = node.keys[i].text;
        const SpecShape* below =
            shape.kind == Kind::kRecord ? field_shape(shape, key) : shape.parts.data();
        if (below != nullptr)
          for_each_reference(node.items[i], *below, path.empty() ? key : path + "." + key, f);
      }
      return;
    default:
      return;
  }
}

}  // namespace orch::protocol
