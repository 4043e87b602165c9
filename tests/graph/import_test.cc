#include <catch2/catch.hpp>
#include <string>

#include "graph/gradient/call_gradient.h"
#include "graph/graph_def/graph_def.h"
#include "graph/program/program.h"
#include "io/tensor_proto.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

proto::NodeDef* add(proto::GraphDef& graph,
                    const std::string& name,
                    const std::string& op,
                    const std::vector<std::string>& inputs = {}) {
  proto::NodeDef* node = graph.add_node();
  node->set_name(name);
  node->set_op(op);
  for (const std::string& input : inputs) node->add_input(input);
  return node;
}

void set_type(proto::NodeDef* node, const std::string& attr, DType dtype) {
  (*node->mutable_attr())[attr].set_type(io::to_proto(dtype));
}

void add_placeholder(proto::GraphDef& graph,
                     const std::string& name,
                     const Shape& shape,
                     DType dtype = float32) {
  proto::NodeDef* node = add(graph, name, "Placeholder");
  set_type(node, "dtype", dtype);
  io::to_proto(shape, (*node->mutable_attr())["shape"].mutable_shape());
}

/// y = x + x, the sum before its input.
proto::GraphDef sum_graph() {
  proto::GraphDef graph;
  set_type(add(graph, "y", "AddV2", {"x", "x:0", "^start"}), "T", float32);
  add(graph, "start", "NoOp");
  add_placeholder(graph, "x", {-1, 3});
  return graph;
}

std::string message_of(const proto::GraphDef& graph, Code code) {
  try {
    import_graph_def(graph);
  } catch (const Error& error) {
    CHECK(code_name(error.code()) == code_name(code));
    return error.what();
  }
  FAIL("the graph was imported");
  return "";
}

TEST_CASE("Nodes of a GraphDef may come in any order") {
  Graph graph = import_graph_def(sum_graph());
  REQUIRE(graph.size() == 3);
  const Node* sum = graph.find("y");
  REQUIRE(sum != nullptr);
  CHECK(sum->inputs[0].node == graph.find("x")->id);
  CHECK(sum->inputs[1] == sum->inputs[0]);
  CHECK(sum->control_inputs == std::vector<int>{graph.find("start")->id});
  CHECK(sum->output_shapes[0] == Shape({-1, 3}));
}

TEST_CASE("Attrs that a GraphDef leaves out have the signature's defaults") {
  proto::GraphDef def;
  add_placeholder(def, "a", {2, 3});
  add_placeholder(def, "b", {3, 4});
  set_type(add(def, "c", "MatMul", {"a", "b"}), "T", float32);
  Graph graph = import_graph_def(def);
  CHECK_FALSE(graph.find("c")->attr("transpose_a").get<bool>());
  CHECK(graph.find("c")->output_shapes[0] == Shape({2, 4}));
}

TEST_CASE("A node whose op is not registered fails when it is run") {
  proto::GraphDef def = sum_graph();
  proto::NodeDef* foreign = add(def, "z", "NoSuchOp", {"y", "^start"});
  (*foreign->mutable_attr())["axis"].set_i(3);
  set_type(add(def, "w", "Neg", {"z:2"}), "T", float32);
  CHECK(unregistered_ops(def) == std::vector<std::string>{"NoSuchOp"});
  auto graph = std::make_shared<Graph>(import_graph_def(def));
  const Node& node = *graph->find("z");
  CHECK(node.op->name == "NoSuchOp");
  // Its users tell how many outputs it has, and of which dtype.
  REQUIRE(node.output_types.size() == 3);
  CHECK(node.output_types[2] == float32);

  auto run = [&](const std::string& name) {
    GraphFunction function(
        "f", graph, {graph->find("x")->id}, {{graph->find(name)->id, 0}}, {});
    return function.program().run({constant({1.0, 2.0, 3.0})});
  };
  CHECK(run("y")[0].values<float>()[2] == 6);
  try {
    run("w");
    FAIL("an op that Tern lacks ran");
  } catch (const NotFoundError& error) {
    CHECK_THAT(error.what(),
               Catch::Contains("Op type not registered 'NoSuchOp'"));
  }
}

TEST_CASE("Ops that the optimizer makes are unknown in a GraphDef") {
  proto::GraphDef def = sum_graph();
  add(def, "z", "_TernFusedElementwise", {"y"});
  CHECK(unregistered_ops(def) ==
        std::vector<std::string>{"_TernFusedElementwise"});
  auto graph = std::make_shared<Graph>(import_graph_def(def));
  GraphFunction function(
      "f", graph, {graph->find("x")->id}, {}, {graph->find("z")->id});
  CHECK_THROWS_AS(function.program().run({constant({1.0, 2.0, 3.0})}),
                  NotFoundError);
}

