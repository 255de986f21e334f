#include "jobs/score/jieba.h"

#include <charconv>
#include <cmath>

#include "base/file.h"

namespace orch::score {

namespace {

constexpr double kNever = -3.14e100;

/// States in the order in which ties are decided: the greatest letter wins.
enum State : std::uint8_t { kBegin, kEnd, kMiddle, kSingle };
constexpr std::array<double, 4> kStart = {-0.26268660809250016, kNever, kNever,
                                          -1.4652633398537678};
/// kStep[from][to]. Source: jieba/finalseg/prob_trans.py 0.42.1.
constexpr double kStep[4][4] = {{kNever, -0.510825623765990, -0.916290731874155, kNever},
                                {-0.5897149736854513, kNever, kNever, -0.8085250474669937},
                                {kNever, -0.33344856811948514, -1.2603623820268226, kNever},
                                {-0.7211965654669841, kNever, kNever, -0.6658631448798212}};
/// The two states that may come before each.
constexpr State kBefore[4][2] = {
    {kEnd, kSingle}, {kBegin, kMiddle}, {kMiddle, kBegin}, {kSingle, kEnd}};

bool is_han(char32_t c) { return c >= 0x4e00 && c <= 0x9fd5; }
bool is_alphanumeric(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool in_block(char32_t c) {
  return is_han(c) || is_alphanumeric(c) || TextView(U"+#&._%-").find(c) != TextView::npos;
}

template <typename In>
std::size_t run_end(TextView text, std::size_t begin, In in) {
  while (begin < text.size() && in(text[begin])) ++begin;
  return begin;
}

/// End of an alphanumeric run with an optional decimal part and percent sign.
std::size_t number_end(TextView text, std::size_t begin) {
  std::size_t end = run_end(text, begin, is_alphanumeric);
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = run_end(text, end + 1, is_decimal);
    if (fraction > end + 1) end = fraction;
  }
  return end < text.size() && text[end] == '%' ? end + 1 : end;
}

std::uint64_t edge(std::uint32_t node, char32_t c) { return std::uint64_t{node} << 32 | c; }

}  // namespace

Result<Jieba> Jieba::open(const std::string& folder) {
  Jieba jieba;
  ORCH_TRY(jieba.read_words(join_path(folder, "dict.txt")));
  ORCH_TRY(jieba.read_emissions(join_path(folder, "finalseg/prob_emit.py")));
  return jieba;
}

const std::uint32_t* Jieba::child(std::uint32_t node, char32_t c) const {
  const auto found = children_.find(edge(node, c));
  return found == children_.end() ? nullptr : &found->second;
}

Result<void> Jieba::read_words(const std::string& path) {
  ORCH_ASSIGN(const std::string bytes, read_file(path));
  nodes_.assign(1, {});
  children_.reserve(600'000);
  std::vector<std::uint64_t> counts(1);
  std::uint64_t total = 0, line = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    ++line;
    std::size_t end = bytes.find('\n', begin);
    if (end == std::string::npos) end = bytes.size();
    const std::string_view entry = std::string_view(bytes).substr(begin, end - begin);
    begin = end + 1;
    const std::size_t space = entry.find(' ');
    std::uint64_t count = 0;
    if (space == std::string_view::npos ||
        std::from_chars(entry.data() + space + 1, entry.data() + entry.size(), count).ec !=
            std::errc())
      return invalid(path + ":" + std::to_string(line) + ": expected WORD COUNT TAG");
    std::uint32_t node = 0;
    for (const char32_t c : decode(entry.substr(0, space))) {
      const auto next = static_cast<std::uint32_t>(nodes_.size());
      const auto [at, added] = children_.try_emplace(edge(node, c), next);
      if (added) {
        nodes_.emplace_back();
        counts.push_back(0);
      }
      node = at->second;
    }
    counts[node] = count;
    total += count;
  }
  unknown_ = std::log(1.0) - std::log(static_cast<double>(total));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (counts[i] == 0) continue;
    nodes_[i].word = true;
    nodes_[i].log_probability =
        std::log(static_cast<double>(counts[i])) - std::log(static_cast<double>(total));
  }
  return {};
}

Result<void> Jieba::read_emissions(const std::string& path) {
  // P={'B': {'\u4e00': -3.65…, …}, 'E': {…}, …}
  ORCH_ASSIGN(const std::string bytes, read_file(path));
  int state = -1;
  const std::string_view states = "BEMS";
  for (std::size_t at = bytes.find('\''); at != std::string::npos; at = bytes.find('\'', at)) {
    const std::size_t end = bytes.find('\'', at + 1);
    const std::size_t colon = end == std::string::npos ? end : bytes.find(':', end);
    if (colon == std::string::npos) break;
    const std::string key = bytes.substr(at + 1, end - at - 1);
    at = colon;
    if (key.size() == 1 && states.find(key[0]) != std::string_view::npos) {
      state = static_cast<int>(states.find(key[0]));
      continue;
    }
    std::uint32_t code = 0;
    double value = 0;
    const std::size_t number = bytes.find_first_not_of(" \n", colon + 1);
    const bool escaped = key.size() == 6 && key.starts_with("\\u");
    if (escaped) std::from_chars(key.data() + 2, key.data() + 6, code, 16);
    if (!escaped || state < 0 || number == std::string::npos ||
        std::from_chars(bytes.data() + number, bytes.data() + bytes.size(), value).ec !=
            std::errc())
      return invalid(path + ": expected '\\uXXXX': NUMBER at byte " + std::to_string(at));
    const auto found = emissions_.try_emplace(code, Emission{kNever, kNever, kNever, kNever});
    found.first->second[static_cast<std::size_t>(state)] = value;
  }
  return emissions_.empty() ? invalid(path + ": holds no probabilities") : Result<void>();
}

