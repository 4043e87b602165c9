// Random graphs with control flow of TensorFlow 1, run both ways.
#include <catch2/catch.hpp>
#include <random>

#include "tern/core/error.h"
#include "tests/graph/v1/both_ways.h"
#include "tests/graph/v1/graph_text.h"
#include "tests/graph/v1/v1_writer.h"

namespace tern {
namespace {

using namespace test;
using Value = V1Writer::Value;
using Values = V1Writer::Values;

/// Programs of arithmetic, conds and loops, nested at random.
class ProgramWriter {
 public:
  explicit ProgramWriter(unsigned seed) : random_(seed) {
    known_ = {w.placeholder("x"), w.placeholder("y")};
    v_ = w.variable("v");
    init = w.assign(v_, w.constant(0));
    for (int i = 0; i < 5; ++i) known_.push_back(value(2));
    result = known_.back();
  }

  V1Writer w;
  std::string init;
  Value result;

 private:
  int pick(int n) {
    return static_cast<int>(random_() % static_cast<unsigned>(n));
  }
  Value any() {
    return known_[static_cast<std::size_t>(
        pick(static_cast<int>(known_.size())))];
  }

  Value predicate() {
    // Conditions are shared, as in training graphs.
    if (!predicates_.empty() && pick(3) == 0) return predicates_.back();
    return w.call("Less", {any(), any()}, "DT_BOOL");
  }

  Value value(int depth) {
    switch (pick(depth > 0 ? 7 : 4)) {
      case 0:
        return w.constant(pick(9) - 4);
      case 1:
        return w.call("Neg", {any()});
      case 2:
        return w.call("Minimum", {any(), w.constant(pick(5))});
      case 3:
        return w.call("Maximum", {any(), any()});
      case 4:
        return loop(depth - 1);
      default:
        return branch(depth - 1);
    }
  }

  /// Values made inside are not known outside.
  template <class Write>
  auto inside(Write write) {
    Values outer = known_, outer_predicates = predicates_;
    auto result = write();
    known_ = outer;
    predicates_ = outer_predicates;
    return result;
  }

  Value side(int depth) {
    return inside([&] {
      for (int i = pick(2); i >= 0; --i) known_.push_back(value(depth));
      if (pick(3) == 0) w.assign_add(v_, any_integer());
      return known_.back();
    });
  }

  Value any_integer() { return w.constant(pick(5)); }

  Value branch(int depth) {
    Value p = predicate();
    Values results = w.cond(
        p,
        [&] {
          return Values{side(depth), any()};
        },
        [&] {
          return Values{side(depth), any()};
        });
    predicates_.push_back(p);
    known_.push_back(results[1]);
    return results[0];
  }

  Value loop(int depth) {
    Value trips = w.constant(pick(4));
    Values exits = w.while_loop(
        {w.constant(0), any(), any()},
        [&](const Values& v) {
          return inside([&] {
            Value i = v[0];
            // Some conditions hold branches themselves.
            if (depth > 0 && pick(4) == 0) {
              known_ = {v[1], v[2]};
              i = w.call("AddV2",
                         {i, w.call("Mul", {branch(0), w.constant(0)})});
            }
            return w.call("Less", {i, trips}, "DT_BOOL");
          });
        },
        [&](const Values& v) {
          return inside([&] {
            known_.insert(known_.end(), v.begin() + 1, v.end());
            Value a = side(depth), b = pick(2) == 0 ? v[1] : side(depth);
            return Values{w.call("AddV2", {v[0], w.constant(1)}), a, b};
          });
        });
    known_.push_back(exits[2]);
    return exits[1];
  }

  std::mt19937 random_;
  Values known_, predicates_;
  Value v_;
};

TEST_CASE("Random programs of conds and loops convert and give the same bits") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    ProgramWriter program(seed);
    BothWays graph(program.w.text() +
                   node("read", "ReadVariableOp", "v", floats("dtype")));
    CHECK(graph.check({program.init}) == "");
    for (float x : {-2.0f, 0.0f, 3.0f}) {
      CHECK(graph.check({program.result.name + ":0"},
                        {{"x:0", x}, {"y:0", 1.0f}}) == "");
      CHECK(graph.check({"read:0"}) == "");
    }
  }
}

/// Nodes wired at random, mostly so that branches close: a side is a list of
/// values that are there on that side of a Switch, side 0 of what is always
/// there.
class Wiring {
 public:
  explicit Wiring(unsigned seed) : random_(seed) {
    text = placeholder_node("x") + constant_node("one", "1") +
           node("p0", "Less", "one x", floats()) +
           node("p1", "Less", "x one", floats()) +
           node("p2", "Equal", "x one", floats());
    sides_ = {{"x", "one"}};
    for (int i = 0; i < 16; ++i) add("n" + std::to_string(i));
    result = sides_[0].back();
  }

  std::string text;
  std::string result;

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }
  const std::string& any(std::size_t side) {
    return sides_[side][pick(sides_[side].size())];
  }

  void add(const std::string& name) {
    std::size_t side = pick(sides_.size());
    std::size_t other = pick(5) == 0 ? pick(sides_.size()) : side;
    std::string control =
        pick(5) == 0 ? " ^" + any(pick(sides_.size())) : std::string();
    control = control.substr(0, control.find(':'));
    switch (pick(4)) {
      case 0: {
        std::string p = "p" + std::to_string(pick(3));
        text += node(name, "Switch", any(side) + " " + p + control, floats());
        switches_.push_back({side, sides_.size()});
        sides_.push_back({name + ":0"});
        sides_.push_back({name + ":1"});
        return;
      }
      case 1:
        if (switches_.empty()) return;
        {
          auto [outer, first] = switches_[pick(switches_.size())];
          std::size_t second = pick(8) == 0 ? other : first + 1;
          text += merge_node(name, any(second) + " " + any(first) + control);
          sides_[outer].push_back(name);
        }
        return;
      case 2:
        text += node(
            name, "AddV2", any(side) + " " + any(other) + control, floats());
        break;
      default:
        text += node(name, "Neg", any(side) + control, floats());
    }
    sides_[side].push_back(name);
  }

  std::mt19937 random_;
  std::vector<std::vector<std::string>> sides_;
  std::vector<std::pair<std::size_t, std::size_t>> switches_;
};

TEST_CASE("Random wiring of Switch and Merge converts to the same, or not") {
  int converted = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Wiring wiring(seed);
    BothWays graph(wiring.text);
    for (float x : {0.0f, 1.0f, 2.0f})
      if (graph.check({wiring.result + ":0"}, {{"x:0", x}}) == "" &&
          count_ops(*graph.function(), "StatelessIf") > 0)
        ++converted;
  }
  CHECK(converted > 300);
}

}  // namespace
}  // namespace tern