TEST_CASE("Graphs whose parts do not fit are InvalidArgument and named") {
  auto expect = [](const proto::GraphDef& def, const std::string& text) {
    std::string message = message_of(def, Code::kInvalidArgument);
    INFO(message);
    CHECK(message.find(text) != std::string::npos);
  };
  proto::GraphDef unknown = sum_graph();
  unknown.mutable_node(0)->set_input(0, "w");
  expect(unknown, "Unknown input node 'w'");

  proto::GraphDef twice = sum_graph();
  add_placeholder(twice, "x", {});
  expect(twice, "Node 'x' is not unique");

  proto::GraphDef output = sum_graph();
  output.mutable_node(0)->set_input(1, "x:1");
  expect(output, "it has 1 outputs");

  proto::GraphDef types = sum_graph();
  set_type(types.mutable_node(0), "T", int32);
  expect(types, "incompatible with expected int32");

  proto::GraphDef missing = sum_graph();
  missing.mutable_node(0)->mutable_attr()->clear();
  expect(missing, "NodeDef missing attr 'T'");

  proto::GraphDef foreign = sum_graph();
  (*foreign.mutable_node(0)->mutable_attr())["axis"].set_i(1);
  expect(foreign, "NodeDef mentions attr 'axis'");

  proto::GraphDef kind = sum_graph();
  (*kind.mutable_node(0)->mutable_attr())["T"].set_i(1);
  expect(kind, "attr 'T'");

  proto::GraphDef few = sum_graph();
  few.mutable_node(0)->mutable_input()->RemoveLast();
  few.mutable_node(0)->mutable_input()->RemoveLast();
  expect(few, "takes 2 inputs");

  proto::GraphDef order = sum_graph();
  order.mutable_node(0)->set_input(0, "^start");
  expect(order, "Control dependencies must come after");

  proto::GraphDef cycle = sum_graph();
  cycle.mutable_node(0)->set_input(1, "y");
  expect(cycle, "contains a cycle");

  proto::GraphDef shapes;
  add_placeholder(shapes, "a", {2, 3});
  add_placeholder(shapes, "b", {4, 5});
  set_type(add(shapes, "c", "MatMul", {"a", "b"}), "T", float32);
  expect(shapes, "node 'c'");
}

TEST_CASE("Numbers of tensors beyond all measure are refused") {
  proto::GraphDef def;
  add_placeholder(def, "x", {4});
  proto::NodeDef* axis = add(def, "axis", "Const");
  set_type(axis, "dtype", int32);
  io::to_proto(Tensor(0), (*axis->mutable_attr())["value"].mutable_tensor());
  proto::NodeDef* split = add(def, "split", "Split", {"axis", "x"});
  set_type(split, "T", float32);
  for (std::int64_t n : {std::int64_t{-1}, std::int64_t{1} << 40}) {
    (*split->mutable_attr())["num_split"].set_i(n);
    CHECK_THROWS_AS(import_graph_def(def), InvalidArgumentError);
  }
}

TEST_CASE("A chain of 100,000 nodes is imported, run and differentiated") {
  proto::GraphDef def;
  add_placeholder(def, "n0", {});
  constexpr int kNodes = 100000;
  for (int i = 1; i < kNodes; ++i)
    set_type(
        add(def, "n" + std::to_string(i), "Neg", {"n" + std::to_string(i - 1)}),
        "T",
        float32);
  auto graph = std::make_shared<Graph>(import_graph_def(def));
  int first = graph->find("n0")->id, last = graph->find("n99999")->id;
  CHECK(graph->topological_order({last}).size() == kNodes);

  auto chain =
      std::make_shared<const GraphFunction>("chain",
                                            graph,
                                            std::vector<int>{first},
                                            std::vector<NodeOutput>{{last, 0}},
                                            std::vector<int>{});
  GradientTape tape;
  Tensor x = constant(3.0);
  tape.watch(x);
  Tensor y = call_function(chain, {x})[0];
  CHECK(y.item<float>() == -3);
  CHECK(tape.gradient(y, x).item<float>() == -1);
}

proto::FunctionDef* add_function(proto::GraphDef& def,
                                 const std::string& name) {
  proto::FunctionDef* function = def.mutable_library()->add_function();
  function->mutable_signature()->set_name(name);
  auto* in = function->mutable_signature()->add_input_arg();
  in->set_name("x");
  in->set_type(proto::DT_FLOAT);
  auto* out = function->mutable_signature()->add_output_arg();
  out->set_name("y");
  out->set_type(proto::DT_FLOAT);
  return function;
}

/// f(x) = (x, x) unpacked again: an input by name of an output arg.
proto::GraphDef call_graph() {
  proto::GraphDef def;
  proto::FunctionDef* f = add_function(def, "f");
  proto::NodeDef* both = f->add_node_def();
  both->set_name("both");
  both->set_op("IdentityN");
  both->add_input("x");
  both->add_input("x");
  auto* types = (*both->mutable_attr())["T"].mutable_list();
  types->add_type(proto::DT_FLOAT);
  types->add_type(proto::DT_FLOAT);
  (*f->mutable_ret())["y"] = "both:output:1";
  add_placeholder(def, "x", {2});
  proto::NodeDef* call = add(def, "call", "PartitionedCall", {"x"});
  (*call->mutable_attr())["Tin"].mutable_list()->add_type(proto::DT_FLOAT);
  (*call->mutable_attr())["Tout"].mutable_list()->add_type(proto::DT_FLOAT);
  (*call->mutable_attr())["f"].mutable_func()->set_name("f");
  return def;
}

