// Connectionist temporal classification.
#include "tern/ops/ctc.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Numbers = std::vector<std::int64_t>;

Numbers list(const Tensor& tensor) {
  auto values = tensor.values<std::int64_t>();
  return {values.begin(), values.end()};
}

/// One sequence of labels.
SparseTensor labels(Numbers values) {
  Numbers indices;
  const auto size = static_cast<std::int64_t>(values.size());
  for (std::int64_t i = 0; i < size; ++i) indices.insert(indices.end(), {0, i});
  return {Tensor(indices, Shape{size, 2}),
          Tensor(values),
          Tensor(Numbers{1, size})};
}

TEST_CASE("The loss sums the likelihood of all paths that give the labels") {
  // Two steps, classes a and blank at 1/2 each: "aa", "a-" and "-a" give "a".
  Tensor logits = zeros({2, 1, 2});
  Tensor loss = nn::ctc_loss(labels({0}), logits, Tensor{2});
  CHECK(loss.values<float>()[0] == Approx(-std::log(0.75)));
  // "aa" is one label when repeats are merged: two labels need three steps.
  CHECK_THROWS_WITH(nn::ctc_loss(labels({0, 0}), logits, Tensor{2}),
                    Contains("required: 3, available: 2"));
  Tensor ignored = nn::ctc_loss(labels({0, 0}),
                                logits,
                                Tensor{2},
                                {.ignore_longer_outputs_than_inputs = true});
  CHECK(ignored.values<float>()[0] == 0);
  CHECK_THROWS_WITH(nn::ctc_loss(labels({0}), logits, Tensor{3}),
                    Contains("sequence_length(0) <= 2"));
}

TEST_CASE("Decoders give labels without blanks") {
  // a a - b: the last class is the blank.
  Tensor inputs = reshape(
      Tensor{
          {9.0, 0.0, 0.0}, {9.0, 0.0, 0.0}, {0.0, 0.0, 9.0}, {0.0, 9.0, 0.0}},
      {4, 1, 3});
  auto greedy = nn::ctc_greedy_decoder(inputs, Tensor{4});
  CHECK(list(greedy.decoded[0].values) == Numbers{0, 1});
  CHECK(greedy.log_probability.values<float>()[0] == -36);
  auto all =
      nn::ctc_greedy_decoder(inputs, Tensor{4}, {.merge_repeated = false});
  CHECK(list(all.decoded[0].values) == Numbers{0, 0, 1});
  auto beams = nn::ctc_beam_search_decoder(
      inputs, Tensor{4}, {.beam_width = 5, .top_paths = 2});
  CHECK(list(beams.decoded[0].values) == Numbers{0, 1});
  auto scores = beams.log_probability.values<float>();
  CHECK(scores[0] > scores[1]);
  CHECK_THROWS_WITH(nn::ctc_beam_search_decoder(
                        inputs, Tensor{4}, {.beam_width = 1, .top_paths = 2}),
                    Contains("Requested more paths than the beam width"));
}

}  // namespace
}  // namespace tern
