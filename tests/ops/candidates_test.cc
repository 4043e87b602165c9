// Expected values: TensorFlow's, of two runs of one node with seeds 3 and 5.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ops/apply.h"

namespace tern {
namespace {

using Ids = std::vector<std::int64_t>;

/// Calls of one node: each sampler's two runs.
struct Runs {
  std::vector<Ids> candidates;
  std::vector<float> first_true, first_sampled;
};

Runs runs_of(const std::string& op, bool unique, std::int64_t range) {
  const OpDef& def = OpRegistry::global().get(op);
  Attrs attrs(def.attrs.size());
  for (std::size_t i = 0; i < attrs.size(); ++i)
    attrs[i] = def.attrs[i].default_value;
  auto set = [&](const char* name, AttrValue value) {
    attrs[static_cast<std::size_t>(def.attr_index(name))] = std::move(value);
  };
  set("num_true", 2);
  set("num_sampled", 5);
  set("unique", unique);
  set("seed", 3);
  set("seed2", 5);
  set("range_max", range);
  if (op == "FixedUnigramCandidateSampler") {
    set("unigrams", std::vector<float>{1, 5, 2, 0.5, 3, 7});
    set("distortion", 0.75);
  }
  KernelState state;
  Runs runs;
  for (int i = 0; i < 2; ++i) {
    Tensor classes(Ids{1, 3, 2, 0}, Shape{2, 2});
    Outputs outputs = execute(def, Tensors{classes}, attrs, &state);
    auto ids = outputs[0].values<std::int64_t>();
    runs.candidates.push_back({ids.begin(), ids.end()});
    runs.first_true.push_back(outputs[1].values<float>()[0]);
    runs.first_sampled.push_back(outputs[2].values<float>()[0]);
  }
  return runs;
}

}  // namespace

TEST_CASE("Candidate samplers draw TensorFlow's classes and counts") {
  SECTION("uniform") {
    Runs runs = runs_of("UniformCandidateSampler", true, 11);
    CHECK(runs.candidates[0] == Ids{1, 10, 6, 3, 0});
    CHECK(runs.candidates[1] == Ids{3, 2, 1, 4, 7});
    CHECK(runs.first_true[0] == Approx(0.43552607f));
    CHECK(runs_of("UniformCandidateSampler", false, 11).candidates[0] ==
          Ids{1, 10, 6, 3, 1});
  }
  SECTION("log uniform") {
    Runs runs = runs_of("LogUniformCandidateSampler", true, 11);
    CHECK(runs.candidates[0] == Ids{0, 1, 4, 5, 7});
    CHECK(runs.candidates[1] == Ids{0, 4, 2, 1, 5});
    CHECK(runs.first_true[0] == Approx(0.6565845f));
    CHECK(runs.first_sampled[1] == Approx(1.3947147f));
  }
  SECTION("by given frequencies") {
    Runs runs = runs_of("FixedUnigramCandidateSampler", true, 6);
    CHECK(runs.candidates[0] == Ids{4, 1, 5, 2, 0});
    CHECK(runs.candidates[1] == Ids{0, 5, 4, 1, 2});
    CHECK(runs.first_true[0] == Approx(0.94608033f));
    CHECK(runs_of("FixedUnigramCandidateSampler", false, 6).candidates[1] ==
          Ids{0, 5, 5, 4, 4});
  }
  SECTION("by the frequencies seen so far") {
    Runs runs = runs_of("LearnedUnigramCandidateSampler", true, 11);
    CHECK(runs.candidates[0] == Ids{0, 3, 4, 7, 9});
    CHECK(runs.candidates[1] == Ids{3, 1, 7, 2, 10});
    CHECK(runs.first_true[0] == Approx(0.45454547f));
    CHECK(runs.first_true[1] == Approx(0.6666667f));
  }
}

}  // namespace tern
