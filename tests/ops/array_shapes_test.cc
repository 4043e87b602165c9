#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// The static shape of body(x) while it is traced for an x of that shape; the
/// run that follows has `size` for each unknown dimension.
template <class Body>
Shape traced(const Shape& x, Body body, std::int64_t size = 2) {
  Shape seen;
  auto traced_body = function(
      [&](const Tensor& input) {
        Tensor result = body(input);
        seen = result.shape();
        return result;
      },
      {.input_signature = {TensorSpec(x, float32)}});
  Shape concrete;
  for (std::int64_t dim : x) concrete.append(dim < 0 ? size : dim);
  const Tensor result = traced_body(zeros(concrete));
  CHECK(result.shape().is_compatible_with(seen));
  return seen;
}

template <class Body>
std::string traced_text(const Shape& x, Body body, std::int64_t size = 2) {
  return traced(x, body, size).debug_string();
}

TEST_CASE("Reshapes keep what is known of a traced shape") {
  CHECK(traced_text({-1, 28, 28}, [](const Tensor& x) {
          return reshape(x, {-1, 784});
        }) == "[?,784]");
  CHECK(traced_text({2, -1}, [](const Tensor& x) {
          return reshape(x, shape(x));
        }) == "[2,?]");
  CHECK(traced_text({4, 6}, [](const Tensor& x) {
          return reshape(x, {3, -1});
        }) == "[3,8]");
  CHECK(traced_text({-1, 1, 5},
                    [](const Tensor& x) { return squeeze(x, 1); }) == "[?,5]");
  CHECK(traced_text({-1, 5}, [](const Tensor& x) {
          return expand_dims(x, -1);
        }) == "[?,5,1]");
  CHECK(traced(Shape::unknown(), [](const Tensor& x) {
          return squeeze(x);
        }).has_rank() == false);
}

TEST_CASE("A reshape that cannot hold the known dimensions is refused early") {
  CHECK_THROWS_AS(traced({-1, 5},
                         [](const Tensor& x) {
                           return reshape(x, {3, 3});
                         }),
                  InvalidArgumentError);
}

TEST_CASE("Slices know the dimensions that their bounds determine") {
  CHECK(traced_text({-1, 10, 3}, [](const Tensor& x) {
          return x[{Slice{}, Slice{2, 8, 2}, -1}];
        }) == "[?,3]");
  CHECK(traced_text({-1, 10}, [](const Tensor& x) { return x[0]; }) == "[10]");
  CHECK(traced_text({7, -1}, [](const Tensor& x) {
          return x[{ellipsis, newaxis, Slice{.stop = 2}}];
        }) == "[7,1,?]");
  CHECK(traced_text({-1, 10}, [](const Tensor& x) {
          return slice(x, {0, 4}, {-1, -1});
        }) == "[?,6]");
  CHECK_THROWS_AS(traced({-1, 10},
                         [](const Tensor& x) {
                           return x[{0, 10}];
                         }),
                  InvalidArgumentError);
}

TEST_CASE("Joins merge what their parts know") {
  CHECK(traced_text({-1, 4}, [](const Tensor& x) {
          return concat({x, zeros({2, 4})}, 0);
        }) == "[?,4]");
  CHECK(traced_text({-1, -1}, [](const Tensor& x) {
          return concat({x, zeros({2, 4})}, 1);
        }) == "[2,?]");
  CHECK(traced_text(
            {-1, 4},
            [](const Tensor& x) {
              return stack({x, zeros({3, 4})}, {.axis = -1});
            },
            3) == "[3,4,2]");
  CHECK(traced_text({-1, 6}, [](const Tensor& x) {
          return split(x, 3, {.axis = 1})[0];
        }) == "[?,2]");
  CHECK(traced_text({-1, 6}, [](const Tensor& x) {
          return split(x, {1, -1}, {.axis = 1})[1];
        }) == "[?,5]");
  CHECK_THROWS_AS(traced({-1, 4},
                         [](const Tensor& x) {
                           return concat({x, zeros({2, 3})}, 0);
                         }),
                  InvalidArgumentError);
}

TEST_CASE("Gathers put the shape of the indices in place of the axis") {
  CHECK(traced_text({-1, 8, 5}, [](const Tensor& x) {
          return gather(x, {{0, 1, 2}, {3, 4, 5}}, {.axis = 1});
        }) == "[?,2,3,5]");
  CHECK(traced_text({-1, 8, 5}, [](const Tensor& x) {
          return gather_nd(x, {{0, 1}, {0, 2}});
        }) == "[2,5]");
  CHECK(traced_text({-1, 5}, [](const Tensor& x) {
          return boolean_mask(x, x[{ellipsis, 0}] > 0);
        }) == "[?,5]");
}

TEST_CASE("Tiles, pads and broadcasts multiply and add to known dimensions") {
  CHECK(traced_text({-1, 3}, [](const Tensor& x) {
          return tile(x, {2, 2});
        }) == "[?,6]");
  CHECK(traced_text({-1, 3}, [](const Tensor& x) {
          return pad(x, {{1, 1}, {0, 2}});
        }) == "[?,5]");
  CHECK(traced_text({-1, 3}, [](const Tensor& x) {
          return fill(stack({shape(x)[0], constant(7)}), 1.0);
        }) == "[?,7]");
  CHECK(
      traced_text({-1, 3}, [](const Tensor& x) {
        return broadcast_to(x[{0, newaxis}], stack({shape(x)[0], constant(3)}));
      }) == "[?,3]");
  CHECK(traced_text({-1, 3}, [](const Tensor& x) {
          return transpose(x, {.perm = {1, 0}});
        }) == "[3,?]");
  CHECK(traced_text({-1, 3}, [](const Tensor& x) {
          return math::top_k(x, 2).indices;
        }) == "[?,2]");
}

}  // namespace
}  // namespace tern
