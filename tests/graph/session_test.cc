#include <catch2/catch.hpp>
#include <thread>

#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/graph/v1.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/print.h"
#include "tern/ops/random.h"
#include "tern/ops/strings.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

namespace v1 = compat::v1;

TEST_CASE("A session computes what it is asked for from what it is fed") {
  v1::Graph graph;
  Tensor x, y, joined;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(string, {.shape = {}, .name = "x"});
    y = v1::placeholder(string, {.shape = {}, .name = "y"});
    joined = strings::join({x, y}, {.separator = " "});
  }
  v1::Session session(graph);
  CHECK(session.run(joined, {{x, "hello"}, {y, "world"}}).bytes() ==
        "hello world");
  CHECK(session.run("StringJoin:0", {{"x:0", "a"}, {"y:0", "b"}}).bytes() ==
        "a b");
  Tensors both = session.run({joined, x}, {{x, "c"}, {y, "d"}});
  CHECK(both[0].bytes() == "c d");
  CHECK(both[1].bytes() == "c");
}

TEST_CASE("Any tensor of a graph can be fed") {
  v1::Graph graph;
  Tensor x, doubled, result;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32);
    doubled = x * 2;
    result = doubled + 1;
  }
  CHECK(graph.get_tensor_by_name("Placeholder:0").same_as(x) == false);
  v1::Session session(graph);
  CHECK(session.run(result, {{x, 3.0}}).item<float>() == 7);
  // x is not needed then.
  CHECK(session.run(result, {{doubled, 3.0}}).item<float>() == 4);
  CHECK(session.run(result, {{x, {1.0, 2.0}}}).shape() == Shape{2});
}

TEST_CASE("A session runs no more than what is fetched needs") {
  v1::Graph graph;
  Variable seen(0.0);
  Tensor x, y;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32, {.shape = {}, .name = "x"});
    seen.assign_add(1.0);
    y = x + 1;
  }
  v1::Session session(graph);
  CHECK(session.run(y, {{x, 1.0}}).item<float>() == 2);
  CHECK(seen.read().item<float>() == 0);
  CHECK_FALSE(session.run("AssignAddVariableOp").defined());
  CHECK(seen.read().item<float>() == 1);
}

TEST_CASE("Control dependencies put effects before what is fetched") {
  v1::Graph graph;
  Variable count(0.0);
  Tensor x, y;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32, {.shape = {}, .name = "x"});
    Tensor noted = x * 1;
    auto after = control_dependencies({noted});
    y = x + 1;
  }
  v1::Session session(graph);
  CHECK(session.run(y, {{x, 1.0}}).item<float>() == 2);
  CHECK_THROWS_WITH(session.run(y, {{"Mul:0", 1.0}}),
                    Catch::Contains("placeholder tensor 'x'"));
}

TEST_CASE("Waiting for a placeholder that is fed needs nothing else") {
  v1::Graph graph;
  Tensor x, y;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32, {.shape = {}, .name = "x"});
    auto after = control_dependencies({x});
    y = constant(2.0) * 3;
  }
  CHECK(v1::Session(graph).run(y, {{x, 1.0}}).item<float>() == 6);
}

TEST_CASE("A loop in a graph runs in a session") {
  v1::Graph graph;
  Tensor limit, sum;
  {
    auto scope = graph.as_default();
    limit = v1::placeholder(int32, {.shape = {}, .name = "limit"});
    sum =
        while_loop([&](Tensor i, Tensor) { return i < limit; },
                   [](Tensor i, Tensor s) { return std::tuple(i + 1, s + i); },
                   0,
                   0)[1];
  }
  v1::Session session(graph);
  CHECK(session.run(sum, {{limit, 10}}).item<int>() == 45);
  CHECK(session.run(sum, {{limit, 0}}).item<int>() == 0);
}

TEST_CASE("Random streams belong to the session") {
  v1::Graph graph;
  Tensor numbers;
  {
    auto scope = graph.as_default();
    numbers = random::uniform({4}, {.seed = 7});
  }
  auto draw = [&](const v1::Session& session) {
    Tensor drawn = session.run(numbers);
    auto values = drawn.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  v1::Session first(graph), second(graph);
  std::vector<float> a = draw(first), b = draw(first);
  CHECK(a != b);
  CHECK(draw(second) == a);
  CHECK(draw(second) == b);
}

TEST_CASE("What does not fit a graph is refused in TensorFlow's words") {
  v1::Graph graph, other;
  Tensor x, y, z;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32, {.shape = {2}, .name = "x"});
    y = x + 1;
  }
  {
    auto scope = other.as_default();
    z = v1::placeholder(float32);
  }
  v1::Session session(graph);
  CHECK_THROWS_WITH(
      session.run(y),
      Catch::Contains("You must feed a value for placeholder tensor 'x'"));
  CHECK_THROWS_WITH(session.run(y, {{x, {1.0, 2.0, 3.0}}}),
                    Catch::Contains("Cannot feed value of shape (3,) for "
                                    "Tensor 'x:0', which has shape (2,)"));
  CHECK_THROWS_AS(session.run(y, {{x, constant({1, 2})}}),
                  InvalidArgumentError);
  CHECK_THROWS_WITH(session.run(z),
                    Catch::Contains("is not an element of this graph"));
  CHECK_THROWS_AS(session.run("w:0"), NotFoundError);
  CHECK_THROWS_WITH(session.run("x:7"), Catch::Contains("only has 1 outputs"));
  CHECK_THROWS_AS(session.run("x:y"), InvalidArgumentError);
  CHECK_THROWS_AS(v1::Fetch(constant(1.0)), InvalidArgumentError);
  CHECK_THROWS_AS(v1::placeholder(float32), FailedPreconditionError);
  CHECK_THROWS_AS(v1::import_graph_def("no_such.pb"), NotFoundError);
}

TEST_CASE("Threads share a session") {
  v1::Graph graph;
  Tensor x, y;
  {
    auto scope = graph.as_default();
    x = v1::placeholder(float32);
    y = reduce_sum(x * 2);
  }
  v1::Session session(graph);
  std::vector<int> wrong(8, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 1; i < 50; ++i)
        if (session.run(y, {{x, ones({i}) * t}}).item<float>() !=
            static_cast<float>(2 * i * t))
          ++wrong[static_cast<std::size_t>(t)];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(8, 0));
}

}  // namespace
}  // namespace tern
