// Control flow of TensorFlow 1 in functional form gives what running it node
// by node gives. Every BothWays::check compares the two.
#include <catch2/catch.hpp>

#include "graph/tracer.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tests/graph/v1/both_ways.h"
#include "tests/graph/v1/graph_text.h"
#include "tests/graph/v1/v1_writer.h"

namespace tern {
namespace {

using namespace test;
using Value = V1Writer::Value;
using Values = V1Writer::Values;

float number(const BothWays& graph, std::size_t i = 0) {
  return graph.values().at(i).item<float>();
}

TEST_CASE("Switch and Merge become one If") {
  V1Writer w;
  Value x = w.placeholder("x"), y = w.placeholder("y");
  Value less = w.call("Less", {x, y}, "DT_BOOL");
  Values z = w.cond(
      less,
      [&] {
        return Values{w.call("AddV2", {x, w.constant(1)}), y};
      },
      [&] {
        return Values{w.call("Neg", {x}), w.call("Mul", {x, y})};
      });
  BothWays graph(w.text());
  for (float x_value : {1.0f, 7.0f}) {
    CHECK(graph.check({z[0].name + ":0", z[1].name + ":0", z[0].name + ":1"},
                      {{"x:0", x_value}, {"y:0", 3.0f}}) == "");
    CHECK(number(graph) == (x_value < 3 ? x_value + 1 : -x_value));
    CHECK(number(graph, 1) == (x_value < 3 ? 3 : 3 * x_value));
  }
  CHECK(count_ops(*graph.function(), "StatelessIf") == 1);
  CHECK(count_ops(*graph.function(), "Switch") == 0);
}

TEST_CASE("A loop of Enter, Merge and Exit becomes a While") {
  V1Writer w;
  Value x = w.placeholder("x"), limit = w.placeholder("limit");
  Values exits = w.while_loop(
      {x, w.constant(0)},
      [&](const Values& v) {
        return w.call("Less", {v[0], limit}, "DT_BOOL");
      },
      [&](const Values& v) {
        return Values{w.call("AddV2", {v[0], v[0]}),
                      w.call("AddV2", {v[1], w.constant(1)})};
      });
  BothWays graph(w.text());
  CHECK(graph.check({exits[0].name + ":0", exits[1].name + ":0"},
                    {{"x:0", 3.0f}, {"limit:0", 100.0f}}) == "");
  CHECK(number(graph) == 192);
  CHECK(number(graph, 1) == 6);
  CHECK(count_ops(*graph.function(), "StatelessWhile") == 1);
  CHECK(graph.check({exits[0].name + ":0"},
                    {{"x:0", 3.0f}, {"limit:0", 1.0f}}) == "");
  CHECK(number(graph) == 3);
}

TEST_CASE("Branches in loops, loops in branches and loops in loops convert") {
  V1Writer w;
  Value x = w.placeholder("x");
  Value positive = w.call("Less", {w.constant(0), x}, "DT_BOOL");
  // Collatz, where x is positive; counts the inner loop's halvings, too.
  auto collatz = [&](const Values& v) {
    Values odd = w.while_loop(
        {v[0], v[1]},
        [&](const Values& u) {
          Value half =
              w.call("Floor", {w.call("Mul", {u[0], w.constant(0.5)})});
          return w.call(
              "Equal", {u[0], w.call("AddV2", {half, half})}, "DT_BOOL");
        },
        [&](const Values& u) {
          return Values{w.call("Mul", {u[0], w.constant(0.5)}),
                        w.call("AddV2", {u[1], w.constant(1)})};
        });
    Value one = w.call("Equal", {odd[0], w.constant(1)}, "DT_BOOL");
    Values next = w.cond(
        one,
        [&] { return Values{odd[0]}; },
        [&] {
          return Values{
              w.call("AddV2",
                     {w.call("Mul", {odd[0], w.constant(3)}), w.constant(1)})};
        });
    return Values{next[0], odd[1]};
  };
  Values result = w.cond(
      positive,
      [&] {
        Values exits = w.while_loop(
            {x, w.constant(0)},
            [&](const Values& v) {
              return w.call("Less", {w.constant(1), v[0]}, "DT_BOOL");
            },
            collatz);
        return Values{exits[1]};
      },
      [&] { return Values{w.constant(-1)}; });
  BothWays graph(w.text());
  // 6 3 10 5 16 8 4 2 1: six halvings.
  CHECK(graph.check({result[0].name + ":0"}, {{"x:0", 6.0f}}) == "");
  CHECK(number(graph) == 6);
  CHECK(graph.check({result[0].name + ":0"}, {{"x:0", -6.0f}}) == "");
  CHECK(number(graph) == -1);
  CHECK(count_ops(*graph.function(), "StatelessWhile") == 2);
}

TEST_CASE("What each step computes for its condition and body runs once") {
  // The body uses what the condition computed, with no Switch of its own.
  std::string text = placeholder_node("x") + constant_node("limit", "100") +
                     node("enter", "Enter", "x", frame("loop", false)) +
                     node("bound", "Enter", "limit", frame("loop", true)) +
                     merge_node("merge", "enter next") +
                     node("square", "Square", "merge", floats()) +
                     node("less", "Less", "square bound", floats()) +
                     node("cond", "LoopCond", "less") +
                     node("switch", "Switch", "square cond", floats()) +
                     node("plus", "AddV2", "switch:1 merge", floats()) +
                     node("next", "NextIteration", "plus", floats()) +
                     node("exit", "Exit", "switch:0", floats());
  BothWays graph(text);
  CHECK(graph.check({"exit:0"}, {{"x:0", 2.0f}}) == "");
  // 2, 2 + 4 = 6, 6 + 36 = 42: its square is not less than 100.
  CHECK(number(graph) == 42 * 42);
  CHECK(count_ops(*graph.function(), "PartitionedCall") == 2);
}

TEST_CASE("Effects in branches and loops happen as often as interpreted") {
  V1Writer w;
  Value x = w.placeholder("x"), v = w.variable("v");
  std::string init = w.assign(v, w.constant(0));
  Values exits = w.while_loop(
      {x},
      [&](const Values& u) {
        return w.call("Less", {u[0], w.constant(6)}, "DT_BOOL");
      },
      [&](const Values& u) {
        Value small = w.call("Less", {u[0], w.constant(3)}, "DT_BOOL");
        Values next = w.cond(
            small,
            [&] {
              w.assign_add(v, u[0]);
              return Values{u[0]};
            },
            [&] {
              w.assign_add(v, w.constant(100));
              return Values{u[0]};
            });
        return Values{w.call("AddV2", {next[0], w.constant(1)})};
      });
  std::string text =
      w.text() + node("read", "ReadVariableOp", "v", floats("dtype"));
  BothWays graph(text);
  CHECK(graph.check({init}) == "");
  CHECK(graph.check({exits[0].name + ":0"}, {{"x:0", 0.0f}}) == "");
  CHECK(count_ops(*graph.function(), "While") == 1);
  CHECK(count_ops(*graph.function(), "If") == 1);
  CHECK(graph.check({"read:0"}) == "");
  CHECK(number(graph) == 0 + 1 + 2 + 3 * 100);
}

TEST_CASE("A node of a branch can be a target: it runs where it is taken") {
  V1Writer w;
  Value x = w.placeholder("x"), v = w.variable("v");
  std::string init = w.assign(v, w.constant(0));
  Value less = w.call("Less", {x, w.constant(3)}, "DT_BOOL");
  w.cond(
      less,
      [&] {
        w.assign_add(v, x);
        return Values{};
      },
      [&] { return Values{}; });
  std::string text =
      w.text() + node("read", "ReadVariableOp", "v", floats("dtype"));
  std::size_t at = text.find("assign_add");
  std::string effect = text.substr(at, text.find('\'', at) - at);
  BothWays graph(text);
  CHECK(graph.check({init}) == "");
  for (float fed : {5.0f, 2.0f}) {
    CHECK(graph.check({effect}, {{"x:0", fed}}) == "");
    CHECK(graph.check({"read:0"}) == "");
    CHECK(number(graph) == (fed < 3 ? fed : 0));
  }
}

TEST_CASE("What one branch computes can be used in another of its condition") {
  // As in a gradient: the second branch reads what the first one computed.
  std::string text =
      placeholder_node("x") + constant_node("zero", "0") +
      node("p", "Less", "zero x", floats()) +
      node("in", "Switch", "x p", floats()) +
      node("squared", "Square", "in:1", floats()) +
      node("plus", "AddV2", "squared in:1", floats()) +
      node("minus", "Neg", "in:0", floats()) + merge_node("y", "minus plus") +
      node("loss", "Square", "y", floats()) +
      node("back", "Switch", "loss p", floats()) +
      node("times", "Mul", "back:1 squared", floats()) +
      node("other", "Neg", "back:0", floats()) + merge_node("z", "other times");
  BothWays graph(text);
  CHECK(graph.check({"z:0"}, {{"x:0", 2.0f}}) == "");
  CHECK(number(graph) == 36 * 4);
  CHECK(count_ops(*graph.function(), "StatelessIf") == 2);
  CHECK(graph.check({"z:0"}, {{"x:0", -2.0f}}) == "");
  CHECK(number(graph) == -4);
}

TEST_CASE("A Merge of many branches is a chain of two by two") {
  std::string text =
      placeholder_node("x") + constant_node("one", "1") +
      constant_node("two", "2") + node("p", "Less", "x one", floats()) +
      node("q", "Less", "x two", floats()) +
      node("a", "Switch", "x p", floats()) +
      node("qs", "Switch", "q p", type("DT_BOOL")) +
      node("b", "Switch", "a:0 qs:0", floats()) +
      node("f", "Neg", "a:1", floats()) + node("g", "Square", "b:1", floats()) +
      merge_node("y", "g b:0 f");
  BothWays graph(text);
  float x[] = {0.5f, 1.5f, 2.5f};
  float y[] = {-0.5f, 2.25f, 2.5f};
  int arms[] = {2, 0, 1};
  for (int i = 0; i < 3; ++i) {
    CHECK(graph.check({"y:0", "y:1"}, {{"x:0", x[i]}}) == "");
    CHECK(number(graph) == y[i]);
    CHECK(graph.values()[1].item<int>() == arms[i]);
  }
}

TEST_CASE("Control edges order what is done in and around branches") {
  // The reads before and after a branch that adds to the variable.
  std::string text =
      placeholder_node("x") + constant_node("zero", "0") +
      node("v",
           "VarHandleOp",
           "",
           floats("dtype") + "attr { key: 'shape' value { shape {} } }") +
      node("init", "AssignVariableOp", "v x", floats("dtype")) +
      node("p", "Less", "zero x ^init", floats()) +
      node("before", "ReadVariableOp", "v ^init", floats("dtype")) +
      node("in", "Switch", "x p ^before", floats()) +
      node("vs", "Switch", "v p", type("DT_RESOURCE")) +
      node("add", "AssignAddVariableOp", "vs:1 in:1", floats("dtype")) +
      node("then", "Identity", "in:1 ^add", floats()) +
      node("sub", "AssignSubVariableOp", "vs:0 in:0", floats("dtype")) +
      node("else", "Identity", "in:0 ^sub", floats()) +
      merge_node("y", "else then") +
      node("after", "ReadVariableOp", "v ^y", floats("dtype"));
  BothWays graph(text);
  CHECK(graph.check({"before:0", "after:0", "y:0"}, {{"x:0", 4.0f}}) == "");
  CHECK(number(graph, 0) == 4);
  CHECK(number(graph, 1) == 8);
  CHECK(graph.check({"before:0", "after:0", "y:0"}, {{"x:0", -4.0f}}) == "");
  CHECK(number(graph, 1) == 0);
}

TEST_CASE("Random numbers in a loop go on from run to run of a session") {
  std::string attrs = type("DT_INT32") + floats("dtype") +
                      "attr { key: 'seed' value { i: 7 } }"
                      "attr { key: 'seed2' value { i: 3 } }";
  std::string text =
      placeholder_node("x") + constant_node("three", "3") +
      node("shape",
           "Const",
           "",
           type("DT_INT32", "dtype") +
               "attr { key: 'value' value { tensor { dtype: DT_INT32 "
               "tensor_shape { dim { size: 0 } } } } }") +
      node("enter", "Enter", "x", frame("loop", false)) +
      node("bound", "Enter", "three", frame("loop", true)) +
      node("scalar",
           "Enter",
           "shape",
           type("DT_INT32") +
               "attr { key: 'frame_name' value { s: 'loop' } }"
               "attr { key: 'is_constant' value { b: true } }") +
      merge_node("merge", "enter next") +
      node("less", "Less", "merge bound", floats()) +
      node("cond", "LoopCond", "less") +
      node("switch", "Switch", "merge cond", floats()) +
      node("body", "Identity", "switch:1", floats()) +
      node("drawn", "RandomUniform", "scalar ^body", attrs) +
      node("plus", "AddV2", "body drawn", floats()) +
      node("next", "NextIteration", "plus", floats()) +
      node("exit", "Exit", "switch:0", floats()) +
      node("y", "Neg", "exit", floats());
  BothWays graph(text);
  CHECK(graph.check({"exit:0"}, {{"x:0", 0.0f}}) == "");
  float first = number(graph);
  CHECK(graph.check({"exit:0", "y:0"}, {{"x:0", 0.0f}}) == "");
  CHECK(number(graph) != first);
}

TEST_CASE("A graph in functional form is differentiated") {
  V1Writer w;
  Value x = w.placeholder("x");
  Values exits = w.while_loop(
      {x},
      [&](const Values& v) {
        return w.call("Less", {v[0], w.constant(100)}, "DT_BOOL");
      },
      [&](const Values& v) {
        Value small = w.call("Less", {v[0], w.constant(10)}, "DT_BOOL");
        return w.cond(
            small,
            [&] { return Values{w.call("Square", {v[0]})}; },
            [&] {
              return Values{w.call("Mul", {v[0], w.constant(4)})};
            });
      });
  BothWays graph(w.text());
  CHECK(graph.check({exits[0].name + ":0"}, {{"x:0", 3.0f}}) == "");
  // 3, 9, 81, 324: 4 x^4.
  CHECK(number(graph) == 324);
  GradientTape tape;
  Tensor start = 3.0f;
  tape.watch(start);
  Tensor y = inline_function(*graph.function(), {start})[0];
  CHECK(tape.gradient(y, start).item<float>() == 16 * 27);
}

TEST_CASE("What was not written by cond and while_loop keeps its form") {
  std::string p = placeholder_node("x") + constant_node("zero", "0") +
                  node("p", "Less", "zero x", floats()) +
                  node("s", "Switch", "x p", floats());
  auto refusal = [&](const std::string& rest, const std::string& fetch) {
    return BothWays(p + rest).check({fetch}, {{"x:0", 1.0f}});
  };
  CHECK(refusal("", "s:1") != "");  // there only if p
  CHECK(refusal(merge_node("y", "x s:0"), "y:0") != "");
  CHECK(refusal(merge_node("y", "s:1"), "y:0") != "");
  // A node behind two conditions that do not nest.
  CHECK(refusal(node("q", "Less", "x zero", floats()) +
                    node("t", "Switch", "zero q", floats()) +
                    node("both", "AddV2", "s:1 t:0", floats()) +
                    merge_node("y", "both s:0"),
                "y:0") != "");
  std::string loop = node("enter", "Enter", "x", frame("loop", false)) +
                     node("bound", "Enter", "zero", frame("loop", true)) +
                     merge_node("merge", "enter next") +
                     node("less", "Less", "merge bound", floats()) +
                     node("cond", "LoopCond", "less") +
                     node("switch", "Switch", "merge cond", floats()) +
                     node("plus", "Square", "switch:1", floats()) +
                     node("next", "NextIteration", "plus", floats()) +
                     node("exit", "Exit", "switch:0", floats());
  CHECK(refusal(loop, "exit:0") == "");
  CHECK(refusal(loop, "less:0") != "");  // inside
}

TEST_CASE("Ten thousand branches, nested or in a row, take no deep recursion") {
  constexpr int kBranches = 10000;
  std::string row = placeholder_node("x") + constant_node("zero", "0");
  std::string last = "x";
  for (int i = 0; i < kBranches; ++i) {
    std::string n = std::to_string(i);
    row += node("p" + n, "Less", "zero " + last, floats()) +
           node("s" + n, "Switch", last + " p" + n, floats()) +
           node("f" + n, "Neg", "s" + n + ":0", floats()) +
           node("t" + n, "Neg", "s" + n + ":1", floats()) +
           merge_node("m" + n, "f" + n + " t" + n);
    last = "m" + n;
  }
  BothWays in_a_row(row);
  CHECK(in_a_row.check({last + ":0"}, {{"x:0", 3.0f}}) == "");
  CHECK(number(in_a_row) == 3);

  auto nest = [](int count) {
    std::string nested = placeholder_node("x") + bool_node("p0", true);
    std::string last = "x";
    for (int i = 0; i < count; ++i) {
      std::string n = std::to_string(i), next = std::to_string(i + 1);
      nested += node("s" + n, "Switch", last + " p" + n, floats()) +
                node("f" + n, "Neg", "s" + n + ":0", floats()) +
                node("q" + n, "Switch", "p" + n + " p" + n, type("DT_BOOL")) +
                node("p" + next, "Identity", "q" + n + ":1", type("DT_BOOL"));
      last = "s" + n + ":1";
    }
    for (int i = count; i-- > 0;) {
      std::string n = std::to_string(i);
      nested += merge_node("m" + n, "f" + n + " " + last);
      last = "m" + n;
    }
    return nested;
  };
  BothWays deep(nest(400));
  CHECK(deep.check({"m0:0"}, {{"x:0", 3.0f}}) == "");
  CHECK(number(deep) == 3);
  // Deeper ones run node by node: calls may be nested 500 deep.
  BothWays deeper(nest(10000));
  CHECK(deeper.check({"m0:0"}, {{"x:0", 3.0f}}) != "");
  CHECK(number(deeper) == 3);
}

}  // namespace
}  // namespace tern
