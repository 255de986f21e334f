#include "jobs/score/sample_set.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "jobs/data/documents.h"
#include "jobs/score/sample_line.h"

namespace orch::score {

namespace {

constexpr std::string_view kPrefix = "samples_";
constexpr std::array<std::string_view, 3> kSuffixes = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
constexpr std::string_view kNested = "doc.";
constexpr std::size_t kRowsMax = 0xFFFFFFFF;
constexpr std::uint64_t kLinesToGuess = 1000, kRoomMax = 1 << 24;
/// A group that --filter leaves out.
constexpr std::uint32_t kLeftOut = 0xFFFFFFFF;

/// "gsm8k_2025-01-31T10-11-12.123456" without its time.
std::string_view without_time(std::string_view task) {
  const std::size_t at = task.rfind('_');
  if (at == std::string_view::npos) return task;
  constexpr std::string_view kForm = "0000-00-00T00-00-00";
  const std::string_view time = task.substr(at + 1);
  if (time.size() < kForm.size()) return task;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = time[i] >= '0' && time[i] <= '9';
    if (kForm[i] == '0' ? !digit : time[i] != kForm[i]) return task;
  }
  return task.substr(0, at);
}

/// The task in the name of a samples file.
std::optional<std::string> task_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  for (const std::string_view suffix : kSuffixes) {
    if (!name.ends_with(suffix) || name.size() <= kPrefix.size() + suffix.size()) continue;
    name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix.size());
    return std::string(without_time(name));
  }
  return std::nullopt;
}

std::string item_text(const SampleGroup& group, std::int64_t doc_id) {
  return (group.task.empty() ? "" : group.task + " ") + "doc_id " + std::to_string(doc_id) +
         (group.filter == "none" ? "" : " (filter " + group.filter + ")");
}

/// Reads the lines of one set.
class Reader {
 public:
  Reader(SampleSet& set, const SampleQuery& query) : set_(set), query_(query) {
    by_metric_ = !query.metric.empty();
    by_task_ = query.cluster == "task";
    nested_ = query.cluster.starts_with(kNested);
    if (nested_) inner_.key = std::string_view(query.cluster).substr(kNested.size());
    prepare();
  }

  Result<void> read(std::uint32_t file) {
    file_ = file;
    lines_ = bytes_ = 0;
    const SampleFile& source = set_.files[file];
    return data::read_lines(source.path, [&](std::string_view text, std::uint64_t number) {
      return line(source, text, number);
    });
  }

  /// After the last file.
  Result<void> finish() {
    if (set_.rows.empty()) return invalid(set_.name + ": has no samples");
    if (clustered_ && !unclustered_.empty())
      return invalid(unclustered_ + ": key \"cluster\" is missing, but other lines have it");
    for (const char* name : {"acc", "exact_match"})
      if (used_[name[0] == 'a' ? 0 : 1])
        set_.metric += (set_.metric.empty() ? "" : ", ") + std::string(name);
    for (const std::string& name : {by_metric_ ? query_.metric : fallback_})
      if (!name.empty()) set_.metric += (set_.metric.empty() ? "" : ", ") + name;
    sort();
    return {};
  }

 private:
  enum Place { kDocId, kDocHash, kTask, kFilter, kCluster, kMetric, kOther, kThird, kListed, kAll };

  /// Keys that a line is searched for; forget() empties what was found under them.
  void prepare() {
    members_ = {Member{"doc_id"}, {"doc_hash"}, {"task"},       {"filter"},
                {"cluster"},      {"acc"},      {"exact_match"}};
    Member& cluster = members_[kCluster];
    if (nested_) {
      cluster.key = "doc";
      cluster.members = {&inner_, 1};
    } else if (!query_.cluster.empty() && !by_task_) {
      cluster.key = query_.cluster;
    }
    count_ = kMetric + 1;
    if (by_metric_) {
      members_[kMetric].key = query_.metric;
    } else {
      members_[kThird].key = fallback_;
      members_[kListed].key = "metrics";
      count_ = kAll;
    }
  }

