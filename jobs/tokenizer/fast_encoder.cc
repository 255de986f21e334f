#include "jobs/tokenizer/fast_encoder.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "jobs/tokenizer/fast_bpe.h"
#include "jobs/tokenizer/fast_memo.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/fast_shape.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_normalize.h"

namespace orch::tokenizer {

namespace {

using Byte = Scanner::Byte;

constexpr std::size_t kBufferIds = 4096;

/// Names the calling thread among those that live.
const void* this_thread() {
  static thread_local const char kPlace = 0;
  return &kPlace;
}

/// One thread's memory, lent to a call.
struct Work {
  const void* thread = nullptr;  ///< that had it last: what it knows lies in that core's cache
  FastMemo memo;
  FastBpe::Work bpe;
  std::vector<std::int32_t> piece;  ///< ids of one piece
  std::string text;                 ///< the section, where it had to be changed
  std::uint32_t buffer[kBufferIds + FastMemo::kWriteSlack];
};

/// Collects ids in a small buffer and hands them over in blocks.
class Output {
 public:
  Output(Work& work, std::vector<std::int32_t>& ids) : work_(work), ids_(ids) {}
  ~Output() { flush(); }
  /// Room for kWriteSlack ids; advance() by what was written.
  std::uint32_t* room() { return work_.buffer + size_; }
  void advance(std::size_t count) {
    size_ += count;
    if (size_ > kBufferIds - FastMemo::kWriteSlack) flush();
  }
  void append(const std::vector<std::int32_t>& ids) {
    auto& all = direct();
    all.insert(all.end(), ids.begin(), ids.end());
  }
  /// Where the next ids may be put at once.
  std::vector<std::int32_t>& direct() {
    flush();
    return ids_;
  }

 private:
  void flush() {
    ids_.insert(ids_.end(), work_.buffer, work_.buffer + size_);
    size_ = 0;
  }
  Work& work_;
  std::vector<std::int32_t>& ids_;
  std::size_t size_ = 0;
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
  FastShape shape;
  std::shared_ptr<const void> memory;  ///< of the tables: their storage, or a mapped file
  FastTables tables;
  bool cut_at_spaces = false;  ///< no token has a space behind something else

  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Work>> idle;

  std::unique_ptr<Work> borrow() const {
    const std::lock_guard lock(mutex);
    if (idle.empty()) idle.push_back(std::make_unique<Work>());
    const auto own = std::find_if(idle.begin(), idle.end(),
                                  [](const auto& one) { return one->thread == this_thread(); });
    if (own != idle.end()) std::swap(*own, idle.back());
    std::unique_ptr<Work> work = std::move(idle.back());
    idle.pop_back();
    work->thread = this_thread();
    return work;
  }
  void give_back(std::unique_ptr<Work> work) const {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(work));
  }

  /// Encodes a piece without looking it up.
  void encode_piece(const char* piece, std::size_t size_bytes, Work& work,
                    std::vector<std::int32_t>& ids) const {
    const FastBpe bpe(tables);
    for (std::size_t at = 0; at < size_bytes;) {
      const auto longest = bpe.longest(piece + at, size_bytes - at);
      if (at == 0 && shape.ignore_merges && longest.whole != kNoToken) {
        ids.push_back(static_cast<std::int32_t>(longest.whole));
        return;
      }
      if (longest.reachable != kNoToken) {
        at += bpe.encode(piece + at, size_bytes - at, longest.reachable, work.bpe);
        ids.insert(ids.end(), work.bpe.tokens.begin(), work.bpe.tokens.end());
      } else {
        do {
          const auto byte = static_cast<Byte>(piece[at]);
          ids.push_back(static_cast<std::int32_t>(shape.byte_ids[byte]));
        } while (++at < size_bytes && continues_character(piece[at]));
      }
    }
  }

  /// A piece that find_short() does not know or that is too long for it.
  __attribute__((noinline)) void emit_rare(const Byte* p, std::size_t size_bytes,
                                           std::size_t readable, Output& out, Work& work) const {
    const char* piece = reinterpret_cast<const char*>(p);
    if (size_bytes > FastMemo::kLongBytesMax)
      return encode_piece(piece, size_bytes, work, out.direct());
    if (const std::size_t n = work.memo.find_long(piece, size_bytes, out.room()))
      return out.advance(n);
    work.piece.clear();
    encode_piece(piece, size_bytes, work, work.piece);
    const auto* ids = reinterpret_cast<const std::uint32_t*>(work.piece.data());
    const std::size_t count = work.piece.size();
    if (count > FastMemo::kLongIdsMax) return out.append(work.piece);
    std::copy(ids, ids + count, out.room());
    out.advance(count);
    if (size_bytes <= FastMemo::kShortBytesMax && count <= FastMemo::kShortIdsMax)
      work.memo.keep_short(FastMemo::short_key(piece, size_bytes, readable), ids, count);
    else
      work.memo.keep_long(piece, size_bytes, ids, count);
  }

