#include "jobs/tokenizer/fast_encoder.h"

#include <array>
#include <atomic>
#include <mutex>
#include <type_traits>

#include "jobs/tokenizer/fast_model.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/fast_shape.h"
#include "jobs/tokenizer/piece_encoder.h"
#include "jobs/tokenizer/shared_memo.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_normalize.h"

namespace orch::tokenizer {

namespace {

using Byte = Scanner::Byte;

/// Counts threads; two that live have different numbers.
std::size_t this_thread() {
  static std::atomic<std::size_t> threads{0};
  static thread_local const std::size_t number = threads++;
  return number;
}

/// How text becomes pieces. In a kept file as it is: bytes without gaps.
struct Rules {
  FastShape::Cut cut = FastShape::Cut::kPattern;
  FastShape::Prefix prefix = FastShape::Prefix::kNone;
  ScanPattern pattern = ScanPattern::kGpt2;
  bool nfc = false;
  bool normalizes = false;
  bool cut_at_spaces = false;  ///< no token has a space behind something else
};
static_assert(std::has_unique_object_representations_v<Rules> && sizeof(Rules) == 6);

/// One thread's memory, lent to a call.
struct Work {
  PieceEncoder pieces;
  std::string text;  ///< the section, where it had to be changed
};

/// The next cut of text in which words begin with their spaces: before a space that follows
/// something else, or before each space.
struct SpaceScan {
  bool each;
  const Byte* operator()(const Scanner& s, const Byte* p) const {
    const Byte* at = p + 1;
    if (!each)
      while (at < s.end() && at[-1] == ' ' && *at == ' ') ++at;
    return s.find_space(at);
  }
};
struct NoScan {
  const Byte* operator()(const Scanner& s, const Byte*) const { return s.end(); }
};

}  // namespace

struct FastEncoder::State {
  Rules rules;
  FastModel model;

  mutable SharedMemo memo;
  /// Where a thread finds what it had last: what that knows lies in the core's cache. A line each,
  /// so that threads do not wait for each other.
  struct alignas(64) Seat {
    std::atomic<Work*> work{nullptr};
    ~Seat() { delete work.load(); }
  };
  mutable std::array<Seat, 64> seats;
  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Work>> idle;  ///< whose seat was taken

  Seat& seat() const { return seats[this_thread() % seats.size()]; }
  std::unique_ptr<Work> borrow() const {
    if (Work* const own = seat().work.exchange(nullptr, std::memory_order_acquire))
      return std::unique_ptr<Work>(own);
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        std::unique_ptr<Work> work = std::move(idle.back());
        idle.pop_back();
        return work;
      }
    }
    return std::make_unique<Work>();
  }
  void give_back(std::unique_ptr<Work> work) const {
    Work* none = nullptr;
    if (seat().work.compare_exchange_strong(none, work.get(), std::memory_order_release,
                                            std::memory_order_relaxed)) {
      (void)work.release();
      return;
    }
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(work));
  }

  template <typename Scan>
  void run(const Scan& scan, std::string_view text, std::vector<std::int32_t>& ids,
           Work& work) const {
    const auto* p = reinterpret_cast<const Byte*>(text.data());
    const Byte* const end = p + text.size();
    const Scanner scanner(end);
    const PieceEncoder::Task task = {model, memo, ids};
    while (p < end) {
      const Byte* const next = scan(scanner, p);
      work.pieces.add(task, p, next, end);
      p = next;
    }
    work.pieces.finish(task, end);
  }

  void run_shape(std::string_view text, std::vector<std::int32_t>& ids, Work& work) const {
    if (rules.cut == FastShape::Cut::kPattern)
      return with_scan(rules.pattern, [&](const auto& scan) { run(scan, text, ids, work); });
    if (rules.cut == FastShape::Cut::kEachSpace || rules.cut_at_spaces)
      return run(SpaceScan{rules.cut == FastShape::Cut::kEachSpace}, text, ids, work);
    run(NoScan(), text, ids, work);
  }

  /// The text with what the normalizer or pre-tokenizer puts in; `work.text` if it is another.
  std::string_view prepared(std::string_view text, bool at_start, Work& work) const {
    using Prefix = FastShape::Prefix;
    if (rules.nfc && !is_normalized_quick(text, NormalForm::kNfc)) {
      work.text = normalize(text, NormalForm::kNfc);
      text = work.text;
    }
    const bool marks =
        rules.cut != FastShape::Cut::kPattern && text.find(kMetaspaceMark) != text.npos;
    const bool spaced = text.starts_with(' ') || (marks && text.starts_with(kMetaspaceMark));
    const bool prefix = rules.prefix == Prefix::kAlways ||
                        (rules.prefix == Prefix::kUnlessSpace && !spaced) ||
                        (rules.prefix == Prefix::kFirstUnlessSpace && at_start && !spaced);
    if (!marks && !prefix) return text;
    std::string out;
    out.reserve(text.size() + 1);
    if (prefix) out += ' ';
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t mark = marks ? text.find(kMetaspaceMark, at) : text.npos;
      out += text.substr(at, mark - at);
      if (mark == text.npos) break;
      out += ' ';
      at = mark + kMetaspaceMark.size();
    }
    work.text.swap(out);
    return work.text;
  }
};

