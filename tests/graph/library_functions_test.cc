// Functions of a GraphDef's library: templates, and cycles through lists of
// functions.
#include <catch2/catch.hpp>

#include "graph/graph_def/graph_def.h"
#include "tern/core/error.h"
#include "tern/graph/v1.h"

namespace tern {
namespace {

namespace v1 = compat::v1;

v1::Graph graph_of(const proto::GraphDef& def) {
  return v1::import_serialized_graph_def(bytes_of(def), {.name = ""});
}

const char* kTemplate = R"(
  node { name: "x" op: "Const"
         attr { key: "dtype" value { type: DT_FLOAT } }
         attr { key: "value" value { tensor {
           dtype: DT_FLOAT tensor_shape { } float_val: 1.5 } } } }
  node { name: "i" op: "Const"
         attr { key: "dtype" value { type: DT_INT32 } }
         attr { key: "value" value { tensor {
           dtype: DT_INT32 tensor_shape { } int_val: 3 } } } }
  node { name: "a" op: "fourfold" input: "x"
         attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "b" op: "fourfold" input: "i"
         attr { key: "T" value { type: DT_INT32 } } }
  node { name: "c" op: "fourfold" input: "a"
         attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "d" op: "PartitionedCall" input: "x"
         attr { key: "Tin" value { list { type: DT_FLOAT } } }
         attr { key: "Tout" value { list { type: DT_FLOAT } } }
         attr { key: "f" value { func { name: "twice"
           attr { key: "U" value { type: DT_FLOAT } } } } } }
  library {
    function {
      signature { name: "fourfold" attr { name: "T" type: "type" }
                  input_arg { name: "v" type_attr: "T" }
                  output_arg { name: "r" type_attr: "T" } }
      node_def { name: "once" op: "twice" input: "v"
                 attr { key: "U" value { placeholder: "T" } } }
      node_def { name: "again" op: "twice" input: "once:w:0"
                 attr { key: "U" value { placeholder: "T" } } }
      ret { key: "r" value: "again:w:0" }
    }
    function {
      signature { name: "twice"
                  attr { name: "U" type: "type"
                         default_value { type: DT_FLOAT } }
                  input_arg { name: "v" type_attr: "U" }
                  output_arg { name: "w" type_attr: "U" } }
      node_def { name: "sum" op: "AddV2" input: "v" input: "v"
                 attr { key: "T" value { placeholder: "U" } } }
      ret { key: "w" value: "sum:z:0" }
    }
  }
)";

TEST_CASE("A function whose types are attrs runs for those of each call") {
  proto::GraphDef def = parse_text_graph_def(kTemplate, "test");
  v1::Session session(graph_of(def));
  Tensors values = session.run({"a:0", "b:0", "c:0", "d:0"});
  CHECK(values[0].item<float>() == 6);
  CHECK(values[1].item<int>() == 12);
  CHECK(values[1].dtype() == int32);
  CHECK(values[2].item<float>() == 24);
  CHECK(values[3].item<float>() == 3);
}

TEST_CASE("Templates are exported as they came in") {
  proto::GraphDef def = parse_text_graph_def(kTemplate, "test");
  CHECK(text_of(export_graph_def(import_graph_def(def))) == text_of(def));
}

TEST_CASE("A call that does not say a template's types fails when it runs") {
  proto::GraphDef def = parse_text_graph_def(kTemplate, "test");
  def.mutable_node(2)->clear_attr();
  v1::Session session(graph_of(def));
  CHECK(session.run("b:0").item<int>() == 12);
  CHECK_THROWS_AS(session.run("a:0"), NotFoundError);
}

TEST_CASE("Functions call themselves by way of the branches of a Case") {
  proto::GraphDef def = parse_text_graph_def(R"(
    node { name: "n" op: "Placeholder"
           attr { key: "dtype" value { type: DT_INT32 } }
           attr { key: "shape" value { shape { } } } }
    node { name: "one" op: "Const"
           attr { key: "dtype" value { type: DT_INT32 } }
           attr { key: "value" value { tensor {
             dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }
    node { name: "y" op: "factorial" input: "n" input: "one" }
    library {
      function {
        signature { name: "factorial"
                    input_arg { name: "n" type: DT_INT32 }
                    input_arg { name: "so_far" type: DT_INT32 }
                    output_arg { name: "r" type: DT_INT32 } }
        node_def { name: "case" op: "StatelessCase"
                   input: "n" input: "n" input: "so_far"
                   attr { key: "Tin" value { list {
                     type: DT_INT32 type: DT_INT32 } } }
                   attr { key: "Tout" value { list { type: DT_INT32 } } }
                   attr { key: "branches" value { list {
                     func { name: "done" } func { name: "step" } } } } }
        ret { key: "r" value: "case:output:0" }
      }
      function {
        signature { name: "done"
                    input_arg { name: "n" type: DT_INT32 }
                    input_arg { name: "so_far" type: DT_INT32 }
                    output_arg { name: "r" type: DT_INT32 } }
        ret { key: "r" value: "so_far" }
      }
      function {
        signature { name: "step"
                    input_arg { name: "n" type: DT_INT32 }
                    input_arg { name: "so_far" type: DT_INT32 }
                    output_arg { name: "r" type: DT_INT32 } }
        node_def { name: "one" op: "Const"
                   attr { key: "dtype" value { type: DT_INT32 } }
                   attr { key: "value" value { tensor {
                     dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }
        node_def { name: "times" op: "Mul" input: "n" input: "so_far"
                   attr { key: "T" value { type: DT_INT32 } } }
        node_def { name: "less" op: "Sub" input: "n" input: "one:output:0"
                   attr { key: "T" value { type: DT_INT32 } } }
        node_def { name: "rest" op: "factorial"
                   input: "less:z:0" input: "times:z:0" }
        ret { key: "r" value: "rest:r:0" }
      }
    }
  )",
                                             "test");
  CHECK(text_of(export_graph_def(import_graph_def(def))) == text_of(def));
  v1::Session session(graph_of(def));
  CHECK(session.run("y:0", {{"n:0", 5}}).item<int>() == 120);
  CHECK(session.run("y:0", {{"n:0", 0}}).item<int>() == 1);
}

TEST_CASE("A function whose body holds Switch and Merge is called as any") {
  proto::GraphDef def = parse_text_graph_def(R"(
    node { name: "x" op: "Placeholder"
           attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "magnitude" input: "x" }
    library {
      function {
        signature { name: "magnitude"
                    input_arg { name: "x" type: DT_FLOAT }
                    output_arg { name: "r" type: DT_FLOAT } }
        node_def { name: "zero" op: "ZerosLike" input: "x"
                   attr { key: "T" value { type: DT_FLOAT } } }
        node_def { name: "p" op: "Less" input: "x" input: "zero:y:0"
                   attr { key: "T" value { type: DT_FLOAT } } }
        node_def { name: "s" op: "Switch" input: "x" input: "p:z:0"
                   attr { key: "T" value { type: DT_FLOAT } } }
        node_def { name: "n" op: "Neg" input: "s:output_true:0"
                   attr { key: "T" value { type: DT_FLOAT } } }
        node_def { name: "m" op: "Merge"
                   input: "s:output_false:0" input: "n:y:0"
                   attr { key: "T" value { type: DT_FLOAT } }
                   attr { key: "N" value { i: 2 } } }
        ret { key: "r" value: "m:output:0" }
      }
    }
  )",
                                             "test");
  v1::Session session(graph_of(def));
  CHECK(session.run("y:0", {{"x:0", -3.0f}}).item<float>() == 3);
  CHECK(session.run("y:0", {{"x:0", 2.0f}}).item<float>() == 2);
}

}  // namespace
}  // namespace tern
