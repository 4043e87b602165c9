// What a GraphDef holds survives import and export.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "graph/graph_def/graph_def.h"
#include "graph/program/program.h"
#include "graph/tracer.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"
#include "tern/io/file.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

proto::GraphDef from_text(const std::string& text) {
  return parse_text_graph_def(text, "test");
}

/// Import and export give back the message.
void check_survives(const proto::GraphDef& def) {
  proto::GraphDef exported = export_graph_def(import_graph_def(def));
  CHECK(text_of(exported) == text_of(def));
  CHECK(text_of(from_text(text_of(exported))) == text_of(def));
}

const char* const kPlaceholder = R"(
  node { name: "x" op: "Placeholder"
         attr { key: "dtype" value { type: DT_FLOAT } }
         attr { key: "shape" value { shape { unknown_rank: true } } } }
)";

TEST_CASE("Order, devices, control edges and versions of a graph survive") {
  check_survives(from_text(std::string(R"(
    node { name: "y" op: "AddV2" input: "x" input: "x" input: "^start"
           device: "/job:localhost/replica:0/task:0/device:CPU:0"
           attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "start" op: "NoOp" }
  )") + kPlaceholder + R"(
    versions { producer: 27 min_consumer: 12 bad_consumers: 3 }
    debug_info { files: "model.py"
                 traces { key: "y@" value { file_line_cols { line: 3 } } } }
  )"));
}

TEST_CASE("Attrs come out as they were written down, defaults included") {
  check_survives(from_text(std::string(kPlaceholder) + R"(
    node { name: "a" op: "MatMul" input: "x" input: "x"
           attr { key: "T" value { type: DT_FLOAT } }
           attr { key: "transpose_a" value { b: false } } }
    node { name: "b" op: "MatMul" input: "x" input: "x"
           attr { key: "T" value { type: DT_FLOAT } }
           attr { key: "transpose_b" value { b: true } }
           attr { key: "_class" value { list { s: "loc:@x" } } }
           attr { key: "_output_shapes" value { list { shape {
             dim { size: -1 name: "batch" } dim { size: 4 } } } } }
           experimental_debug_info { original_node_names: "fused" }
           experimental_type { type_id: TFT_PRODUCT
             args { type_id: TFT_TENSOR args { type_id: TFT_FLOAT } } } }
    node { name: "same" op: "Const"
           attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "value" value { tensor { dtype: DT_FLOAT
             tensor_shape { dim { size: 2 } dim { size: 3 name: "n" } }
             float_val: 1.5 } } } }
    node { name: "packed" op: "Const"
           attr { key: "dtype" value { type: DT_INT32 } }
           attr { key: "value" value { tensor { dtype: DT_INT32
             tensor_shape { dim { size: 1 } }
             tensor_content: "\001\000\000\000" } } } }
  )"));
}

TEST_CASE("Attrs that equal their default are left out on demand") {
  proto::GraphDef def = from_text(std::string(kPlaceholder) + R"(
    node { name: "a" op: "MatMul" input: "x" input: "x"
           attr { key: "T" value { type: DT_FLOAT } }
           attr { key: "transpose_a" value { b: false } }
           attr { key: "transpose_b" value { b: true } } }
  )");
  proto::GraphDef stripped =
      export_graph_def(import_graph_def(def), {.strip_default_attrs = true});
  const auto& attrs = stripped.node(1).attr();
  CHECK(attrs.size() == 2);
  CHECK(attrs.contains("T"));
  CHECK(attrs.at("transpose_b").b());
}

TEST_CASE("Nodes of ops that Tern lacks survive") {
  check_survives(from_text(std::string(kPlaceholder) + R"(
    node { name: "a" op: "NoSuchOp" input: "x" input: "b:1" input: "^b"
           attr { key: "axis" value { i: 3 } }
           attr { key: "f" value { func { name: "g"
             attr { key: "T" value { type: DT_HALF } } } } } }
    node { name: "b" op: "AnotherOp" }
    node { name: "c" op: "NoSuchOp" input: "a:7" }
  )"));
}

TEST_CASE("Functions of the library survive, whatever they hold") {
  check_survives(from_text(std::string(kPlaceholder) + R"(
    node { name: "call" op: "f" input: "x"
           attr { key: "_gradient_op_type" value { s: "PartitionedCall-1" } } }
    node { name: "out" op: "Identity" input: "call:1"
           attr { key: "T" value { type: DT_FLOAT } } }
    library {
      function {
        signature {
          name: "f" description: "adds" is_stateful: true
          input_arg { name: "x" type: DT_FLOAT description: "what" }
          output_arg { name: "first" type: DT_FLOAT }
          output_arg { name: "second" type: DT_FLOAT }
          control_output: "done"
        }
        attr { key: "_input_shapes" value { list { shape { } } } }
        arg_attr { key: 0 value {
          attr { key: "_user_specified_name" value { s: "x" } }
          attr { key: "_output_shapes" value { list {
            shape { dim { size: 2 } } } } } } }
        resource_arg_unique_id { key: 0 value: 5 }
        node_def { name: "both" op: "IdentityN" input: "x" input: "add:z:0"
                   attr { key: "T" value { list {
                     type: DT_FLOAT type: DT_FLOAT } } } }
        node_def { name: "add" op: "AddV2" input: "x" input: "strange:out:1"
                   attr { key: "T" value { type: DT_FLOAT } } }
        node_def { name: "strange" op: "NoSuchOp" input: "x"
                   input: "^unused" }
        node_def { name: "unused" op: "NoOp" }
        ret { key: "first" value: "both:output:1" }
        ret { key: "second" value: "x" }
        control_ret { key: "done" value: "unused" }
      }
      function {
        signature { name: "template" attr { name: "T" type: "type" }
                    input_arg { name: "x" type_attr: "T" }
                    output_arg { name: "y" type_attr: "T" } }
        node_def { name: "i" op: "Identity" input: "x"
                   attr { key: "T" value { placeholder: "T" } } }
        ret { key: "y" value: "i:output:0" }
      }
      gradient { function_name: "f" gradient_func: "g" }
      registered_gradients { gradient_func: "g" registered_op_type: "f" }
    }
  )"));
}

TEST_CASE("A traced function can be exported and imported again") {
  Tracer tracer("__inference_f_0");
  Tensor x = tracer.add_argument(TensorSpec({-1, 2}, float32, "x"));
  Tensor y;
  {
    TraceScope scope(tracer);
    y = raw<"AddV2">(x, raw<"Tanh">(x));
  }
  GraphFunctionPtr f = tracer.finish({y});
  Graph caller;
  caller.library()[f->name()] = f;
  proto::GraphDef def = export_graph_def(caller);
  CHECK(def.versions().min_consumer() == 12);
  Graph again = import_graph_def(def);
  GraphFunctionPtr g = again.library().at(f->name());
  CHECK(g->argument_types() == std::vector<DType>{float32});
  CHECK(g->output_shape(0) == Shape({-1, 2}));
  Tensor value = constant({{1.0, 2.0}});
  CHECK(g->program().run({value})[0].values<float>()[1] ==
        f->program().run({value})[0].values<float>()[1]);
}

TEST_CASE("Text that is no graph is refused with its place") {
  try {
    from_text("node {\n  name: 3\n}");
    FAIL("it was read");
  } catch (const DataLossError& error) {
    CHECK_THAT(error.what(), Catch::Contains("line 2"));
  }
}

/// Field `number` of a message's bytes wherever it is a message itself.
std::vector<std::string> fields(const std::string& bytes, int number) {
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const std::uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  std::vector<std::string> found;
  while (std::uint32_t tag = stream.ReadTag()) {
    using Wire = google::protobuf::internal::WireFormatLite;
    std::uint32_t size = 0;
    std::string content;
    if (Wire::GetTagWireType(tag) != Wire::WIRETYPE_LENGTH_DELIMITED) {
      if (!Wire::SkipField(&stream, tag)) return {};
    } else if (!stream.ReadVarint32(&size) ||
               !stream.ReadString(&content, static_cast<int>(size))) {
      return {};
    } else if (Wire::GetTagFieldNumber(tag) == number) {
      found.push_back(std::move(content));
    }
  }
  return found;
}

/// "x:0" means "x", and so it is written.
void shorten_inputs(proto::GraphDef& def) {
  for (proto::NodeDef& node : *def.mutable_node())
    for (std::string& input : *node.mutable_input())
      if (input.ends_with(":0")) input.resize(input.size() - 2);
}

TEST_CASE("Graphs of SavedModels survive; broken ones are typed errors") {
  namespace fs = std::filesystem;
  const char* given = std::getenv("TERN_SHARED");
  fs::path models = fs::path(given ? given : "../shared") / "models";
  if (!fs::exists(models)) {
    std::cout << "SKIP: no " << models << " (set TERN_SHARED)\n";
    return;
  }
  int survived = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().filename() != "saved_model.pb") continue;
    INFO(entry.path());
    for (const auto& meta : fields(io::read_bytes(entry.path().string()), 2))
      for (const auto& graph : fields(meta, 2)) {
        proto::GraphDef def = parse_graph_def(graph, entry.path().string());
        shorten_inputs(def);
        bool broken =
            entry.path().string().find("fuzz_generated") != std::string::npos;
        try {
          proto::GraphDef exported = export_graph_def(import_graph_def(def));
          CHECK(text_of(exported) == text_of(def));
          ++survived;
        } catch (const Error& error) {
          INFO(error.what());
          CHECK(broken);
        }
      }
  }
  CHECK(survived > 20);
}

}  // namespace
}  // namespace tern
