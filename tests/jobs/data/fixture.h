#pragma once
// A small dataset made from generated sentences, for the tests of this folder.

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "base/random.h"
#include "jobs/data/prepare.h"

namespace orch::data {

inline std::string sentence(Random& random, std::uint64_t words) {
  static constexpr const char* kWords[] = {"liver", "kidney", "the", "of", "fever",
                                           "tea",   "copper", "is",  "12"};
  std::string text;
  for (std::uint64_t i = 0; i < words; ++i)
    text += std::string(i ? " " : "") + kWords[random.below(9)];
  return text;
}

/// `documents` lines {"text": …} of 1 to `words` words.
inline std::string lines(std::uint64_t seed, int documents, std::uint64_t words) {
  SeededRandom random(seed);
  std::string text;
  for (int d = 0; d < documents; ++d)
    text += "{\"text\": \"" + sentence(random, 1 + random.below(words)) + "\"}\n";
  return text;
}

inline PrepareRequest request(const std::string& folder) {
  EXPECT_TRUE(write_file_atomic(folder + "/general.jsonl", lines(1, 700, 40)).ok());
  EXPECT_TRUE(write_file_atomic(folder + "/medical.jsonl", lines(2, 90, 300)).ok());
  PrepareRequest request;
  request.train_tokenizer =
      PrepareRequest::TrainTokenizer{300, 2, {"<|endoftext|>"}, {folder + "/general.jsonl"}};
  request.sources = {{"general", {folder + "/general.jsonl"}},
                     {"medical", {folder + "/medical.jsonl"}}};
  request.output = folder + "/data";
  return request;
}

}  // namespace orch::data
