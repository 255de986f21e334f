#pragma once
// The words of the world: subjects, relations and pools of values. Constant tables.

#include <array>
#include <span>
#include <string_view>

namespace orch::synthmed {

inline constexpr int kPoolSize = 16;
inline constexpr int kRelations = 5;

enum class Domain : unsigned char { kGeneral, kMedical };

struct Relation {
  std::string_view noun, verb, pool;
};

struct Subject {
  std::string_view name, kind;
  Domain domain;
  int entities;
  std::array<Relation, kRelations> relations;
};

/// Six general subjects, two medical ones.
std::span<const Subject> subjects();

struct Pool {
  std::string_view name;
  std::string_view words;  ///< 16, with a space between
};
/// Pools of English words; city, currency and language are made of generated names.
std::span<const Pool> word_pools();
std::span<const std::string_view> generated_pools();

/// Four endings of a kind of name ("country", "drug", "city", …), with a space between.
std::string_view suffixes(std::string_view kind);
std::string_view onsets();
std::string_view vowels();

}  // namespace orch::synthmed
