// Expected values by hand.
#include "tern/ops/segments.h"

#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

bool equals(const Tensor& x, const Tensor& y) {
  return x.shape() == y.shape() && reduce_all(x == y).item<bool>();
}

}  // namespace

TEST_CASE("Segments are reduced whatever their order") {
  Tensor data = constant({1.0, 2.0, 3.0, 4.0});
  CHECK(equals(math::segment_mean(data, {0, 0, 2, 2}),
               constant({1.5, 0.0, 3.5})));
  CHECK(equals(math::unsorted_segment_max(data, {1, 0, 1, 0}, 2),
               constant({4.0, 3.0})));
  CHECK(equals(math::unsorted_segment_mean(data, {1, 1, 1, 0}, 3),
               constant({4.0, 2.0, 0.0})));
  CHECK(equals(math::unsorted_segment_sqrt_n(
                   constant({1.0, 1.0, 2.0, 4.0}), {0, 0, 0, 0}, 1),
               constant({4.0})));
}

TEST_CASE("Rows are parted and stitched together again") {
  Tensor data = constant({10, 20, 30, 40}), parts = constant({1, 0, 1, 1});
  Tensors rows = dynamic_partition(data, parts, 2);
  CHECK(equals(rows[1], constant({10, 30, 40})));
  Tensors places = dynamic_partition(range(4), parts, 2);
  CHECK(equals(dynamic_stitch(places, rows), data));
}

TEST_CASE("Counts, confusions and histograms") {
  CHECK(math::count_nonzero(constant({0, 3, 0, 2})).item<std::int64_t>() == 2);
  CHECK(math::zero_fraction(constant({0.0, 3.0, 0.0, 2.0})).item<float>() ==
        0.5f);
  CHECK(equals(math::confusion_matrix({1, 2, 0, 1}, {1, 2, 2, 1}),
               {{0, 0, 1}, {0, 2, 0}, {0, 0, 1}}));
  Tensor values = constant({-1.0, 0.0, 1.5, 2.0, 5.0, 15.0});
  Tensor limits = constant({0.0, 5.0});
  CHECK(equals(histogram_fixed_width(values, limits, {.nbins = 5}),
               constant({2, 1, 1, 0, 2})));
  CHECK(equals(histogram_fixed_width_bins(values, limits, {.nbins = 5}),
               constant({0, 0, 1, 2, 4, 4})));
  auto [y, idx, count] = unique_with_counts(constant({4, 4, 7, 4}));
  CHECK(equals(y, constant({4, 7})));
  CHECK(equals(count, constant({3, 1})));
  CHECK(equals(setdiff1d({1, 2, 3, 4}, {2, 4}).out, constant({1, 3})));
}

TEST_CASE("repeat, meshgrid and sequence_mask") {
  CHECK(equals(repeat(constant({1, 2, 3}), constant({2, 0, 1})),
               constant({1, 1, 3})));
  CHECK(equals(repeat(Tensor{{1, 2}, {3, 4}}, 2, {.axis = 1}),
               {{1, 1, 2, 2}, {3, 3, 4, 4}}));
  CHECK(equals(repeat(Tensor{{1, 2}, {3, 4}}, 2),
               constant({1, 1, 2, 2, 3, 3, 4, 4})));
  Tensors grid = meshgrid({constant({1, 2, 3}), constant({4, 5})});
  CHECK(equals(grid[0], {{1, 2, 3}, {1, 2, 3}}));
  CHECK(equals(grid[1], {{4, 4, 4}, {5, 5, 5}}));
  CHECK(equals(
      meshgrid({constant({1, 2}), constant({4, 5, 6})}, {.indexing = "ij"})[0],
      {{1, 1, 1}, {2, 2, 2}}));
  CHECK(equals(cast(sequence_mask(constant({1, 3, 0})), int32),
               {{1, 0, 0}, {1, 1, 1}, {0, 0, 0}}));
  CHECK(equals(reverse_sequence(Tensor{{1, 2, 3}, {4, 5, 6}}, constant({2, 3})),
               {{2, 1, 3}, {6, 5, 4}}));
}

TEST_CASE("Small functions of numbers") {
  Tensor x = constant({1.0, 2.0, 3.0});
  CHECK(equals(math::polyval({2.0, 0.0, 1.0}, x), constant({3.0, 9.0, 19.0})));
  CHECK(math::is_strictly_increasing(x).item<bool>());
  CHECK_FALSE(math::is_non_decreasing(-x).item<bool>());
  CHECK(equals(math::l2_normalize(constant({3.0, 4.0})), constant({0.6, 0.8})));
  CHECK(equals(math::truncatemod(constant({-7, 7}), constant({3, -3})),
               constant({-1, 1})));
  CHECK(equals(math::invert_permutation(constant({2, 0, 1})),
               constant({1, 2, 0})));
  CHECK(math::logical_xor(true, false).item<bool>());
  CHECK_THROWS_AS(math::scalar_mul(x, x), InvalidArgumentError);
}

}  // namespace tern
