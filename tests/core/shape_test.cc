#include "tern/core/shape.h"

#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/core/print.h"

namespace tern {
namespace {

TEST_CASE("a shape tells its rank, dimensions and number of elements") {
  Shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape[0] == 2);
  CHECK(shape[-1] == 4);
  CHECK(shape.num_elements() == 24);
  CHECK(Shape().rank() == 0);
  CHECK(Shape().num_elements() == 1);
  CHECK(Shape{0, 5}.num_elements() == 0);
  CHECK(Shape{2, -1}.num_elements() == -1);
  CHECK(Shape::unknown().num_elements() == -1);
  CHECK_THROWS_AS(shape[3], OutOfRangeError);
  CHECK_THROWS_AS(Shape::unknown()[0], OutOfRangeError);
  CHECK_THROWS_AS((Shape{2, -2}), InvalidArgumentError);
}

TEST_CASE("a product of dimensions beyond 64 bits is a typed error") {
  std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_AS((Shape{large, large}.num_elements()), InvalidArgumentError);
  CHECK(Shape{large, large, 0}.num_elements() == 0);
}

TEST_CASE("shapes of many dimensions copy and move like small ones") {
  Shape deep{1, 2, 3, 4, 5, 6, 7, 8};
  Shape copy = deep;
  Shape moved = std::move(copy);
  CHECK(moved == deep);
  moved = Shape{1};
  moved = deep;
  CHECK(moved == deep);
  CHECK(moved.num_elements() == 40320);
  moved.erase(0);
  moved.erase(-1);
  CHECK(moved == Shape{2, 3, 4, 5, 6, 7});
  moved.append(9);
  moved.insert(0, 1);
  CHECK(moved == Shape{1, 2, 3, 4, 5, 6, 7, 9});
}

TEST_CASE("shapes are cut and joined") {
  Shape shape{2, 3, 4};
  CHECK(shape.slice(1) == Shape{3, 4});
  CHECK(shape.slice(0, -1) == Shape{2, 3});
  CHECK(shape.slice(2, 1) == Shape{});
  CHECK_THROWS_AS(shape.slice(0, 4), OutOfRangeError);
  CHECK(shape.concatenate({5}) == Shape{2, 3, 4, 5});
  CHECK_FALSE(shape.concatenate(Shape::unknown()).has_rank());
}

TEST_CASE("partly known shapes merge and relax") {
  CHECK(Shape{2, -1}.is_compatible_with({-1, 3}));
  CHECK_FALSE(Shape{2, -1}.is_compatible_with({3, 3}));
  CHECK_FALSE(Shape{2}.is_compatible_with({2, 2}));
  CHECK(Shape::unknown().is_compatible_with({2}));
  CHECK(Shape{2, -1}.merge({-1, 3}) == Shape{2, 3});
  CHECK(Shape::unknown().merge({4}) == Shape{4});
  CHECK_THROWS_WITH(Shape({2}).merge({3}),
                    "Shapes (2,) and (3,) are not compatible");
  CHECK(Shape{2, 3}.relax({2, 4}) == Shape{2, -1});
  CHECK_FALSE(Shape{2, 3}.relax({2}).has_rank());
}

TEST_CASE("shapes broadcast by numpy's rules, unknown dimensions included") {
  CHECK(broadcast_static_shape({2, 1, 4}, {3, 1}) == Shape{2, 3, 4});
  CHECK(broadcast_static_shape({}, {2}) == Shape{2});
  CHECK(broadcast_static_shape({0}, {1}) == Shape{0});
  CHECK(broadcast_static_shape({-1}, {1}) == Shape{-1});
  CHECK(broadcast_static_shape({-1}, {5}) == Shape{5});
  CHECK(broadcast_static_shape({-1}, {-1}) == Shape{-1});
  CHECK(broadcast_static_shape({1}, {-1}) == Shape{-1});
  CHECK_FALSE(broadcast_static_shape(Shape::unknown(), {2}).has_rank());
  CHECK_THROWS_WITH(broadcast_static_shape({2, 3}, {4}),
                    "Incompatible shapes: [2,3] vs. [4]");
}

TEST_CASE("shapes print as in Python and as in TensorFlow's errors") {
  CHECK(Shape{}.str() == "()");
  CHECK(Shape{2}.str() == "(2,)");
  CHECK(Shape{-1, 8}.str() == "(None, 8)");
  CHECK(Shape::unknown().str() == "<unknown>");
  CHECK(Shape{2, -1}.debug_string() == "[2,?]");
  CHECK(repr(Shape{3, 3}) == "TensorShape([3, 3])");
  CHECK(repr(Shape{3, -1}) == "TensorShape([3, None])");
  CHECK(repr(Shape::unknown()) == "TensorShape(None)");
}

}  // namespace
}  // namespace tern
