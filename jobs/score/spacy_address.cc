#include "jobs/score/spacy_address.h"

#include <algorithm>

namespace orch::score {

namespace {

constexpr std::size_t kLabelMax = 64, kDomainMax = 63;

/// Of a host's name.
bool is_plain(char32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         (c >= 0xa1 && c <= 0xffff);
}

bool is_label(TextView label) {
  if (label.empty() || label.size() > kLabelMax) return false;
  if (!is_plain(label.front()) || !is_plain(label.back())) return false;
  return std::all_of(label.begin(), label.end(),
                     [](char32_t c) { return is_plain(c) || c == '_' || c == '-'; });
}

/// Letters without upper case ones.
bool is_domain(TextView domain) {
  return domain.size() >= 2 && domain.size() <= kDomainMax &&
         std::all_of(domain.begin(), domain.end(), [](char32_t c) {
           return is_word(c) && c != '_' && !(char_flags(c) & (kNumberFlag | kUpperFlag));
         });
}

/// A port and a path, or nothing.
bool is_rest(TextView rest) {
  if (!rest.empty() && rest[0] == ':') {
    std::size_t digits = 1;
    while (digits < rest.size() && is_decimal(rest[digits])) ++digits;
    if (digits < 3 || digits > 6) return false;
    rest.remove_prefix(digits);
  }
  return rest.empty() || TextView(U"/?#").find(rest[0]) != TextView::npos;
}

bool is_host(TextView word) {
  const std::size_t end = std::min(word.find_first_of(U":/?#@"), word.size());
  if (!is_rest(word.substr(end))) return false;
  TextView host = word.substr(0, end);
  const std::size_t last = host.rfind(U'.');
  if (last == TextView::npos || !is_domain(host.substr(last + 1))) return false;
  for (const TextView label : split_on(host.substr(0, last), U"."))
    if (!is_label(label)) return false;
  return true;
}

}  // namespace

bool is_address(TextView word) {
  if (word.find(U'.') == TextView::npos) return false;
  std::size_t begins[2] = {0, 0};
  const std::size_t scheme = word.find(U"://");
  if (scheme != TextView::npos && scheme >= 2 &&
      std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(scheme),
                  [](char32_t c) { return is_word(c) || c == '+' || c == '-' || c == '.'; }))
    begins[1] = scheme + 3;
  for (const std::size_t begin : begins) {
    if (is_host(word.substr(begin))) return true;
    for (std::size_t at = word.find(U'@', begin + 1); at != TextView::npos;
         at = word.find(U'@', at + 1))
      if (is_host(word.substr(at + 1))) return true;
    if (begins[1] == 0) break;
  }
  return false;
}

}  // namespace orch::score