TEST_CASE("Functions of a GraphDef's library become graphs of their own") {
  Graph graph = import_graph_def(call_graph());
  const auto& ref = graph.find("call")->attr("f").get<FunctionRef>();
  REQUIRE(ref.function != nullptr);
  CHECK(ref.function == graph.library().at("f"));
  CHECK(ref.function->outputs()[0].output == 1);
  CHECK(ref.function->argument_types() == std::vector<DType>{float32});
}

TEST_CASE("A function may be called by using its name as an op") {
  proto::GraphDef def = call_graph();
  set_type(add(def, "z", "Identity", {"direct:y:0"}), "T", float32);
  add(def, "direct", "f", {"x"});
  CHECK(unregistered_ops(def).empty());
  Graph graph = import_graph_def(def);
  CHECK(graph.find("direct")->op->name == "PartitionedCall");
  CHECK(graph.find("z")->inputs[0] == NodeOutput{graph.find("direct")->id, 0});
}

TEST_CASE("Libraries that do not fit give typed errors") {
  proto::GraphDef missing = call_graph();
  (*missing.mutable_node(1)->mutable_attr())["f"].mutable_func()->set_name("g");
  CHECK_THROWS_AS(import_graph_def(missing), NotFoundError);

  proto::GraphDef output = call_graph();
  (*output.mutable_library()->mutable_function(0)->mutable_ret())["y"] =
      "both:output:2";
  CHECK_THROWS_AS(import_graph_def(output), InvalidArgumentError);

  proto::GraphDef no_return = call_graph();
  no_return.mutable_library()->mutable_function(0)->clear_ret();
  CHECK_THROWS_AS(import_graph_def(no_return), InvalidArgumentError);
}

/// f(x) = 2x < 10 ? f(2x) : 2x, with a branch that calls f.
proto::GraphDef recursive_graph() {
  proto::GraphDef def;
  proto::FunctionDef* id = add_function(def, "id");
  (*id->mutable_ret())["y"] = "x";
  proto::FunctionDef* f = add_function(def, "f");
  auto add_to_f = [&](const char* name,
                      const char* op,
                      const std::vector<std::string>& inputs) {
    proto::NodeDef* node = f->add_node_def();
    node->set_name(name);
    node->set_op(op);
    for (const std::string& input : inputs) node->add_input(input);
    return node;
  };
  proto::NodeDef* ten = add_to_f("ten", "Const", {});
  set_type(ten, "dtype", float32);
  io::to_proto(Tensor(10.0f), (*ten->mutable_attr())["value"].mutable_tensor());
  set_type(add_to_f("twice", "AddV2", {"x", "x"}), "T", float32);
  set_type(
      add_to_f("less", "Less", {"twice:z:0", "ten:output:0"}), "T", float32);
  proto::NodeDef* branch =
      add_to_f("if", "StatelessIf", {"less:z:0", "twice:z:0"});
  auto& attrs = *branch->mutable_attr();
  attrs["Tcond"].set_type(proto::DT_BOOL);
  attrs["Tin"].mutable_list()->add_type(proto::DT_FLOAT);
  attrs["Tout"].mutable_list()->add_type(proto::DT_FLOAT);
  attrs["then_branch"].mutable_func()->set_name("f");
  attrs["else_branch"].mutable_func()->set_name("id");
  (*f->mutable_ret())["y"] = "if:output:0";
  add_placeholder(def, "x", {});
  add(def, "call", "f", {"x"});
  return def;
}

float call(const GraphFunction& function, float x) {
  return function.program().run({Tensor(x)})[0].item<float>();
}

TEST_CASE("A function may call itself") {
  GraphFunctionPtr f;
  {
    Graph graph = import_graph_def(recursive_graph());
    f = graph.library().at("f");
  }
  // Whoever holds the function holds what it calls.
  CHECK(call(*f, 3) == 12);
  CHECK(call(*f, 7) == 14);
}

TEST_CASE("A function that calls itself forever is ResourceExhausted") {
  proto::GraphDef endless = recursive_graph();
  proto::FunctionDef* id = endless.mutable_library()->mutable_function(0);
  proto::NodeDef* again = id->add_node_def();
  again->set_name("again");
  again->set_op("id");
  again->add_input("x");
  (*id->mutable_ret())["y"] = "again:y:0";
  Graph graph = import_graph_def(endless);
  CHECK_THROWS_AS(call(*graph.library().at("id"), 1), ResourceExhaustedError);
}

TEST_CASE("A damaged GraphDef is a graph or a typed error, never a crash") {
  std::string bytes = call_graph().SerializeAsString();
  auto attempt = [](const std::string& damaged) {
    try {
      import_graph_def(parse_graph_def(damaged, "damaged.pb"));
    } catch (const Error&) {
    }
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    attempt(bytes.substr(0, i));
    for (int change : {1, 0x10, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      attempt(damaged);
    }
  }
}

}  // namespace
}  // namespace tern
