#pragma once
// seqeval_f1, seqeval_precision, seqeval_recall, token_accuracy: entity scores of tag lists, micro,
// as seqeval's default mode (the chunks of conlleval). span_f1: exact (type, start, end), micro.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jobs/score/label_f1.h"
#include "jobs/score/metric.h"

namespace orch::score {

/// Where the walk over a corpus stands between two tag lists. A tag that opens no chunk keeps the
/// beginning of an earlier one, even of another list.
struct ChunkWalk {
  std::string previous_type;
  std::int64_t begin = 0, offset = 0;
};
/// Entities of the next tag list; start and end are indices in the corpus, where each list is
/// followed by one tag more, both inside.  Errors: kInvalid: an empty tag. Source: seqeval 1.2.2
/// get_entities; Tjong Kim Sang & De Meulder 2003.
Result<std::vector<LabelledSpan>> entities(const std::vector<std::string>& tags, ChunkWalk& walk);

/// Adds distinct spans of both to the counts by type, and all of them to `total`.
void count_spans(std::vector<LabelledSpan> predicted, std::vector<LabelledSpan> gold,
                 std::map<std::string, LabelCounts>& by_type, LabelCounts& total);

struct SeqevalWanted {
  bool f1 = false, precision = false, recall = false, token_accuracy = false;
};
std::unique_ptr<Metric> make_seqeval(SeqevalWanted wanted);
/// Prediction and reference are lists of spans, or of tags whose entities are the spans.
std::unique_ptr<Metric> make_span_f1();

}  // namespace orch::score
