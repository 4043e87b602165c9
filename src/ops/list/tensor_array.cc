// tensor_array.cc: arrays of tensors as TensorFlow 1's graphs have them. The
// handle names the array, the flow (a number without meaning) the order of
// what is done with it.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"

namespace tern {
namespace {

void scalar_flow(InferContext& c) { c.set_output(0, Shape()); }

Shape element_shape(const InferContext& c) { return c.handle(0).shape; }

/// What both the handle and the op know.
Shape merged(const Shape& a, const Shape& b) {
  return a.is_compatible_with(b) ? a.merge(b) : Shape::unknown();
}

Shape with_leading_dim(std::int64_t dim, const Shape& rest) {
  return rest.has_rank() ? Shape({dim}).concatenate(rest) : Shape::unknown();
}

/// The array of gradients that belongs to the array in input 0. All of a
/// backward pass use one; a second pass would add to it, as in TensorFlow.
Tensor gradient_array(GradContext& g, const Tensor& flow) {
  return raw<"TensorArrayGradV3">(g.input(0), flow, {{"source", "gradients"}});
}

const char* const kAnyType = "T: type";

OpBuilder add_reader(OpRegistry& registry, const char* name) {
  return registry.add(name)
      .input("handle: resource")
      .attr("dtype: type")
      .traits(kStateful);
}

void add_readers(OpRegistry& registry) {
  add_reader(registry, "TensorArrayReadV3")
      .input("index: int32")
      .input("flow_in: float")
      .output("value: dtype")
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        c.set_output(0, element_shape(c));
      })
      .set_by_kernel()
      .grad([](GradContext& g) {
        const Tensor& flow = g.input(2);
        g.set(2,
              raw<"TensorArrayWriteV3">(
                  gradient_array(g, flow), g.input(1), g.dy(), flow));
      });
  add_reader(registry, "TensorArrayGatherV3")
      .input("indices: int32")
      .input("flow_in: float")
      .output("value: dtype")
      .attr("element_shape: shape = unknown")
      .infer([](InferContext& c) {
        const Shape& indices = c.with_rank(1, 1);
        Shape element =
            merged(c.attr<Shape>("element_shape"), element_shape(c));
        c.set_output(
            0, with_leading_dim(indices.has_rank() ? indices[0] : -1, element));
      })
      .set_by_kernel()
      .grad([](GradContext& g) {
        const Tensor& flow = g.input(2);
        g.set(2,
              raw<"TensorArrayScatterV3">(
                  gradient_array(g, flow), g.input(1), g.dy(), flow));
      });
  add_reader(registry, "TensorArrayConcatV3")
      .input("flow_in: float")
      .output("value: dtype")
      .output("lengths: int64")
      .attr("element_shape_except0: shape = unknown")
      .infer([](InferContext& c) {
        c.set_output(
            0, with_leading_dim(-1, c.attr<Shape>("element_shape_except0")));
        c.set_output(1, Shape({-1}));
      })
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        const Tensor& flow = g.input(1);
        g.set(1,
              raw<"TensorArraySplitV3">(
                  gradient_array(g, flow), g.dy(0), g.output(1), flow));
      });
}

/// The flow's gradient names what was written to the array of gradients.
void add_writers(OpRegistry& registry) {
  registry.add("TensorArrayWriteV3")
      .input("handle: resource")
      .input("index: int32")
      .input("value: T")
      .input("flow_in: float")
      .output("flow_out: float")
      .attr(kAnyType)
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        scalar_flow(c);
      })
      .traits(kStateful)
      .grad([](GradContext& g) {
        if (!g.has_dy(0)) return;
        g.set(2,
              raw<"TensorArrayReadV3">(gradient_array(g, g.dy()),
                                       g.input(1),
                                       g.dy(),
                                       {{"dtype", g.input(2).dtype()}}));
        g.set(3, g.dy());
      });
  registry.add("TensorArrayScatterV3")
      .input("handle: resource")
      .input("indices: int32")
      .input("value: T")
      .input("flow_in: float")
      .output("flow_out: float")
      .attr(kAnyType)
      .infer([](InferContext& c) {
        c.with_rank(1, 1);
        scalar_flow(c);
      })
      .traits(kStateful)
      .grad([](GradContext& g) {
        if (!g.has_dy(0)) return;
        g.set(2,
              raw<"TensorArrayGatherV3">(gradient_array(g, g.dy()),
                                         g.input(1),
                                         g.dy(),
                                         {{"dtype", g.input(2).dtype()}}));
        g.set(3, g.dy());
      });
  registry.add("TensorArraySplitV3")
      .input("handle: resource")
      .input("value: T")
      .input("lengths: int64")
      .input("flow_in: float")
      .output("flow_out: float")
      .attr(kAnyType)
      .host("lengths")
      .infer([](InferContext& c) {
        c.with_rank(2, 1);
        scalar_flow(c);
      })
      .traits(kStateful)
      .grad([](GradContext& g) {
        if (!g.has_dy(0)) return;
        g.set(1,
              raw<"TensorArrayConcatV3">(gradient_array(g, g.dy()),
                                         g.dy(),
                                         {{"dtype", g.input(1).dtype()}}));
        g.set(3, g.dy());
      });
}

}  // namespace

void register_tensor_array_ops(OpRegistry& registry) {
  registry.add("TensorArrayV3")
      .input("size: int32")
      .output("handle: resource")
      .output("flow: float")
      .attr("dtype: type")
      .attr("element_shape: shape = unknown")
      .attr("dynamic_size: bool = false")
      .attr("clear_after_read: bool = true")
      .attr("identical_element_shapes: bool = false")
      .attr("tensor_array_name: string = ''")
      .infer([](InferContext& c) {
        c.with_rank(0, 0);
        c.set_output(0, Shape());
        c.set_output(1, Shape());
        c.set_output_handle(
            0, {c.attr<DType>("dtype"), c.attr<Shape>("element_shape")});
      })
      .no_grad()
      .traits(kStateful);
  registry.add("TensorArrayGradV3")
      .input("handle: resource")
      .input("flow_in: float")
      .output("grad_handle: resource")
      .output("flow_out: float")
      .attr("source: string")
      .infer([](InferContext& c) {
        c.set_output(0, Shape());
        c.set_output(1, Shape());
        c.set_output_handle(0, c.handle(0));
      })
      .no_grad()
      .traits(kStateful);
  add_readers(registry);
  add_writers(registry);
  registry.add("TensorArraySizeV3")
      .input("handle: resource")
      .input("flow_in: float")
      .output("size: int32")
      .infer(scalar_output)
      .no_grad()
      .traits(kStateful);
  registry.add("TensorArrayCloseV3")
      .input("handle: resource")
      .no_grad()
      .traits(kStateful);
}

}  // namespace tern