  void forget() {
    for (Member& member : members_) {
      member.kind = JsonKind::kAbsent;
      member.escaped = false;
    }
    inner_.kind = JsonKind::kAbsent;
    inner_.escaped = false;
  }

  Result<void> line(const SampleFile& source, std::string_view text, std::uint64_t number) {
    const auto bad = [&](const std::string& what) {
      return invalid(source.path + ":" + std::to_string(number) + ": " + what);
    };
    forget();
    if (const std::string wrong = scan_line(text, {members_.data(), count_}); !wrong.empty())
      return bad("not a JSON object: " + wrong);
    if (set_.rows.size() >= kRowsMax || number >= kRowsMax) return bad("too many lines");
    make_room(source, text.size());
    SampleRow& row = set_.rows.emplace_back();
    row.line = static_cast<std::uint32_t>(number);
    row.file = file_;
    const std::string_view id = members_[kDocId].text;
    if (members_[kDocId].kind != JsonKind::kNumber ||
        std::from_chars(id.data(), id.data() + id.size(), row.doc_id).ptr != id.data() + id.size())
      return bad("key \"doc_id\" is missing or no integer");
    if (members_[kDocHash].kind != JsonKind::kString)
      return bad("key \"doc_hash\" is missing or no string");
    const XXH128_hash_t hash =
        XXH3_128bits(members_[kDocHash].text.data(), members_[kDocHash].text.size());
    row.hash[0] = hash.low64;
    row.hash[1] = hash.high64;
    for (const Place place : {kTask, kFilter})
      if (members_[place].kind != JsonKind::kAbsent && members_[place].kind != JsonKind::kString)
        return bad("\"" + std::string(members_[place].key) + "\" must be a string");
    if (!group(source)) {  // a filter that was not asked for
      set_.rows.pop_back();
      return {};
    }
    row.group = group_;
    if (const std::string wrong = value(text, row); !wrong.empty()) return bad(wrong);
    if (const std::string wrong = cluster(source, number, row); !wrong.empty()) return bad(wrong);
    return {};
  }

  /// For all lines of a file, when some of them have told how long its lines are.
  void make_room(const SampleFile& source, std::size_t line_bytes) {
    bytes_ += line_bytes + 1;
    if (++lines_ != kLinesToGuess || !source.path.ends_with(".jsonl")) return;
    const auto size = file_size(source.path);
    if (size.ok())
      set_.rows.reserve(set_.rows.size() + std::min(*size / bytes_ * lines_ * 17 / 16, kRoomMax));
  }

  /// False: left out by --filter.
  bool group(const SampleFile& source) {
    const Member &task = members_[kTask], &filter = members_[kFilter];
    const std::string_view task_text =
        task.kind == JsonKind::kString ? task.text : std::string_view(source.task);
    const std::string_view filter_text = filter.kind == JsonKind::kString ? filter.text : "none";
    if (raw_.size() == task_text.size() + filter_text.size() + 1 && raw_.starts_with(task_text) &&
        raw_.ends_with(filter_text) && raw_[task_text.size()] == '\0')
      return group_ != kLeftOut;
    raw_.assign(task_text).push_back('\0');
    raw_ += filter_text;
    const auto [found, fresh] = known_.try_emplace(raw_, kLeftOut);
    group_ = found->second;
    if (!fresh) return group_ != kLeftOut;
    SampleGroup named{task.escaped ? member_text(task) : std::string(task_text),
                      filter.escaped ? member_text(filter) : std::string(filter_text)};
    if (!query_.filter.empty() && named.filter != query_.filter) return false;
    const auto same = std::find(set_.groups.begin(), set_.groups.end(), named);
    group_ = found->second = static_cast<std::uint32_t>(same - set_.groups.begin());
    if (same == set_.groups.end()) set_.groups.push_back(std::move(named));
    return true;
  }

