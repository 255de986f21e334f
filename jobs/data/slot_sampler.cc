#include "jobs/data/slot_sampler.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/random.h"

namespace orch::data {

namespace {

constexpr int kWindowMax = 1 << 20;

/// Consecutive tokens of one document in a window: inputs [begin, begin + length), each predicts
/// its successor.
struct Piece {
  std::uint64_t document = 0, begin = 0;
  std::uint64_t length = 0;
};
using Window = std::vector<Piece>;

/// Packs one group. Documents that are longer than a window are cut; then longest first, each into
/// the fullest window that still has room. Source: Ding et al. 2024, arXiv:2404.10830, section 3
/// (best-fit decreasing).
std::vector<Window> pack_group(const Source& source, std::uint64_t group, std::uint64_t window) {
  const std::uint64_t first = group * kGroupDocuments;
  const std::uint64_t last = std::min(first + kGroupDocuments, source.documents());
  std::vector<Piece> pieces;
  for (std::uint64_t d = first; d < last; ++d) {
    // The last token is only ever predicted.
    const std::uint64_t end = source.document_begin(d) + source.document_length(d) - 1;
    for (std::uint64_t at = source.document_begin(d); at < end; at += window)
      pieces.push_back({d, at, std::min(window, end - at)});
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.length > b.length; });
  std::vector<Window> windows;
  std::set<std::pair<std::uint64_t, std::size_t>> room;  // (free positions, window)
  for (const Piece& piece : pieces) {
    auto fit = room.lower_bound({piece.length, 0});
    std::uint64_t left = window;
    std::size_t at = windows.size();
    if (fit == room.end()) {
      windows.emplace_back();
    } else {
      std::tie(left, at) = *fit;
      room.erase(fit);
    }
    windows[at].push_back(piece);
    if (left > piece.length) room.insert({left - piece.length, at});
  }
  return windows;
}

std::uint64_t name_hash(std::string_view name) {
  std::uint64_t hash = 0;
  for (const char c : name) hash = mix64(hash ^ static_cast<unsigned char>(c));
  return hash;
}

}  // namespace

struct SlotSampler::State {
  struct Stream {
    const Source* source = nullptr;
    std::uint64_t key = 0;
    std::vector<std::uint64_t> windows_before;  ///< by group, and the total
    std::uint64_t positions = 0;                ///< that carry a loss, in one epoch
    std::uint64_t windows() const { return windows_before.back(); }
  };
  struct Place {
    const Stream* stream = nullptr;
    std::uint64_t epoch = 0, window = 0;
  };

  Place place(std::uint64_t slot) const {
    const Mixture::Draw draw = mixture.draw(slot);
    const Stream& stream = streams[draw.source];
    const std::uint64_t epoch = draw.occurrence / stream.windows();
    const Permutation order(stream.key, epoch, stream.windows());
    return {&stream, epoch, order(draw.occurrence % stream.windows())};
  }

  Window window(const Place& place) const {
    const auto& before = place.stream->windows_before;
    const auto after = std::upper_bound(before.begin(), before.end(), place.window);
    const auto group = static_cast<std::uint64_t>(after - before.begin()) - 1;
    auto windows = pack_group(*place.stream->source, group, static_cast<std::uint64_t>(length));
    return std::move(windows[place.window - before[group]]);
  }

  Mixture mixture;
  std::vector<Stream> streams;
  std::vector<std::uint32_t> weights;
  int length = 0;
  std::int32_t padding = 0;
};

SlotSampler::SlotSampler(std::unique_ptr<State> state) : state_(std::move(state)) {}
SlotSampler::~SlotSampler() = default;

