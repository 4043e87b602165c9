// What the documents print of functions and graphs (expected.tsv; S2 is the
// second of them).

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/core/print.h"
#include "tern/graph/control_flow.h"
#include "tern/graph/function.h"
#include "tern/graph/loops.h"
#include "tern/graph/v1.h"
#include "tern/io/file.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/print.h"
#include "tern/ops/random.h"
#include "tern/ops/strings.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

/// Collects what is printed, by C++ code while it is traced and by print when
/// it runs.
class Paper {
 public:
  explicit Paper(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / name) {
    take();
  }
  ~Paper() { take(); }

  void print(const Tensor& value) const {
    tern::print(value, PrintOptions{.output_stream = "file://" + path_});
  }
  /// As Python's print does: at once, also while a function is traced.
  void note(const std::string& line) const {
    std::ofstream(path_, std::ios::app) << line << "\n";
  }
  /// What was printed since the last call.
  std::string take() const {
    std::string text =
        std::filesystem::exists(path_) ? io::read_bytes(path_) : std::string();
    std::filesystem::remove(path_);
    return text;
  }

 private:
  std::string path_;
};

TEST_CASE("A session joins what it is fed (S2:2083)") {
  compat::v1::Graph g;
  Tensor x, y, z;
  {
    auto scope = g.as_default();
    x = compat::v1::placeholder(string, {.shape = {}, .name = "x"});
    y = compat::v1::placeholder(string, {.shape = {}, .name = "y"});
    z = strings::join({x, y}, {.separator = " "});
  }
  compat::v1::Session session(g);
  CHECK(session.run(z, {{x, "hello"}, {y, "world"}}).bytes() == "hello world");
  CHECK(session.run("StringJoin:0", {{"x:0", "hello"}, {"y:0", "world"}})
            .bytes() == "hello world");
}

TEST_CASE("Tensors of the default graph are fed by name (S1:221)") {
  compat::v1::Graph inception;
  {
    auto scope = inception.as_default();
    Tensor image = compat::v1::placeholder(
        float32, {.shape = {3}, .name = "DecodeJpeg/contents"});
    raw<"Softmax">(image * 2);
  }
  CHECK_THROWS_AS(compat::v1::get_default_graph(), FailedPreconditionError);
  {
    compat::v1::InteractiveSession session(inception);
    Tensor softmax =
        compat::v1::get_default_graph().get_tensor_by_name("Softmax:0");
    CHECK(softmax.extra()->name() == "Softmax:0");
    Tensor predictions =
        session.run(softmax, {{"DecodeJpeg/contents:0", {1.0, 1.0, 1.0}}});
    for (float score : predictions.values<float>())
      CHECK(score == Approx(1.0 / 3));
    // Ops go to the session's graph.
    CHECK(session.run(softmax + 1, {{"DecodeJpeg/contents:0", {0, 0, 0}}})
              .shape() == Shape{3});
  }
  CHECK_THROWS_AS(compat::v1::get_default_graph(), FailedPreconditionError);
  compat::v1::InteractiveSession fresh;
  Tensor x = compat::v1::placeholder(float32);
  CHECK(fresh.run(x * 2, {{x, 3.0}}).item<float>() == 6);
}

TEST_CASE("A graph with a loop that prints (S2:5234)") {
  Paper paper("tern_loop_in_graph.txt");
  compat::v1::Graph g;
  Tensor a, b, c;
  {
    auto scope = g.as_default();
    a = compat::v1::placeholder(string, {.shape = {}});
    b = compat::v1::placeholder(string, {.shape = {}});
    Tensor loop = while_loop([](Tensor i) { return i < 3; },
                             [&](Tensor i) {
                               paper.print(i);
                               return i + 1;
                             },
                             Tensor(0));
    auto after = control_dependencies({loop});
    c = strings::join({a, b});
    paper.note("tracing");
  }
  CHECK(paper.take() == "tracing\n");
  CHECK(compat::v1::Session(g).run(c, {{a, "hello"}, {b, "world"}}).bytes() ==
        "helloworld");
  CHECK(paper.take() == "0\n1\n2\n");
}

