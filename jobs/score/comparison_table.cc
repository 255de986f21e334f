#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/utf8.h"
#include "jobs/score/comparison.h"

namespace orch::score {

namespace {

constexpr const char* kIndent = "  ";

std::string format(const char* form, double value) {
  char text[64];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

/// "14,042"
std::string grouped(std::int64_t n) {
  std::string text = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string padded(const std::string& text, std::size_t width, bool right = false) {
  const std::string space(characters(text) < width ? width - characters(text) : 0, ' ');
  return right ? space + text : text + space;
}

std::string counted(std::int64_t n, const char* one, const char* many) {
  return grouped(n) + " " + (n == 1 ? one : many);
}

/// Numbers as people read them: points of a percentage for what is right or wrong, else the
/// metric's own unit.
class Words {
 public:
  explicit Words(const Comparison& c) : c_(c), j_(c.judgement), binary_(c.effect.binary) {
    if (j_.lower_is_better) drop_ = "rise";
  }

  std::string text() {
    head();
    out_ += std::string("verdict: ") + verdict_name(j_.verdict) + "\n\n";
    may();
    may_not();
    beside();
    subjects();
    return std::move(out_);
  }

 private:
  std::string level(double in_judgement) const {
    const double value = j_.own(in_judgement);
    return binary_ ? format("%.2f %%", 100 * value) : format("%.4g", value);
  }
  std::string size(double value) const {
    return binary_ ? format("%.2f points", 100 * std::abs(value)) : format("%.4g", std::abs(value));
  }
  std::string digits(double value) const {
    return binary_ ? format("%.2f", 100 * std::abs(value)) : format("%.4g", std::abs(value));
  }
  std::string change(double in_judgement) const {
    return (j_.own(in_judgement) < 0 ? "−" : "+") + digits(in_judgement);
  }
  std::string range(const Interval& in_judgement) const {
    // change() turns each end's sign; this, which comes first.
    const Interval interval =
        j_.lower_is_better ? Interval{in_judgement.high, in_judgement.low} : in_judgement;
    return "[" + change(interval.low) + ", " + change(interval.high) + "]";
  }
  static std::string percent(double fraction) { return format("%.3g %%", 100 * fraction); }
  void line(const std::string& text) { out_ += kIndent + text + "\n"; }

  void head() {
    out_ += c_.metric + ", " + counted(j_.items, "item", "items");
    if (!c_.subjects.empty())
      out_ += " in " + counted(static_cast<std::int64_t>(c_.subjects.size()), "group", "groups");
    out_ += j_.lower_is_better ? "; lower is better, a rise is a loss\n" : "\n";
    line("base       " + level(j_.base) + "   " + c_.base);
    line("candidate  " + level(j_.candidate) + "   " + c_.candidate);
    line("difference " + change(j_.difference) + "   " + percent(1 - 2 * j_.alpha) + " interval " +
         range(j_.interval) + (binary_ ? " points" : "") + ", margin " + size(j_.margin));
    const char* const worse = j_.lower_is_better ? "item rose" : "item fell";
    const char* const all_worse = j_.lower_is_better ? "items rose" : "items fell";
    const char* const better = j_.lower_is_better ? "fell" : "rose";
    line(counted(j_.losses, binary_ ? "loss" : worse, binary_ ? "losses" : all_worse) + ", " +
         counted(j_.wins, binary_ ? "win" : better, binary_ ? "wins" : better) + "; p of any " +
         drop_ + " " + format("%.3g", j_.p));
  }

  void may() {
    out_ += "What may be concluded\n";
    const std::string error = " (wrong in at most " + percent(j_.alpha) + " of such comparisons)";
    if (j_.verdict == Verdict::kPass) {
      line("The candidate is not worse than the base by more than the margin of " +
           size(j_.margin) + error + ".");
      if (j_.interval.high < 0) line("It is worse by something less than the margin.");
      if (j_.interval.low > 0) line("It is better.");
    } else if (j_.verdict == Verdict::kRegress) {
      line("The candidate is worse by more than the margin of " + size(j_.margin) + error + ".");
      line("The " + drop_ + " lies between " + size(j_.interval.high) + " and " +
           size(j_.interval.low) + ".");
    } else {
      line("Neither that the " + drop_ + " exceeds the margin of " + size(j_.margin) +
           " nor that it does not.");
      if (j_.interval.high < 0)
        line("There is a " + drop_ + ", but its size is not known well enough.");
      settle();
    }
  }

  void settle() {
    if (j_.items_to_settle) {
      line("About " + counted(*j_.items_to_settle, "item", "items") +
           " would settle it with a chance of 80 % if they went as these did.");
    } else if (c_.noise.checkpoints > 1) {
      line("No number of items settles it: the noise between checkpoints alone is too wide.");
    } else {
      line("No number of items settles it: the difference lies on the margin.");
    }
  }

  void may_not() {
    out_ += "What may not\n";
    if (j_.verdict == Verdict::kPass && j_.interval.low < 0)
      line("That nothing was lost: a " + drop_ + " of up to " + size(j_.interval.low) +
           " fits these answers.");
    if (j_.verdict == Verdict::kInconclusive)
      line("That it passed: a " + drop_ + " of up to " + size(j_.interval.low) +
           " fits these answers.");
    if (j_.verdict != Verdict::kRegress && j_.smallest_detectable_drop > j_.margin)
      line("That a smaller " + drop_ + " would have shown: with " +
           counted(j_.items, "item", "items") + " only one of " +
           size(j_.smallest_detectable_drop) + " is found with a chance of 80 %.");
    if (j_.verdict == Verdict::kRegress)
      line("What caused it, or that other benchmarks dropped too.");
    if (c_.noise.checkpoints < 2)
      line(
          "That the next checkpoint scores alike: the noise of training is not in the interval "
          "(--baseline adds it).");
    if (c_.effect.clusters == 0)
      line("Anything where items share a passage or a source (--cluster names the key).");
  }

  void beside() {
    if (c_.effect.clusters > 0)
      line((c_.filters_clustered ? "Items answered under several filters: "
                                 : "Items share clusters: ") +
           counted(c_.effect.clusters, "cluster", "clusters") + ", standard error " +
           size(std::sqrt(c_.effect.cluster_variance)) + ". p takes items as independent.");
    if (c_.noise.checkpoints > 1)
      line(counted(c_.noise.checkpoints, "checkpoint", "checkpoints") +
           " of the stable stretch: their scores have a standard deviation of " +
           size(std::sqrt(c_.noise.score_variance)) + "; the interval holds it.");
    if (c_.bootstrap)
      line("Bootstrap: " + range(*c_.bootstrap) + "; the verdict rests on the paired t interval.");
    if (c_.sequential) early(*c_.sequential);
  }

  /// What tests by betting would have said on the way.
  void early(const SequentialResult& s) {
    if (s.stopped_after)
      line("Stopped early, it would have ended after " + grouped(*s.stopped_after) + " of " +
           counted(s.items, "item", "items") + ": there is a " + drop_ + " (of any size), with " +
           grouped(s.losses_at_stop) + " against " + grouped(s.wins_at_stop) + ".");
    else
      line("Stopped early, it would not have ended: the bet never reached " +
           format("%.3g", 1 / j_.alpha) + " (p at any stop " + format("%.3g", s.p_anytime()) +
           "). It bets on a " + drop_ + " of any size.");
    if (!s.against_margin) return;
    const auto known = [&](const MarginBet& bet, const std::string& what) {
      if (bet.stopped_after)
        line("That the drop is " + what + " the margin was known after " +
             counted(*bet.stopped_after, "item", "items") + ".");
      else
        line("That the drop is " + what + " the margin was known at no item (p at any stop " +
             format("%.3g", bet.p_anytime()) + ").");
    };
    known(s.against_margin->regress, "beyond");
    known(s.against_margin->pass, "within");
    if (c_.effect.clusters > 0) line("All three bets take items as independent.");
  }

  void subjects() {
    if (c_.subjects.empty()) return;
    std::vector<const SubjectVerdict*> rows;
    std::size_t width = 7;
    std::int64_t regressed = 0, passed = 0, dropped = 0;
    for (const SubjectVerdict& subject : c_.subjects) {
      rows.push_back(&subject);
      width = std::max(width, characters(subject.name));
      regressed += subject.judgement.verdict == Verdict::kRegress;
      passed += subject.judgement.verdict == Verdict::kPass;
      dropped += subject.any_drop;
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto* a, const auto* b) { return a->shrunken < b->shrunken; });
    out_ += "\n" + padded("subject", width) + padded("items", 9, true) + padded("change", 9, true) +
            padded("shrunken", 18, true) + "  " + padded("interval, corrected", 22) + "verdict\n";
    for (const SubjectVerdict* row : rows) {
      const Judgement& j = row->judgement;
      out_ += padded(row->name, width) + padded(grouped(j.items), 9, true) +
              padded(change(j.difference), 9, true) +
              padded(change(row->shrunken) + " ± " + digits(row->shrunken_deviation), 18, true) +
              "  " + padded(range(row->corrected), 22) + verdict_name(j.verdict) +
              (row->any_drop ? ", a " + drop_ : "") + "\n";
    }
    const auto all = static_cast<std::int64_t>(rows.size());
    out_ += counted(all, "subject", "subjects") + " together (Holm): " + grouped(regressed) +
            " regressed, " + grouped(passed) + " passed, " + grouped(all - regressed - passed) +
            " inconclusive; e-BH: a " + drop_ + " of any size in " + grouped(dropped) +
            ". Order subjects by the shrunken change, not by the change.\n";
  }

  const Comparison& c_;
  const Judgement& j_;
  bool binary_;
  std::string drop_ = "drop";  ///< what a loss is in the metric's own direction
  std::string out_;
};

}  // namespace

std::string comparison_table(const Comparison& comparison) { return Words(comparison).text(); }

}  // namespace orch::score