// What the first text needs is made at the start.
FastEncoder::FastEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {
  scan_classes();
  if (state_->rules.nfc) (void)is_normalized_quick("\u00E9", NormalForm::kNfc);
  state_->memo.touch();
  prepare_thread();
}
FastEncoder::~FastEncoder() = default;

namespace {

bool has_inner_space(std::string_view token) {
  for (std::size_t i = 1; i < token.size(); ++i)
    if (token[i] == ' ' && token[i - 1] != ' ') return true;
  return false;
}

}  // namespace

std::unique_ptr<FastEncoder> FastEncoder::make(const TokenizerFile& file) {
  auto shape = fast_shape(file);
  if (!shape) return nullptr;
  auto state = std::make_unique<State>();
  const auto& merges = std::get<spec::Bpe>(file.model).merges;
  state->rules = {shape->cut, shape->prefix, shape->pattern, shape->nfc, shape->normalizes, true};
  for (std::size_t id = 0; id < shape->tokens.size(); ++id)
    if (has_inner_space(shape->tokens[id])) state->rules.cut_at_spaces = false;
  auto model = FastModel::make(std::move(shape->tokens), merges, shape->symbols, shape->byte_ids,
                               shape->ignore_merges);
  if (!model) return nullptr;
  state->model = std::move(*model);
  return std::unique_ptr<FastEncoder>(new FastEncoder(std::move(state)));
}

void FastEncoder::save(FlatWriter& out) const {
  out.value(state_->rules);
  state_->model.save(out);
}

std::unique_ptr<FastEncoder> FastEncoder::load(FlatReader& in) {
  const auto rules = in.value<Rules>();
  auto model = FastModel::load(in);
  if (!model || rules.cut > FastShape::Cut::kEachSpace ||
      rules.prefix > FastShape::Prefix::kAlways || rules.pattern > ScanPattern::kTekken)
    return nullptr;
  auto state = std::make_unique<State>();
  state->rules = rules;
  state->model = std::move(*model);
  return std::unique_ptr<FastEncoder>(new FastEncoder(std::move(state)));
}

std::string_view FastEncoder::bytes_of(std::size_t id) const {
  const FastTables& tables = state_->model.tables;
  const bool known = state_->rules.cut == FastShape::Cut::kPattern && id < tables.size();
  return known ? tables.text(static_cast<std::uint32_t>(id)) : std::string_view();
}

bool FastEncoder::normalizes() const { return state_->rules.normalizes; }

void FastEncoder::prepare_thread() const {
  if (state_->seat().work.load(std::memory_order_relaxed)) return;
  auto work = std::make_unique<Work>();
  work->pieces.touch();
  state_->give_back(std::move(work));
}

void FastEncoder::encode(std::string_view text, bool at_start,
                         std::vector<std::int32_t>& ids) const {
  if (text.empty()) return;
  auto work = state_->borrow();
  state_->run_shape(state_->prepared(text, at_start, *work), ids, *work);
  state_->give_back(std::move(work));
}

}  // namespace orch::tokenizer
