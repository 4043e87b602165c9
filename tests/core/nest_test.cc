#include "tern/core/nest.h"

#include <catch2/catch.hpp>

namespace tern {
namespace {

using Catch::Matchers::Contains;

Nest returned(Tensor a, Tensor b) { return {a, {a, b}}; }
int chosen(const Tensor&) { return 1; }
int chosen(const Nest&) { return 2; }

TEST_CASE("braces of tensors are lists, of names and tensors dicts") {
  Tensor a = 1.0, b = 2;
  Nest list = {a, b};
  CHECK(list.kind() == 'l');
  CHECK(list.size() == 2);
  Nest one = {a};
  CHECK(one.kind() == 'l');
  CHECK(one.size() == 1);
  Nest dict = {{"x", a}, {"y", b}};
  CHECK(dict.kind() == 'd');
  CHECK(dict.keys() == std::vector<std::string>{"x", "y"});
  Nest single = {{"x", a}};
  CHECK(single.kind() == 'd');
  Nest nested = {{a, b}, a};
  CHECK(nested.size() == 2);
  CHECK(nested[0].size() == 2);
  Nest square = {{a, b}, {a, b}};
  CHECK(square.kind() == 'l');
  CHECK(square[1].size() == 2);
  CHECK(returned(a, b)[1].size() == 2);
  CHECK(Nest().kind() == 'n');
}

TEST_CASE("overloads choose tensors for values and nests for tensors") {
  Tensor a = 1.0, b = 2;
  CHECK(chosen({a, b}) == 2);
  CHECK(chosen({1, 2}) == 1);
  CHECK(chosen({"a", "b"}) == 1);
  CHECK(chosen({{"a", a}}) == 2);
  CHECK(chosen(a) == 1);
  CHECK(chosen({{1, 2}, {3, 4}}) == 1);
}

TEST_CASE("a nest of two parts binds to two names") {
  auto [x, y] = Nest{Tensor(1.0), Tensor(2)};
  CHECK(x.dtype() == float32);
  CHECK(y.dtype() == int32);
}

TEST_CASE("flatten, pack and map keep the structure") {
  Nest nest = {{"x", Tensor(1)}, {"y", Nest{Tensor(2), Tensor(3)}}};
  Tensors flat = nest.flatten();
  REQUIRE(flat.size() == 3);
  CHECK(flat[2].item<int>() == 3);
  CHECK(nest.structure() == "{'x': *, 'y': (*, *)}");
  Nest packed = nest.pack({4, 5, 6});
  CHECK(packed.same_structure(nest));
  CHECK(packed["y"][1].tensor().item<int>() == 6);
  CHECK_THROWS_WITH(nest.pack({4}), Contains("3 tensors, got 1"));
  CHECK_THROWS_WITH(nest.pack({4, 5, 6, 7}), Contains("3 tensors, got 4"));
  Nest names =
      nest.map([](const Tensor& t) { return Tensor(t.item<int>() * 2); });
  CHECK(names["x"].tensor().item<int>() == 2);
  CHECK_FALSE(nest.same_structure(Nest{Tensor(1), Tensor(2)}));
  CHECK(Nest(Tensors{1}).structure() == "(*,)");
  CHECK(Nest().structure() == "None");
}

TEST_CASE("parts come out as C++ values") {
  Nest element = {Nest(Dict{{"a", 1}, {"b", {1.0, 2.0}}}), Tensor(3)};
  auto [features, label] = element.as<Dict, int>();
  CHECK(features["b"].shape() == Shape{2});
  CHECK(label == 3);
  auto [tensors] = Nest{Tensor(1), Tensor(2)}.as<Tensors>();
  CHECK(tensors.size() == 2);
  auto pair = Nest(std::pair(Tensor(1), std::tuple(Tensor(2), 3.0)));
  CHECK(pair.structure() == "(*, (*, *))");
  CHECK_THROWS_WITH((element.as<Tensor, Tensor, Tensor>()),
                    Contains("3 parts"));
}

TEST_CASE("wrong access names what there is") {
  Nest nest = {{"x", Tensor(1)}, {"y", Tensor(2)}};
  CHECK_THROWS_WITH(nest["z"], "no key 'z'; keys: 'x', 'y'");
  CHECK_THROWS_AS(nest[2], OutOfRangeError);
  CHECK_THROWS_WITH(nest.tensor(), Contains("{'x': *, 'y': *}"));
  CHECK_THROWS_AS(Nest::named({"a"}, {}), InvalidArgumentError);
}

TEST_CASE("a dict keeps the order of insertion") {
  Dict dict = {{"b", {1.0, 2.0}}, {"a", 3}, {"c", "text"}};
  CHECK(dict.size() == 3);
  CHECK(dict.begin()->first == "b");
  dict["d"] = 4;
  CHECK(dict.pop("a").item<int>() == 3);
  CHECK_FALSE(dict.contains("a"));
  const Dict& constant = dict;
  CHECK(constant["d"].item<int>() == 4);
  CHECK_THROWS_WITH(constant["a"], "no key 'a'; keys: 'b', 'c', 'd'");
  CHECK_THROWS_AS(dict.pop("a"), NotFoundError);
  Dict strings = {{"a", "b"}};
  CHECK(strings.size() == 1);
  CHECK(strings["a"].bytes() == "b");
}

}  // namespace
}  // namespace tern