  template <typename Scan>
  void run(const Scan& scan, std::string_view text, std::vector<std::int32_t>& ids,
           Work& work) const {
    const auto* p = reinterpret_cast<const Byte*>(text.data());
    const Byte* const end = p + text.size();
    const Scanner scanner(end);
    Output out(work, ids);
    while (p < end) {
      const Byte* const next = scan(scanner, p);
      const auto size_bytes = static_cast<std::size_t>(next - p);
      const auto readable = static_cast<std::size_t>(end - p);
      if (size_bytes <= FastMemo::kShortBytesMax) {
        const auto key =
            FastMemo::short_key(reinterpret_cast<const char*>(p), size_bytes, readable);
        if (const std::size_t n = work.memo.find_short(key, out.room()))
          out.advance(n);
        else
          emit_rare(p, size_bytes, readable, out, work);
      } else {
        emit_rare(p, size_bytes, readable, out, work);
      }
      p = next;
    }
  }

  void run_shape(std::string_view text, std::vector<std::int32_t>& ids, Work& work) const {
    if (shape.cut == FastShape::Cut::kPattern)
      return with_scan(shape.pattern, [&](const auto& scan) { run(scan, text, ids, work); });
    if (shape.cut == FastShape::Cut::kEachSpace || cut_at_spaces)
      return run(SpaceScan{shape.cut == FastShape::Cut::kEachSpace}, text, ids, work);
    run(NoScan(), text, ids, work);
  }

  /// The text with what the normalizer or pre-tokenizer puts in; `work.text` if it is another.
  std::string_view prepared(std::string_view text, bool at_start, Work& work) const {
    using Prefix = FastShape::Prefix;
    if (shape.nfc && !is_normalized_quick(text, NormalForm::kNfc)) {
      work.text = normalize(text, NormalForm::kNfc);
      text = work.text;
    }
    const bool marks =
        shape.cut != FastShape::Cut::kPattern && text.find(kMetaspaceMark) != text.npos;
    const bool spaced = text.starts_with(' ') || (marks && text.starts_with(kMetaspaceMark));
    const bool prefix = shape.prefix == Prefix::kAlways ||
                        (shape.prefix == Prefix::kUnlessSpace && !spaced) ||
                        (shape.prefix == Prefix::kFirstUnlessSpace && at_start && !spaced);
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
  if (state_->shape.nfc) (void)is_normalized_quick("\u00E9", NormalForm::kNfc);
  auto work = std::make_unique<Work>();
  work->memo.touch();
  state_->give_back(std::move(work));
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
  std::shared_ptr<const FastTablesStorage> storage =
      make_fast_tables(std::move(shape->tokens), merges, shape->symbols);
  if (!storage) return nullptr;
  state->tables = storage->view();
  state->cut_at_spaces = true;
  for (std::size_t id = 0; id < storage->tokens.size(); ++id)
    if (has_inner_space(storage->tokens[id])) state->cut_at_spaces = false;
  state->memory = std::move(storage);
  state->shape = std::move(*shape);
  return std::unique_ptr<FastEncoder>(new FastEncoder(std::move(state)));
}

namespace {

/// What of a shape is needed when the tables are there.
struct SavedShape {
  FastShape::Cut cut;
  FastShape::Prefix prefix;
  ScanPattern pattern;
  bool nfc, normalizes, ignore_merges, cut_at_spaces;
  std::array<std::uint32_t, 256> byte_ids;
};

}  // namespace

void FastEncoder::save(FlatWriter& out) const {
  const FastShape& s = state_->shape;
  SavedShape saved;
  std::memset(&saved, 0, sizeof saved);  // the gaps too: the same file each time
  saved.cut = s.cut;
  saved.prefix = s.prefix;
  saved.pattern = s.pattern;
  saved.nfc = s.nfc;
  saved.normalizes = s.normalizes;
  saved.ignore_merges = s.ignore_merges;
  saved.cut_at_spaces = state_->cut_at_spaces;
  saved.byte_ids = s.byte_ids;
  out.value(saved);
  state_->tables.save(out);
}

std::unique_ptr<FastEncoder> FastEncoder::load(FlatReader& in) {
  const auto saved = in.value<SavedShape>();
  const auto tables = FastTables::load(in);
  if (!tables || saved.cut > FastShape::Cut::kEachSpace ||
      saved.prefix > FastShape::Prefix::kAlways || saved.pattern > ScanPattern::kTekken)
    return nullptr;
  auto state = std::make_unique<State>();
  state->memory = in.keeper();
  state->tables = *tables;
  FastShape& s = state->shape;
  s.cut = saved.cut;
  s.prefix = saved.prefix;
  s.pattern = saved.pattern;
  s.nfc = saved.nfc;
  s.normalizes = saved.normalizes;
  s.ignore_merges = saved.ignore_merges;
  s.byte_ids = saved.byte_ids;
  state->cut_at_spaces = saved.cut_at_spaces;
  return std::unique_ptr<FastEncoder>(new FastEncoder(std::move(state)));
}

std::string_view FastEncoder::bytes_of(std::size_t id) const {
  const FastTables& tables = state_->tables;
  const bool known = state_->shape.cut == FastShape::Cut::kPattern && id < tables.size();
  return known ? tables.text(static_cast<std::uint32_t>(id)) : std::string_view();
}

bool FastEncoder::normalizes() const { return state_->shape.normalizes; }

void FastEncoder::encode(std::string_view text, bool at_start,
                         std::vector<std::int32_t>& ids) const {
  if (text.empty()) return;
  auto work = state_->borrow();
  state_->run_shape(state_->prepared(text, at_start, *work), ids, *work);
  state_->give_back(std::move(work));
}

}  // namespace orch::tokenizer