TEST_CASE("A function is traced once for a signature (S2:5204-5298)") {
  Paper paper("tern_myadd.txt");
  auto body = [&](const Tensor& a, const Tensor& b) {
    for_each(range(3), [&](const Tensor& i) { paper.print(i); });
    Tensor c = a + b;
    paper.note("tracing");
    return c;
  };
  auto myadd = function(body);
  CHECK(paper.take().empty());  // making it does nothing yet
  CHECK(myadd(constant("hello"), constant("world")).bytes() == "helloworld");
  CHECK(paper.take() == "tracing\n0\n1\n2\n");
  myadd(constant("good"), constant("morning"));
  CHECK(paper.take() == "0\n1\n2\n");
  CHECK(myadd(constant(1), constant(2)).item<int>() == 3);
  CHECK(paper.take() == "tracing\n0\n1\n2\n");

  // Values that are no tensors are part of the signature.
  auto of_values = function([&](std::string a, std::string b) {
    return body(constant(a), constant(b));
  });
  of_values("hello", "world");
  of_values("good", "morning");
  CHECK(paper.take() == "tracing\n0\n1\n2\ntracing\n0\n1\n2\n");
}

TEST_CASE("An input signature fixes dtype and shape (S2:5383)") {
  Paper paper("tern_add_print.txt");
  Variable x(constant(1.0));
  auto add_print = function(
      [&](const Tensor& a) {
        x.assign_add(a);
        paper.print(x);
        return x.read();
      },
      {.input_signature = {TensorSpec({}, float32)}});
  add_print(constant(3.0));
  CHECK(paper.take() == "4\n");
  CHECK_THROWS_AS(add_print(constant(3)), InvalidArgumentError);
}

TEST_CASE("Variables stand outside of functions (S2:5056-5100)") {
  Paper paper("tern_outer_var.txt");
  Variable x(constant(1.0));
  auto outer_var = function([&] {
    x.assign_add(1.0);
    paper.print(x);
    return x.read();
  });
  outer_var();
  outer_var();
  CHECK(paper.take() == "2\n3\n");

  auto inner_var = function([](const Tensor& start) {
    Variable inner(constant(1.0));
    return inner.read() + start;
  });
  inner_var(constant(1.0));
  CHECK_THROWS_WITH(
      inner_var(constant(1)),
      Catch::Contains("tf.function-decorated function tried to create "
                      "variables on non-first call."));
}

TEST_CASE("Lists of C++ change while tracing alone (S2:5124, 5147)") {
  Tensors eager_list, traced_list;
  auto append = [](Tensors& list) {
    return [&list](const Tensor& x) {
      list.push_back(x);
      return x + 0;
    };
  };
  auto eager = append(eager_list);
  eager(constant(5.0));
  eager(constant(6.0));
  REQUIRE(eager_list.size() == 2);
  CHECK(repr(eager_list[0]) ==
        "<tf.Tensor: shape=(), dtype=float32, numpy=5.0>");
  CHECK(repr(eager_list[1]) ==
        "<tf.Tensor: shape=(), dtype=float32, numpy=6.0>");

  auto traced = function(append(traced_list),
                         {.input_signature = {TensorSpec({}, float32, "x")}});
  traced(constant(5.0));
  traced(constant(6.0));
  REQUIRE(traced_list.size() == 1);
  CHECK(repr(traced_list[0]) == "<tf.Tensor 'x:0' shape=() dtype=float32>");
}

TEST_CASE(
    "C++'s random numbers are drawn while tracing, ops' in each call "
    "(S2:5022, 5034)") {
  std::mt19937 engine(1);
  auto np_random = function([&] {
    std::normal_distribution<float> normal;
    return constant({normal(engine), normal(engine), normal(engine)});
  });
  auto tf_random = function([] { return random::normal({3}); });
  auto same = [](const Tensor& a, const Tensor& b) {
    return static_cast<bool>(reduce_all(a == b));
  };
  CHECK(same(np_random(), np_random()));
  CHECK_FALSE(same(tf_random(), tf_random()));
}

}  // namespace
}  // namespace tern
