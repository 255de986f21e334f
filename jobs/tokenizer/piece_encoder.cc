#include "jobs/tokenizer/piece_encoder.h"

#include <algorithm>
#include <cstring>

#include "base/utf8.h"

namespace orch::tokenizer {

void PieceEncoder::add_long(const Task& task, const Byte* begin, std::size_t size_bytes) {
  flush(task, begin);
  encode_alone(task, {reinterpret_cast<const char*>(begin), size_bytes});
}

/// Encodes the block, whose last piece ends at `end`.
void PieceEncoder::flush(const Task& task, const Byte* end) {
  begins_[size_] = end;
  look_up(task);
  emit(task);
  size_ = 0;
}

/// Finds the ids of every piece, or says where they will be.
void PieceEncoder::look_up(const Task& task) {
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    unknown_[unknown] = static_cast<std::uint32_t>(i);
    unknown += !is_short(i) || !memo_.find(keys_[i], ids_[i]);
  }
  std::size_t left = 0;
  for (std::size_t k = 0; k < unknown; ++k) {
    const std::uint32_t i = unknown_[k];
    if (size_of(i) > SharedMemo::kPieceBytesMax) {
      ids_[i].count = kAlone;
      continue;
    }
    shared_keys_[left] = SharedMemo::Key(text(i));
    task.memo.fetch(shared_keys_[left]);
    unknown_[left++] = i;
  }
  if (left == 0) return;
  encode(task, look_up_shared(task, left));
}

/// Takes what other threads, or this one before, have encoded. The rest is put in group_; returns
/// how many these are.
std::size_t PieceEncoder::look_up_shared(const Task& task, std::size_t unknown) {
  group_.clear();
  places_.fill(0);
  shared_ids_size_ = 0;
  std::size_t left = 0;
  for (std::size_t k = 0; k < unknown; ++k) {
    const std::uint32_t i = unknown_[k];
    const SharedMemo::Key& key = shared_keys_[k];
    std::uint32_t* const ids = shared_ids_.data() + shared_ids_size_;
    if (const std::size_t count = task.memo.find(key, ids)) {
      if (keep_short(i, {ids, count})) continue;
      ids_[i] = {{static_cast<std::uint32_t>(shared_ids_size_), static_cast<std::uint32_t>(count)},
                 kShared};
      shared_ids_size_ += count;
      continue;
    }
    // Mostly, what stands twice in a block is encoded once.
    std::uint16_t& place = places_[key.hash() % kPiecesMax];
    if (place > 0 && text(unknown_[place - 1u]) == text(i)) {
      ids_[i] = ids_[unknown_[place - 1u]];
      continue;
    }
    ids_[i] = {{static_cast<std::uint32_t>(left)}, kGrouped};
    group_.add(text(i), task.model.short_tokens.may_have(key.hash()));
    shared_keys_[left] = key;
    unknown_[left++] = i;
    place = static_cast<std::uint16_t>(left);
  }
  return left;
}

/// Few ids of a short piece are kept for this thread, and put where emit() is quick.
bool PieceEncoder::keep_short(std::size_t i, std::span<const std::uint32_t> ids) {
  if (!is_short(i) || ids.size() > FastMemo::kIdsMax) return false;
  memo_.keep(keys_[i], ids);
  std::copy(ids.begin(), ids.end(), ids_[i].ids);
  ids_[i].count = static_cast<std::uint32_t>(ids.size());
  return true;
}

/// Encodes the first of unknown_, and has all know them.
void PieceEncoder::encode(const Task& task, std::size_t unknown) {
  if (unknown == 0) return;
  group_.run(task.model);
  for (std::size_t k = 0; k < unknown; ++k) {
    const std::uint32_t i = unknown_[k];
    const auto ids = group_.ids(k);
    keep_short(i, ids);
    if (ids.size() <= SharedMemo::kIdsMax) task.memo.keep(shared_keys_[k], ids);
  }
}

void PieceEncoder::emit(const Task& task) {
  std::uint32_t* out = buffer_.data();
  const auto hand_over = [&] {
    task.ids.insert(task.ids.end(), buffer_.data(), out);
    out = buffer_.data();
  };
  for (std::size_t i = 0; i < size_; ++i) {
    const FastMemo::Ids& known = ids_[i];
    if (known.count <= FastMemo::kIdsMax) {
      std::memcpy(out, known.ids, sizeof known.ids);
      out += known.count;
    } else if (known.count == kShared) {
      out = std::copy_n(shared_ids_.data() + known.ids[0], known.ids[1], out);
    } else if (known.count == kGrouped) {
      const auto ids = group_.ids(known.ids[0]);
      out = std::copy(ids.begin(), ids.end(), out);
    } else {
      hand_over();
      encode_alone(task, text(i));
    }
    if (out - buffer_.data() > static_cast<std::ptrdiff_t>(kBufferIds)) hand_over();
  }
  hand_over();
}

/// Without looking it up.
void PieceEncoder::encode_alone(const Task& task, std::string_view piece) {
  const FastModel& model = task.model;
  const FastBpe bpe(model.tables);
  for (std::size_t at = 0; at < piece.size();) {
    const auto longest = bpe.longest(piece.data() + at, piece.size() - at);
    if (at == 0 && model.whole_first && longest.whole != kNoToken) {
      task.ids.push_back(static_cast<std::int32_t>(longest.whole));
      return;
    }
    if (longest.reachable != kNoToken) {
      at += bpe.encode(piece.data() + at, piece.size() - at, longest.reachable, alone_);
      task.ids.insert(task.ids.end(), alone_.tokens.begin(), alone_.tokens.end());
      continue;
    }
    do task.ids.push_back(static_cast<std::int32_t>(model.byte_ids[static_cast<Byte>(piece[at])]));
    while (++at < piece.size() && continues_character(piece[at]));
  }
}

}  // namespace orch::tokenizer