bool Jieba::known(TextView word) const {
  std::uint32_t node = 0;
  for (const char32_t c : word) {
    const std::uint32_t* const next = child(node, c);
    if (!next) return false;
    node = *next;
  }
  return nodes_[node].word;
}

void Jieba::cut_hidden(TextView run, std::vector<TextView>& words) const {
  // Viterbi; of equal scores the greater state letter wins.
  static constexpr Emission kNone = {kNever, kNever, kNever, kNever};
  std::vector<std::array<State, 4>> from(run.size());
  std::array<double, 4> score{};
  for (std::size_t t = 0; t < run.size(); ++t) {
    const auto found = emissions_.find(run[t]);
    const Emission& emission = found == emissions_.end() ? kNone : found->second;
    std::array<double, 4> next{};
    for (std::size_t y = 0; y < 4; ++y) {
      if (t == 0) {
        next[y] = kStart[y] + emission[y];
        continue;
      }
      State best = kBefore[y][0];
      double best_score = 0;
      for (int k = 0; k < 2; ++k) {
        const State y0 = kBefore[y][k];
        const double value = score[y0] + kStep[y0][y] + emission[y];
        if (k > 0 && (value < best_score || (value == best_score && y0 < best))) continue;
        best = y0;
        best_score = value;
      }
      next[y] = best_score;
      from[t][y] = best;
    }
    score = next;
  }
  State state = score[kSingle] >= score[kEnd] ? kSingle : kEnd;
  std::vector<State> states(run.size());
  for (std::size_t t = run.size(); t-- > 0;) {
    states[t] = state;
    state = from[t][state];
  }
  std::size_t begin = 0, next = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (states[i] == kBegin) begin = i;
    if (states[i] == kSingle) begin = i;
    if (states[i] == kSingle || states[i] == kEnd) {
      words.push_back(run.substr(begin, i + 1 - begin));
      next = i + 1;
    }
  }
  if (next < run.size()) words.push_back(run.substr(next));
}

/// A run of characters that the dictionary left single.
void Jieba::cut_unknown(TextView run, std::vector<TextView>& words) const {
  if (run.size() == 1) {
    words.push_back(run);
    return;
  }
  if (known(run)) {
    for (std::size_t i = 0; i < run.size(); ++i) words.push_back(run.substr(i, 1));
    return;
  }
  for (std::size_t i = 0; i < run.size();) {
    std::size_t end = run_end(run, i, is_han);
    if (end > i) {
      cut_hidden(run.substr(i, end - i), words);
      i = end;
      continue;
    }
    // What is not Chinese: numbers and words, and what lies between them.
    end = is_alphanumeric(run[i])
              ? number_end(run, i)
              : run_end(run, i, [](char32_t c) { return !is_han(c) && !is_alphanumeric(c); });
    words.push_back(run.substr(i, end - i));
    i = end;
  }
}

void Jieba::cut_block(TextView block, std::vector<TextView>& words) const {
  // Best path from the right; of equal probabilities the longer word wins.
  std::vector<double> route(block.size() + 1);
  std::vector<std::size_t> ends(block.size());
  for (std::size_t i = block.size(); i-- > 0;) {
    double best = 0;
    std::size_t best_end = 0;
    std::uint32_t node = 0;
    for (std::size_t end = i; end < block.size();) {
      const std::uint32_t* const next = child(node, block[end]);
      if (!next) break;
      node = *next;
      ++end;
      if (!nodes_[node].word) continue;
      const double value = nodes_[node].log_probability + route[end];
      if (best_end == 0 || value >= best) {
        best = value;
        best_end = end;
      }
    }
    if (best_end == 0) {
      best_end = i + 1;
      best = unknown_ + route[i + 1];
    }
    route[i] = best;
    ends[i] = best_end;
  }
  std::size_t single = 0;  // first of the characters that stay single
  std::size_t i = 0;
  while (i < block.size()) {
    if (ends[i] == i + 1) {
      ++i;
      continue;
    }
    if (single < i) cut_unknown(block.substr(single, i - single), words);
    words.push_back(block.substr(i, ends[i] - i));
    i = ends[i];
    single = i;
  }
  if (single < i) cut_unknown(block.substr(single, i - single), words);
}

std::vector<TextView> Jieba::cut(TextView text) const {
  std::vector<TextView> words;
  for (std::size_t i = 0; i < text.size();) {
    if (in_block(text[i])) {
      const std::size_t end = run_end(text, i, in_block);
      cut_block(text.substr(i, end - i), words);
      i = end;
      continue;
    }
    const bool crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    const std::size_t size = crlf ? 2 : 1;
    words.push_back(text.substr(i, size));
    i += size;
  }
  return words;
}

}  // namespace orch::score