  /// "" or what is wrong.
  std::string value(std::string_view text, SampleRow& row) {
    Place place = kMetric;
    if (!by_metric_) {
      while (place < kListed &&
             (members_[place].kind == JsonKind::kAbsent || (place == kThird && fallback_.empty())))
        place = static_cast<Place>(place + 1);
      if (place == kListed) {
        if (const std::string wrong = listed(); !wrong.empty()) return wrong;
        prepare();
        forget();
        if (const std::string wrong = scan_line(text, {members_.data(), count_}); !wrong.empty())
          return wrong;
        place = kThird;
      }
      if (place != kThird) used_[place == kOther] = true;
    }
    return number(members_[place], row);
  }

  /// The only metric that a line without acc and exact_match names.
  std::string listed() {
    const std::string_view text = members_[kListed].text;
    std::vector<std::string> names;
    for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
      const std::size_t end = text.find('"', at + 1);
      if (end == std::string_view::npos) break;
      names.emplace_back(text.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    if (names.size() != 1)
      return "metric \"acc\" is missing, and \"exact_match\"" +
             (names.empty() ? std::string() : "; this line has " + all + ": choose by --metric");
    if (!fallback_.empty() && fallback_ != names[0])
      return "metric \"" + fallback_ + "\" is missing, this line has " + names[0];
    if (fallback_ == names[0]) return "metric \"" + fallback_ + "\" is missing";
    fallback_ = names[0];
    return {};
  }

  static std::string number(const Member& member, SampleRow& row) {
    const std::string what = "metric \"" + std::string(member.key) + "\" ";
    switch (member.kind) {
      case JsonKind::kTrue:
      case JsonKind::kFalse:
        row.metric = member.kind == JsonKind::kTrue ? 1 : 0;
        return {};
      case JsonKind::kNumber: {
        const char* end = member.text.data() + member.text.size();
        const auto read = std::from_chars(member.text.data(), end, row.metric);
        if (read.ec == std::errc() && read.ptr == end && std::isfinite(row.metric)) return {};
        return what + "is out of range";
      }
      case JsonKind::kAbsent:
        return what + "is missing";
      case JsonKind::kNull:
        return what + "is null";
      case JsonKind::kNotFinite:
        return what + "is not finite";
      default:
        return what + "must be a number";
    }
  }

  std::string cluster(const SampleFile& source, std::uint64_t line, SampleRow& row) {
    if (by_task_) {
      const std::string& task = set_.groups[row.group].task;
      row.cluster = XXH3_64bits(task.data(), task.size()) | 1;
      return {};
    }
    // The scanner fills the first member of a key: "filter" may also be the cluster.
    const Member* place = nested_ ? &inner_ : &members_[kCluster];
    for (std::size_t i = 0; !nested_ && i < count_; ++i)
      if (members_[i].kind != JsonKind::kAbsent && members_[i].key == place->key)
        place = &members_[i];
    const Member& member = *place;
    if (member.kind == JsonKind::kString || member.kind == JsonKind::kNumber) {
      const std::string decoded = member.escaped ? member_text(member) : std::string();
      const std::string_view text = member.escaped ? std::string_view(decoded) : member.text;
      row.cluster =
          XXH3_64bits_withSeed(text.data(), text.size(), member.kind == JsonKind::kString ? 0 : 1) |
          1;
      clustered_ = true;
      return {};
    }
    if (!query_.cluster.empty())
      return "key \"" + query_.cluster + "\" is missing or neither text nor a number";
    if (member.kind != JsonKind::kAbsent) return "\"cluster\" must be a text or a number";
    if (unclustered_.empty()) unclustered_ = source.path + ":" + std::to_string(line);
    return {};
  }

  /// By group, then doc_id, whatever the order of the lines.
  void sort() {
    std::vector<SampleGroup> sorted = set_.groups;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint32_t> rank;
    for (const SampleGroup& group : set_.groups)
      rank.push_back(static_cast<std::uint32_t>(
          std::lower_bound(sorted.begin(), sorted.end(), group) - sorted.begin()));
    for (SampleRow& row : set_.rows) row.group = rank[row.group];
    set_.groups = std::move(sorted);
    gather();
    std::size_t kept = 0;
    for (const SampleRow& row : set_.rows) {
      const SampleRow* earlier = kept > 0 ? &set_.rows[kept - 1] : nullptr;
      if (earlier && row.group == earlier->group && row.doc_id == earlier->doc_id)
        set_.duplicates.add(item_text(set_.groups[row.group], row.doc_id) + " (line " +
                            std::to_string(row.line) + ")");
      else
        set_.rows[kept++] = row;
    }
    set_.rows.resize(kept);
  }

  /// Rows by group; each group's by doc_id.
  void gather() {
    std::vector<std::size_t> ends(set_.groups.size() + 1, 0);
    for (const SampleRow& row : set_.rows) ++ends[row.group + 1];
    for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
    if (set_.groups.size() > 1) {
      std::vector<std::size_t> next(ends.begin(), ends.end() - 1);
      std::vector<SampleRow> rows(set_.rows.size());
      for (const SampleRow& row : set_.rows) rows[next[row.group]++] = row;
      set_.rows = std::move(rows);
    }
    const auto before = [](const SampleRow& a, const SampleRow& b) {
      return std::tie(a.doc_id, a.file, a.line) < std::tie(b.doc_id, b.file, b.line);
    };
    for (std::size_t i = 1; i < ends.size(); ++i) {
      const auto begin = set_.rows.begin() + static_cast<std::ptrdiff_t>(ends[i - 1]);
      const auto end = set_.rows.begin() + static_cast<std::ptrdiff_t>(ends[i]);
      if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
    }
  }

  SampleSet& set_;
  const SampleQuery& query_;
  std::uint32_t file_ = 0;
  std::uint64_t lines_ = 0, bytes_ = 0;  ///< of the file at hand
  bool by_metric_ = false, by_task_ = false, nested_ = false;
  std::array<Member, kAll> members_;
  Member inner_;
  std::size_t count_ = 0;
  std::string fallback_;
  bool used_[2] = {};
  bool clustered_ = false;
  std::string unclustered_;                               ///< the first line without a cluster
  std::unordered_map<std::string, std::uint32_t> known_;  ///< task and filter as written
  std::string raw_;
  std::uint32_t group_ = 0;
};

/// Both sets' rows, which are sorted alike, side by side.
class Pairing {
 public:
  Pairing(const SampleSet& base, const SampleSet& candidate) : base_(base), candidate_(candidate) {}

