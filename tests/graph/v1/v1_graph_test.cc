// What graphs written by TensorFlow 1 hold: references, control flow, arrays.
#include <catch2/catch.hpp>
#include <filesystem>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/v1.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/strings.h"
#include "tests/graph/v1/graph_text.h"

namespace tern {
namespace {

namespace v1 = compat::v1;
using namespace test;

TEST_CASE("An imported graph goes under a name; write_graph writes it") {
  v1::Graph graph =
      graph_of(constant_node("a", "2") + node("b", "Neg", "a ^a", floats()));
  auto folder = std::filesystem::temp_directory_path() / "tern_write_graph";
  std::filesystem::remove_all(folder);
  for (const char* name : {"graph.pbtxt", "graph.pb"}) {
    bool as_text = std::string(name) == "graph.pbtxt";
    std::string path =
        io::write_graph(graph, folder.string(), name, {.as_text = as_text});
    v1::Graph again = v1::import_graph_def(path);
    CHECK(again.operation_names() ==
          std::vector<std::string>{"import/a", "import/b"});
    CHECK(v1::Session(again).run("import/b:0").item<float>() == -2);
    CHECK(v1::import_graph_def(path, {.name = ""}).as_graph_def() ==
          graph.as_graph_def());
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("Variables belong to the session; each use reads them anew") {
  v1::Graph graph =
      graph_of(variable_node("v") + constant_node("one", "1") +
               constant_node("ten", "10") +
               node("v/Assign", "Assign", "v ten", floats()) +
               node("add", "AssignAdd", "v one", floats()) +
               node("before", "Identity", "v", floats()) +
               node("after", "Identity", "v ^add", floats()) +
               node("twice", "AssignAdd", "add one", floats()) +
               node("is_there", "IsVariableInitialized", "v", floats("dtype")));
  v1::Session session(graph);
  CHECK_FALSE(session.run("is_there:0").item<bool>());
  CHECK_THROWS_AS(session.run("before:0"), FailedPreconditionError);
  session.run("v/Assign");
  CHECK(session.run("is_there:0").item<bool>());
  CHECK(session.run("v:0").item<float>() == 10);
  CHECK(session.run("add:0").item<float>() == 11);
  CHECK(session.run("after:0").item<float>() == 12);
  CHECK(session.run("before:0").item<float>() == 12);
  // The second addition waits for the first, whose reference it takes.
  CHECK(session.run("twice:0").item<float>() == 14);
  CHECK_FALSE(v1::Session(graph).run("is_there:0").item<bool>());
}

TEST_CASE("What is done to a variable that was frozen starts over each run") {
  v1::Graph graph = graph_of(constant_node("v", "3") + constant_node("d", "4") +
                             node("add", "AssignAdd", "v d", floats()) +
                             node("after", "Identity", "v ^add", floats()) +
                             node("before", "Identity", "v", floats()));
  v1::Session session(graph);
  for (int run = 0; run < 2; ++run) {
    Tensors values = session.run({"add:0", "after:0", "before:0"});
    CHECK(values[0].item<float>() == 7);
    CHECK(values[1].item<float>() == 7);
    CHECK(values[2].item<float>() == 3);
  }
}

TEST_CASE("Optimizers of TensorFlow 1 change the variable behind a reference") {
  v1::Graph graph = graph_of(
      variable_node("v") + constant_node("start", "5") +
      constant_node("rate", "0.5") + placeholder_node("gradient") +
      node("init", "Assign", "v start", floats()) +
      node("train", "ApplyGradientDescent", "v rate gradient", floats()));
  v1::Session session(graph);
  session.run("init");
  CHECK(session.run("train:0", {{"gradient:0", 4.0f}}).item<float>() == 3);
  CHECK(session.run("v:0").item<float>() == 3);
}

/// y = x < limit ? x + 1 : -x.
std::string branch() {
  return placeholder_node("x") + constant_node("limit", "10") +
         node("less", "Less", "x limit", floats()) +
         node("switch", "Switch", "x less", floats()) +
         node("then", "Identity", "switch:1", floats()) +
         constant_node("one", "1", "^then") +
         node("plus", "AddV2", "then one", floats()) +
         node("minus", "Neg", "switch:0", floats()) +
         node("y",
              "Merge",
              "minus plus",
              floats() + "attr { key: 'N' value { i: 2 } }");
}

TEST_CASE("Switch lets one side live and Merge takes what lives") {
  v1::Session session(graph_of(branch()));
  CHECK(session.run("y:0", {{"x:0", 3.0f}}).item<float>() == 4);
  CHECK(session.run("y:0", {{"x:0", 30.0f}}).item<float>() == -30);
  CHECK(session.run("y:1", {{"x:0", 30.0f}}).item<int>() == 0);
  // Nothing comes out of the side that is not taken.
  CHECK_THROWS_AS(session.run("plus:0", {{"x:0", 30.0f}}),
                  InvalidArgumentError);
}

/// Doubles `in` while it is less than `limit`; the nodes begin with `p`.
std::string doubling(const std::string& p,
                     const std::string& in,
                     const std::string& limit) {
  return node(p + "enter", "Enter", in, frame(p, false)) +
         node(p + "limit", "Enter", limit, frame(p, true)) +
         node(p + "merge",
              "Merge",
              p + "enter " + p + "next",
              floats() + "attr { key: 'N' value { i: 2 } }") +
         node(p + "less", "Less", p + "merge " + p + "limit", floats()) +
         node(p + "cond", "LoopCond", p + "less") +
         node(p + "switch", "Switch", p + "merge " + p + "cond", floats()) +
         node(p + "body", "Identity", p + "switch:1", floats()) +
         node(p + "twice", "AddV2", p + "body " + p + "body", floats()) +
         node(p + "next", "NextIteration", p + "twice", floats()) +
         node(p + "exit", "Exit", p + "switch:0", floats());
}

TEST_CASE("Loops of TensorFlow 1 run their steps one after another") {
  v1::Session session(graph_of(placeholder_node("x") +
                               constant_node("limit", "100") +
                               doubling("loop/", "x", "limit") +
                               node("y", "Neg", "loop/exit", floats())));
  CHECK(session.run("y:0", {{"x:0", 3.0f}}).item<float>() == -192);
  CHECK(session.run("y:0", {{"x:0", 300.0f}}).item<float>() == -300);
  // A hundred thousand steps need no memory for those that are over.
  std::string counting = doubling("loop/", "x", "limit");
  std::size_t at = counting.find("loop/body' input: 'loop/body'");
  REQUIRE(at != std::string::npos);
  counting.replace(at, 29, "loop/body' input: 'loop/one'");
  counting += constant_node("loop/one", "1", "^loop/body");
  v1::Session counter(graph_of(placeholder_node("x") +
                               constant_node("limit", "100000") + counting));
  CHECK(counter.run("loop/exit:0", {{"x:0", 0.0f}}).item<float>() == 100000);
}

TEST_CASE("A loop on the side of a branch that is not taken does not run") {
  std::string text = placeholder_node("x") + constant_node("limit", "10") +
                     node("less", "Less", "x limit", floats()) +
                     node("switch", "Switch", "x less", floats()) +
                     node("limit_switch", "Switch", "limit less", floats()) +
                     doubling("loop/", "switch:1", "limit_switch:1") +
                     node("minus", "Neg", "switch:0", floats()) +
                     node("y",
                          "Merge",
                          "minus loop/exit",
                          floats() + "attr { key: 'N' value { i: 2 } }");
  v1::Session session(graph_of(text));
  CHECK(session.run("y:0", {{"x:0", 3.0f}}).item<float>() == 12);
  CHECK(session.run("y:0", {{"x:0", 30.0f}}).item<float>() == -30);
}

TEST_CASE("Loops in loops have frames of their own") {
  // The inner loop doubles 1 until it is not less than what the outer one has.
  std::string outer = doubling("outer/", "x", "limit");
  std::size_t at = outer.find("outer/body' input: 'outer/body'");
  REQUIRE(at != std::string::npos);
  outer.replace(at, 31, "outer/body' input: 'inner/exit'");
  std::string text = placeholder_node("x") + constant_node("limit", "20") +
                     outer + constant_node("one", "1", "^outer/body") +
                     doubling("inner/", "one", "outer/body");
  v1::Session session(graph_of(text));
  // 3 + 4 = 7, 7 + 8 = 15, 15 + 16 = 31.
  CHECK(session.run("outer/exit:0", {{"x:0", 3.0f}}).item<float>() == 31);
}

Tensors make_array(int size, bool clear_after_read = true) {
  return raw<"TensorArrayV3">.outputs(
      {Tensor(size)},
      {{"dtype", float32}, {"clear_after_read", clear_after_read}});
}

TEST_CASE("A TensorArray gives each element once and takes it once") {
  Tensors array = make_array(2);
  auto write = [&](int i, float value) {
    return raw<"TensorArrayWriteV3">(
        array[0], Tensor(i), Tensor(value), array[1]);
  };
  auto read = [&](int i) {
    return raw<"TensorArrayReadV3">(
        array[0], Tensor(i), array[1], {{"dtype", float32}});
  };
  write(1, 7);
  CHECK_THROWS_AS(write(1, 8), InvalidArgumentError);
  CHECK_THROWS_AS(write(2, 8), InvalidArgumentError);
  CHECK(read(1).item<float>() == 7);
  CHECK_THROWS_AS(read(1), InvalidArgumentError);
  // Nothing says of which shape the zeros would be.
  CHECK_THROWS_AS(read(0), InvalidArgumentError);
}

TEST_CASE("Gradients flow through a TensorArray") {
  Tensor x = constant({1.0, 2.0, 3.0});
  GradientTape tape;
  tape.watch(x);
  Tensors array = make_array(3);
  Tensor indices = constant({2, 0, 1});
  Tensor flow =
      raw<"TensorArrayScatterV3">(array[0], indices, square(x), array[1]);
  Tensor first =
      raw<"TensorArrayReadV3">(array[0], Tensor(0), flow, {{"dtype", float32}});
  Tensor gradient = tape.gradient(5.0 * first, x);
  // Element 0 is the square of x[1].
  std::vector<float> expected = {0, 20, 0};
  for (int i = 0; i < 3; ++i)
    CHECK(gradient.values<float>()[static_cast<std::size_t>(i)] ==
          expected[static_cast<std::size_t>(i)]);
}

}  // namespace
}  // namespace tern
