#pragma once
// Encodes the pieces of a text, one after the other. They are collected in blocks and looked up
// together, so that none waits for the memory of another: first among the pieces that this thread
// has met before, then among those of all threads; the rest is encoded. Thread: one.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "jobs/tokenizer/fast_bpe.h"
#include "jobs/tokenizer/fast_bpe_group.h"
#include "jobs/tokenizer/fast_memo.h"
#include "jobs/tokenizer/fast_model.h"
#include "jobs/tokenizer/shared_memo.h"

namespace orch::tokenizer {

class PieceEncoder {
 public:
  using Byte = unsigned char;
  /// What all threads have in common, and where the ids of a text go.
  struct Task {
    const FastModel& model;
    SharedMemo& memo;
    std::vector<std::int32_t>& ids;
  };

  /// Has the memory there before it is used.
  void touch() { memo_.touch(); }

  /// Adds the piece [begin, end) of the task's text, which follows the last one; the text goes on
  /// to `text_end`, and stays where it is.
  void add(const Task& task, const Byte* begin, const Byte* end, const Byte* text_end) {
    const auto size_bytes = static_cast<std::size_t>(end - begin);
    if (size_bytes > kLongBytesMax) return add_long(task, begin, size_bytes);
    if (size_bytes <= FastMemo::kBytesMax) {
      keys_[size_] = FastMemo::key_of(reinterpret_cast<const char*>(begin), size_bytes,
                                      static_cast<std::size_t>(text_end - begin));
      memo_.fetch(keys_[size_]);
    }
    begins_[size_++] = begin;
    if (size_ == kPiecesMax) flush(task, end);
  }
  /// All pieces of the text are added: the last of its ids are there when it returns.
  void finish(const Task& task, const Byte* text_end) { flush(task, text_end); }

 private:
  static constexpr std::size_t kPiecesMax = FastBpeGroup::kPiecesMax;
  static constexpr std::size_t kLongBytesMax = 512;  ///< what is longer is not put in a block
  static constexpr std::size_t kBufferIds = 4096;
  /// In place of a count of ids: that ids[1] of them stand in shared_ids_ from ids[0] on; that
  /// ids[0] is the piece's number in group_; that the piece is to be encoded by itself.
  static constexpr std::uint32_t kShared = 0xFFFFFFFD, kGrouped = 0xFFFFFFFE, kAlone = 0xFFFFFFFF;

  std::size_t size_of(std::size_t i) const {
    return static_cast<std::size_t>(begins_[i + 1] - begins_[i]);
  }
  std::string_view text(std::size_t i) const {
    return {reinterpret_cast<const char*>(begins_[i]), size_of(i)};
  }
  bool is_short(std::size_t i) const { return size_of(i) <= FastMemo::kBytesMax; }

  void add_long(const Task& task, const Byte* begin, std::size_t size_bytes);
  void flush(const Task& task, const Byte* end);
  void look_up(const Task& task);
  std::size_t look_up_shared(const Task& task, std::size_t unknown);
  bool keep_short(std::size_t i, std::span<const std::uint32_t> ids);
  void encode(const Task& task, std::size_t unknown);
  void emit(const Task& task);
  void encode_alone(const Task& task, std::string_view piece);

  FastMemo memo_;
  // The block.
  std::size_t size_ = 0;
  std::array<const Byte*, kPiecesMax + 1> begins_;
  std::array<FastMemo::Key, kPiecesMax> keys_;
  std::array<FastMemo::Ids, kPiecesMax> ids_;
  std::array<std::uint32_t, kPiecesMax + 1> unknown_;    ///< pieces that are still unknown
  std::array<SharedMemo::Key, kPiecesMax> shared_keys_;  ///< theirs
  std::array<std::uint32_t, kPiecesMax * SharedMemo::kIdsMax> shared_ids_;
  std::size_t shared_ids_size_ = 0;
  std::array<std::uint16_t, kPiecesMax> places_;  ///< by key: which of unknown_, + 1; 0: none
  FastBpeGroup group_;
  FastBpe::Work alone_;
  std::array<std::uint32_t, kBufferIds + SharedMemo::kPieceBytesMax> buffer_;  ///< of ids
};

}  // namespace orch::tokenizer