  Result<SamplePairs> run() {
    std::set_union(base_.groups.begin(), base_.groups.end(), candidate_.groups.begin(),
                   candidate_.groups.end(), std::back_inserter(out_.groups));
    const auto ranks = [&](const SampleSet& set) {
      std::vector<std::uint32_t> rank;
      for (const SampleGroup& group : set.groups)
        rank.push_back(static_cast<std::uint32_t>(
            std::lower_bound(out_.groups.begin(), out_.groups.end(), group) - out_.groups.begin()));
      return rank;
    };
    const std::vector<std::uint32_t> of_base = ranks(base_), of_candidate = ranks(candidate_);
    out_.items.reserve(base_.rows.size());
    std::size_t i = 0, j = 0;
    while (i < base_.rows.size() || j < candidate_.rows.size()) {
      const SampleRow* a = i < base_.rows.size() ? &base_.rows[i] : nullptr;
      const SampleRow* b = j < candidate_.rows.size() ? &candidate_.rows[j] : nullptr;
      const auto order = a == nullptr   ? std::strong_ordering::greater
                         : b == nullptr ? std::strong_ordering::less
                                        : std::tie(of_base[a->group], a->doc_id) <=>
                                              std::tie(of_candidate[b->group], b->doc_id);
      if (order < 0) {
        missing(base_, *a);
      } else if (order > 0) {
        missing(candidate_, *b);
      } else {
        both(*a, *b, of_base[a->group]);
      }
      i += order <= 0;
      j += order >= 0;
    }
    return finish();
  }

