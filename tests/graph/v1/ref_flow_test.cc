// References to variables that pass through control flow.
#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tests/graph/v1/both_ways.h"
#include "tests/graph/v1/graph_text.h"

namespace tern {
namespace {

using namespace test;

std::string variable(const std::string& name, const std::string& start) {
  return variable_node(name) + constant_node(name + "/start", start) +
         node(name + "/init", "Assign", name + " " + name + "/start", floats());
}

std::string bool_placeholder(const std::string& name) {
  return node(
      name,
      "Placeholder",
      "",
      type("DT_BOOL", "dtype") + "attr { key: 'shape' value { shape { } } }");
}

std::string ref_merge(const std::string& name, const std::string& inputs) {
  return node(
      name, "RefMerge", inputs, floats() + "attr { key: 'N' value { i: 2 } }");
}

TEST_CASE("RefSwitch and RefMerge lead updates to the variable") {
  BothWays graph(
      variable("v", "10") + constant_node("one", "1") + bool_placeholder("p") +
      node("s", "RefSwitch", "v p", floats()) +
      node("add", "AssignAdd", "s:1 one", floats()) +
      node("sub", "AssignSub", "s:0 one", floats()) +
      ref_merge("m", "sub add") + node("y", "Identity", "m", floats()) +
      node("square", "Square", "m", floats()));
  CHECK(graph.check({"v/init"}) == "");
  for (auto [taken, y] :
       {std::pair(true, 11.0f), {true, 12.0f}, {false, 11.0f}}) {
    CHECK(graph.check({"y:0", "square:0"}, {{"p:0", Tensor(taken)}}) == "");
    CHECK(graph.values()[0].item<float>() == y);
    CHECK(graph.values()[1].item<float>() == y * y);
    CHECK(graph.check({"v:0"}) == "");
    CHECK(graph.values()[0].item<float>() == y);
  }
}

TEST_CASE("A variable that was not chosen need not be initialized") {
  BothWays graph(
      variable("a", "1") + variable("b", "2") + bool_placeholder("p") +
      node("as", "RefSwitch", "a p", floats()) +
      node("bs", "RefSwitch", "b p", floats()) + ref_merge("m", "bs:0 as:1") +
      node("y", "Identity", "m", floats()));
  CHECK(graph.check({"b/init"}) == "");
  CHECK(graph.check({"y:0"}, {{"p:0", Tensor(false)}}) == "");
  CHECK(graph.values()[0].item<float>() == 2);
  CHECK_THROWS_AS(graph.check({"y:0"}, {{"p:0", Tensor(true)}}),
                  FailedPreconditionError);
}

TEST_CASE("RefSelect chooses one of several variables") {
  std::string text = constant_node("ten", "10");
  for (const char* name : {"a", "b", "c"}) text += variable(name, "1");
  text += node("i",
               "Placeholder",
               "",
               type("DT_INT32", "dtype") +
                   "attr { key: 'shape' value { shape { } } }") +
          node("chosen",
               "RefSelect",
               "i a b c",
               floats() + "attr { key: 'N' value { i: 3 } }") +
          node("add", "AssignAdd", "chosen ten", floats()) +
          node("y", "Identity", "add", floats());
  BothWays graph(text);
  for (const char* name : {"a/init", "b/init", "c/init"})
    CHECK(graph.check({name}) == "");
  float expected[] = {1, 1, 1};
  for (int i : {2, 0, 2, 1}) {
    expected[i] += 10;
    CHECK(graph.check({"y:0"}, {{"i:0", Tensor(i).as_dtype(int32)}}) == "");
    CHECK(graph.values()[0].item<float>() == expected[i]);
    CHECK(graph.check({"a:0", "b:0", "c:0"}) == "");
    for (int k = 0; k < 3; ++k)
      CHECK(graph.values()[static_cast<std::size_t>(k)].item<float>() ==
            expected[k]);
  }
  CHECK_THROWS_AS(graph.check({"y:0"}, {{"i:0", Tensor(3).as_dtype(int32)}}),
                  InvalidArgumentError);
}

/// for (i = 0; i < 4; ++i) v += 2, the reference entering as `enter` says.
std::string counting(const std::string& enter, const std::string& reference) {
  return variable("v", "5") + constant_node("zero", "0") +
         constant_node("four", "4") + enter +
         node("ie", "Enter", "zero", frame("loop", false)) +
         node("bound", "Enter", "four", frame("loop", true)) +
         merge_node("im", "ie in") +
         node("less", "Less", "im bound", floats()) +
         node("cond", "LoopCond", "less") +
         node("is", "Switch", "im cond", floats()) +
         constant_node("one", "1", "^is") + constant_node("two", "2", "^ib") +
         node("ib", "Identity", "is:1", floats()) +
         node("add", "AssignAdd", reference + " two", floats()) +
         constant_node("step", "1", "^ib") +
         node("plus", "AddV2", "ib step ^add", floats()) +
         node("in", "NextIteration", "plus", floats()) +
         node("exit", "Exit", "is:0", floats()) +
         node("after", "Identity", "v ^exit", floats());
}

TEST_CASE("A reference enters a loop and is changed in each step") {
  BothWays graph(
      counting(node("ve", "RefEnter", "v", frame("loop", true)), "ve"));
  CHECK(graph.check({"v/init"}) == "");
  CHECK(graph.check({"after:0"}) == "");
  CHECK(graph.values()[0].item<float>() == 13);
  CHECK(graph.check({"v:0"}) == "");
  CHECK(graph.values()[0].item<float>() == 13);
}

TEST_CASE("A reference goes round a loop and comes out of it") {
  BothWays graph(counting(node("ve", "RefEnter", "v", frame("loop", false)) +
                              ref_merge("vm", "ve vn") +
                              node("vs", "RefSwitch", "vm cond", floats()) +
                              node("vn", "RefNextIteration", "add", floats()) +
                              node("vx", "RefExit", "vs:0", floats()) +
                              node("out", "Neg", "vx", floats()),
                          "vs:1"));
  CHECK(graph.check({"v/init"}) == "");
  CHECK(graph.check({"out:0"}) == "");
  CHECK(graph.values()[0].item<float>() == -13);
}

}  // namespace
}  // namespace tern
