#pragma once
// Sets of code points as sorted ranges, with the algebra that character classes need. Owned by
// value. Thread: any.

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace orch::tokenizer {

constexpr std::uint32_t kCodePointLimit = 0x110000;

class CodePointSet {
 public:
  /// Both ends belong to it.
  using Range = std::pair<std::uint32_t, std::uint32_t>;

  CodePointSet() = default;
  CodePointSet(std::initializer_list<Range> ranges);
  /// All code points.
  static CodePointSet all() { return {{0, kCodePointLimit - 1}}; }

  void add(std::uint32_t first, std::uint32_t last);
  void add(const CodePointSet& other);
  void keep(const CodePointSet& other);
  void remove(const CodePointSet& other);
  CodePointSet complement() const;

  bool contains(std::uint32_t code_point) const;
  /// True if every code point of `other` is in this set.
  bool covers(const CodePointSet& other) const;
  bool empty() const { return ranges_.empty(); }
  std::size_t size() const;
  /// Sorted, apart from each other by at least one code point.
  const std::vector<Range>& ranges() const { return ranges_; }
  bool operator==(const CodePointSet& other) const = default;

 private:
  std::vector<Range> ranges_;
};

}  // namespace orch::tokenizer