 private:
  void missing(const SampleSet& set, const SampleRow& row) {
    unmatched_.add(item_text(set.groups[row.group], row.doc_id) + " is only in " + set.name);
  }

  void both(const SampleRow& a, const SampleRow& b, std::uint32_t group) {
    if (a.hash[0] != b.hash[0] || a.hash[1] != b.hash[1])
      differing_.add(item_text(out_.groups[group], a.doc_id));
    if (a.cluster != b.cluster) moved_.add(item_text(out_.groups[group], a.doc_id));
    out_.items.push_back({a.doc_id, a.metric, b.metric, a.cluster, group});
  }

  Result<SamplePairs> finish() {
    std::string wrong;
    for (const SampleSet* set : {&base_, &candidate_})
      if (!set->duplicates.empty())
        wrong += set->name + ": " + std::to_string(set->duplicates.count()) +
                 " duplicates: " + set->duplicates.text() + "; ";
    if (!unmatched_.empty())
      wrong += std::to_string(unmatched_.count()) +
               " items are not in both sets: " + unmatched_.text() + "; ";
    if (!wrong.empty()) return invalid(wrong.substr(0, wrong.size() - 2));
    const std::string both = base_.name + " and " + candidate_.name;
    if (!differing_.empty())
      return invalid(both + ": doc_hash differs for " + differing_.text(),
                     "evaluate both on the same files");
    if (!moved_.empty()) return invalid(both + ": the cluster differs for " + moved_.text());
    if (base_.metric != candidate_.metric)
      return invalid(both + ": the metrics differ: " + base_.metric + " and " + candidate_.metric);
    out_.metric = base_.metric;
    out_.clustered = out_.items[0].cluster != 0;
    return std::move(out_);
  }

  const SampleSet &base_, &candidate_;
  SamplePairs out_;
  ProblemList unmatched_, differing_, moved_;
};

}  // namespace

Result<std::vector<SampleFile>> find_samples(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return std::vector<SampleFile>{{path, ""}};
  std::vector<SampleFile> files;
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(path));
  for (const std::string& name : names)
    if (const auto task = task_of(name)) files.push_back({join_path(path, name), *task});
  if (files.empty())
    return invalid(path + ": no samples_<suite>.jsonl: not the report of an evaluation");
  std::sort(files.begin(), files.end(), [](const SampleFile& a, const SampleFile& b) {
    return std::tie(a.task, a.path) < std::tie(b.task, b.path);
  });
  for (std::size_t i = 1; i < files.size(); ++i)
    if (files[i].task == files[i - 1].task)
      return invalid(path + ": " + files[i - 1].path + " and " + files[i].path +
                         " are both of the task " + files[i].task,
                     "name the files instead of their folder");
  return files;
}

Result<SampleSet> read_samples(const std::string& path, const SampleQuery& query) {
  SampleSet set;
  set.name = path;
  ORCH_ASSIGN(set.files, find_samples(path));
  Reader reader(set, query);
  for (std::uint32_t i = 0; i < set.files.size(); ++i) ORCH_TRY(reader.read(i));
  ORCH_TRY(reader.finish());
  return set;
}

Result<SamplePairs> pair_samples(const SampleSet& base, const SampleSet& candidate) {
  return Pairing(base, candidate).run();
}

Result<SamplePairs> read_pairs(const std::string& base, const std::string& candidate,
                               const SampleQuery& query) {
  std::optional<Result<SampleSet>> other;
  std::thread thread([&] { other.emplace(read_samples(candidate, query)); });
  const Result<SampleSet> mine = read_samples(base, query);
  thread.join();
  if (!mine.ok()) return mine.error();
  if (!other->ok()) return other->error();
  return pair_samples(*mine, **other);
}

}  // namespace orch::score