Result<std::unique_ptr<SlotSampler>> SlotSampler::create(
    const Dataset& dataset, const std::vector<std::pair<std::string, std::uint32_t>>& weights,
    std::uint64_t seed, int window_length) {
  if (window_length < 2 || window_length > kWindowMax)
    return invalid("window: " + std::to_string(window_length) + " is not within 2 and " +
                   std::to_string(kWindowMax));
  auto state = std::make_unique<State>();
  for (const auto& [name, weight] : weights) {
    const Source* source = dataset.find(name);
    if (!source) {
      std::string known;
      for (const auto& s : dataset.sources()) known += (known.empty() ? "" : ", ") + s.name();
      return invalid(
          "mixture: the dataset " + dataset.directory() + " has no source '" + name + "'",
          "it has: " + known);
    }
    for (const auto& stream : state->streams)
      if (stream.source == source) return invalid("mixture: source '" + name + "' occurs twice");
    State::Stream stream;
    stream.source = source;
    stream.key = random_word(seed, name_hash(name));
    stream.windows_before.push_back(0);
    const std::uint64_t groups = (source->documents() + kGroupDocuments - 1) / kGroupDocuments;
    for (std::uint64_t g = 0; g < groups; ++g) {
      const auto windows = pack_group(*source, g, static_cast<std::uint64_t>(window_length));
      stream.windows_before.push_back(stream.windows_before.back() + windows.size());
    }
    if (stream.windows() == 0)
      return invalid("mixture: source '" + name + "' holds nothing but empty documents");
    stream.positions = source->tokens() - source->documents();
    state->streams.push_back(std::move(stream));
    state->weights.push_back(weight);
  }
  ORCH_ASSIGN(state->mixture, Mixture::create(state->weights));
  state->length = window_length;
  state->padding = dataset.end_of_text();
  return std::unique_ptr<SlotSampler>(new SlotSampler(std::move(state)));
}

void SlotSampler::fill(std::uint64_t first_slot, int count, model::Batch& batch) const {
  const auto length = static_cast<std::size_t>(state_->length);
  const std::size_t total = static_cast<std::size_t>(count) * length;
  batch.windows = count;
  batch.length = state_->length;
  batch.ids.assign(total, state_->padding);
  batch.labels.assign(total, -1);
  batch.positions.assign(total, 0);
  batch.segment_start.resize(total);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto place = state_->place(first_slot + i);
    std::size_t t = 0;
    for (const Piece& piece : state_->window(place)) {
      const auto start = static_cast<std::int32_t>(t);
      for (std::uint64_t k = 0; k < piece.length; ++k, ++t) {
        batch.ids[i * length + t] = place.stream->source->token(piece.begin + k);
        batch.labels[i * length + t] = place.stream->source->token(piece.begin + k + 1);
        batch.positions[i * length + t] = static_cast<std::int32_t>(k);
        batch.segment_start[i * length + t] = start;
      }
    }
    for (; t < length; ++t) batch.segment_start[i * length + t] = static_cast<std::int32_t>(t);
  }
}

Provenance SlotSampler::provenance(std::uint64_t slot) const {
  const auto place = state_->place(slot);
  Provenance out{place.stream->source->name(), place.epoch, place.window, {}};
  for (const Piece& piece : state_->window(place)) out.documents.push_back(piece.document);
  std::sort(out.documents.begin(), out.documents.end());
  return out;
}

std::uint64_t SlotSampler::windows(std::size_t source) const {
  return state_->streams[source].windows();
}

double SlotSampler::fill_ratio() const {
  double weighted = 0, sum = 0;
  for (std::size_t s = 0; s < state_->streams.size(); ++s) {
    const auto& stream = state_->streams[s];
    const double slots = static_cast<double>(stream.windows()) * state_->length;
    weighted += state_->weights[s] * static_cast<double>(stream.positions) / slots;
    sum += state_->weights[s];
  }
  return weighted / sum;
}

std::string Provenance::text() const {
  constexpr std::size_t kShown = 8;
  std::string out = source + ": epoch " + std::to_string(epoch) + ", window " +
                    std::to_string(window) + " (documents ";
  for (std::size_t i = 0; i < documents.size() && i < kShown; ++i)
    out += (i ? ", " : "") + std::to_string(documents[i]);
  return out + (documents.size() > kShown ? ", …)" : ")");
}

}  // namespace orch::data
