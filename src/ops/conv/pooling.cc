// Max and average pooling in two and three dimensions, with their gradients.

#include <string>
#include <vector>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Integers = std::vector<std::int64_t>;

/// The window of a pooling: an entry a dimension, from attrs or, in the V2
/// ops, from inputs of which nothing may be known yet (empty).
struct PoolingWindow {
  SlidingWindow window;
  Integers ksize;
};

PoolingWindow window_of(const InferContext& c) {
  PoolingWindow p{SlidingWindow::of(c), {}};
  if (c.op().find_attr("ksize") >= 0) {
    p.ksize = c.attr<Integers>("ksize");
    return p;
  }
  int first = c.num_inputs() - 2;
  auto ksize = c.value_as_ints(first), strides = c.value_as_ints(first + 1);
  c.with_rank(first, 1);
  c.with_rank(first + 1, 1);
  if (ksize && strides) {
    p.ksize = *ksize;
    p.window.strides = *strides;
  }
  return p;
}

void check_window(const InferContext& c, const PoolingWindow& p, int rank) {
  bool is_average = c.op().name.starts_with("Avg");
  for (std::int64_t size : p.ksize)
    if (size <= 0) {
      if (is_average)
        throw InvalidArgumentError("ksize must be a positive int32 value, got:",
                                   size);
      std::string sizes;
      for (std::int64_t k : p.ksize)
        sizes += (sizes.empty() ? "" : ",") + std::to_string(k);
      throw InvalidArgumentError(
          "Sliding window ksize must be positive. The specified or inferred "
          "ksize is: ",
          sizes);
    }
  auto check_length = [&](const Integers& list, const char* what) {
    if (list.size() != static_cast<std::size_t>(rank))
      throw InvalidArgumentError(
          "Sliding window ", what, " field must specify ", rank, " dimensions");
  };
  check_length(p.ksize, "ksize");
  check_length(p.window.strides, "stride");
  for (std::int64_t stride : p.window.strides)
    if (stride <= 0)
      throw InvalidArgumentError("Stride must be > 0, but got ",
                                 stride,
                                 ". Sliding window stride must be positive");
  if (p.ksize[0] != 1 || p.window.strides[0] != 1)
    throw UnimplementedError(
        "Pooling is not yet supported on the batch dimension.");
  check_explicit_paddings(p.window, rank);
  auto channels = static_cast<std::size_t>(p.window.channel_dim(rank));
  if (p.ksize[channels] == 1 && p.window.strides[channels] == 1) return;
  if (is_average || rank != 4 || c.op().find_attr("Targmax") >= 0)
    throw UnimplementedError(
        "Non-spatial pooling is not yet supported. Pooling is not yet "
        "supported "
        "on the depth dimension.");
  for (int i : {0, 1}) {
    auto d = static_cast<std::size_t>(p.window.spatial_dim(i));
    if (p.ksize[d] != 1 || p.window.strides[d] != 1)
      throw UnimplementedError(
          "MaxPooling supports exactly one of pooling across depth or pooling "
          "across width/height.");
  }
  if (p.ksize[channels] != p.window.strides[channels])
    throw UnimplementedError(
        "Depthwise max pooling requires the depth window to equal the depth "
        "stride.");
}

/// The shape of `image` pooled; all unknown while the window is.
Shape pooled(const InferContext& c, const Shape& image, int rank) {
  PoolingWindow p = window_of(c);
  if (p.ksize.empty()) return Shape::unknown_dims(rank);
  check_window(c, p, rank);
  Shape output = Shape::unknown_dims(rank);
  output.set_dim(0, image[0]);
  int channels = p.window.channel_dim(rank);
  std::int64_t across = p.ksize[static_cast<std::size_t>(channels)];
  if (image[channels] >= 0) {
    if (image[channels] % across != 0)
      throw UnimplementedError(
          "Depthwise max pooling requires the depth window to evenly divide "
          "the input depth.");
    output.set_dim(channels, image[channels] / across);
  }
  for (int i = 0; i < rank - 2; ++i) {
    int d = p.window.spatial_dim(i);
    output.set_dim(d,
                   p.window.output_size(
                       d, image[d], p.ksize[static_cast<std::size_t>(d)]));
  }
  return output;
}

/// Input i of a pooling; TensorFlow names what its kernels look at.
Shape pooling_input(const InferContext& c, int i, int rank) {
  const Shape& shape = c.input(i);
  if (!shape.has_rank()) return Shape::unknown_dims(rank);
  if (shape.rank() != rank)
    throw InvalidArgumentError("tensor_in_shape must have ",
                               rank - 2,
                               " spatial dimensions. ",
                               shape.rank(),
                               " 0: Shape must be rank ",
                               rank,
                               " but is rank ",
                               shape.rank());
  return shape;
}

void check_shape(const InferContext& c,
                 int i,
                 const Shape& wanted,
                 const char* what) {
  if (!c.input(i).is_compatible_with(wanted))
    throw InvalidArgumentError("Expected ",
                               what,
                               " shape to be ",
                               wanted.debug_string(),
                               ", but got ",
                               c.input(i).debug_string());
}

InferFunction forward_rule(int rank) {
  return [rank](InferContext& c) {
    Shape output = pooled(c, pooling_input(c, 0, rank), rank);
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, output);
  };
}

void infer_argmax(InferContext& c) {
  Shape image = pooling_input(c, 0, 4);
  if (image.is_fully_known() && image.num_elements() == 0)
    throw InvalidArgumentError("tensor_in must not be empty (2)");
  Shape output = pooled(c, image, 4);
  c.set_output(0, output);
  c.set_output(1, output);
}

/// (orig_input_shape, grad) to the gradient of the input.
InferFunction average_grad_rule(int rank) {
  return [rank](InferContext& c) {
    Shape image = shape_from_sizes(c, 0, rank);
    check_shape(c, 1, pooled(c, image, rank), "out_backprop");
    c.set_output(0, image);
  };
}

/// (orig_input, orig_output, grad): the gradient of the input.
InferFunction max_grad_rule(int rank) {
  return [rank](InferContext& c) {
    Shape image = pooling_input(c, 0, rank);
    Shape output = pooled(c, image, rank);
    check_shape(c, 1, output, "orig_output");
    check_shape(c, 2, output, "grad");
    c.set_output(0, image);
  };
}

/// (orig_input, orig_output, grad) where grad is one of the input.
InferFunction max_grad_grad_rule(int rank) {
  return [rank](InferContext& c) {
    Shape image = pooling_input(c, 0, rank);
    Shape output = pooled(c, image, rank);
    check_shape(c, 1, output, "orig_output");
    check_shape(c, 2, image, "grad");
    c.set_output(0, output);
  };
}

void infer_argmax_grad(InferContext& c) {
  Shape image = pooling_input(c, 0, 4);
  Shape output = pooled(c, image, 4);
  check_shape(c, 1, output, "grad");
  check_shape(c, 2, output, "argmax");
  c.set_output(0, image);
}

void infer_argmax_grad_grad(InferContext& c) {
  Shape image = pooling_input(c, 0, 4);
  Shape output = pooled(c, image, 4);
  check_shape(c, 1, image, "grad");
  check_shape(c, 2, output, "argmax");
  c.set_output(0, output);
}

// ------------------------------------------------------------- gradients

template <detail::FixedString Op>
Tensor with_attrs(const GradContext& g, const Tensors& inputs) {
  return raw<Op>(inputs,
                 {{"ksize", g.attr_value("ksize")},
                  {"strides", g.attr_value("strides")},
                  {"padding", g.attr_value("padding")},
                  {"data_format", g.attr_value("data_format")}});
}

template <detail::FixedString Op>
Tensor with_inputs(const GradContext& g, Tensors inputs) {
  for (int i = g.num_inputs() - 2; i < g.num_inputs(); ++i)
    inputs.push_back(g.input(i));
  return raw<Op>(inputs,
                 {{"padding", g.attr_value("padding")},
                  {"data_format", g.attr_value("data_format")}});
}

/// Of an op (orig_input, orig_output, grad) that is linear in grad; the point
/// where it is taken has no derivative almost everywhere.
void set_linear_in_grad(GradContext& g, const std::function<Tensor()>& make) {
  for (int i : {0, 1})
    if (g.needs(i)) g.set(i, raw<"ZerosLike">(g.input(i)));
  if (g.needs(2)) g.set(2, make());
}

template <detail::FixedString Grad>
void average_grad(GradContext& g) {
  g.set(0, with_attrs<Grad>(g, {shape_of(g.input(0)), g.dy()}));
}

template <detail::FixedString Forward>
void average_grad_grad(GradContext& g) {
  g.set(1, with_attrs<Forward>(g, {g.dy()}));
}

void max_pool_grad(GradContext& g) {
  g.set(0,
        raw<"MaxPoolGrad">(
            Tensors{g.input(0), g.output(), g.dy()},
            {{"ksize", g.attr_value("ksize")},
             {"strides", g.attr_value("strides")},
             {"padding", g.attr_value("padding")},
             {"explicit_paddings", g.attr_value("explicit_paddings")},
             {"data_format", g.attr_value("data_format")}}));
}

void max_pool_grad_grad(GradContext& g) {
  if (g.attr<std::string>("padding") == "EXPLICIT")
    throw UnimplementedError(
        "MaxPoolGrad has no gradient with padding EXPLICIT");
  set_linear_in_grad(g, [&] {
    return with_attrs<"MaxPoolGradGrad">(g, {g.input(0), g.input(1), g.dy()});
  });
}

/// The two gradients of one rank are each other's.
template <detail::FixedString Other>
void max_linear_grad(GradContext& g) {
  set_linear_in_grad(g, [&] {
    return with_attrs<Other>(g, {g.input(0), g.input(1), g.dy()});
  });
}

void max_pool_v2_grad(GradContext& g) {
  g.set(0, with_inputs<"MaxPoolGradV2">(g, {g.input(0), g.output(), g.dy()}));
}

void max_pool_grad_v2_grad(GradContext& g) {
  set_linear_in_grad(g, [&] {
    return with_inputs<"MaxPoolGradGradV2">(g,
                                            {g.input(0), g.input(1), g.dy()});
  });
}

void argmax_grad(GradContext& g) {
  g.set(
      0,
      raw<"MaxPoolGradWithArgmax">(Tensors{g.input(0), g.dy(0), g.output(1)},
                                   {{"ksize", g.attr_value("ksize")},
                                    {"strides", g.attr_value("strides")},
                                    {"padding", g.attr_value("padding")},
                                    {"include_batch_in_index",
                                     g.attr_value("include_batch_in_index")}}));
}

// ---------------------------------------------------------- registration

constexpr const char* kRealTypes =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64}";
constexpr const char* kRealTypesOrFloat =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64} = DT_FLOAT";
constexpr const char* kMaxPoolTypes =
    "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, "
    "uint16, qint8} = DT_FLOAT";
constexpr const char* kFloatTypes = "T: {half, bfloat16, float, double}";
constexpr const char* kNarrowTypes = "T: {half, bfloat16, float}";
constexpr const char* kFormat = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";
constexpr const char* kFormatVect =
    "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'";
constexpr const char* kFormat3d = "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'";

OpBuilder& add_window(OpBuilder& op, int rank) {
  std::string least = " >= " + std::to_string(rank);
  return op.attr("ksize: list(int)" + least).attr("strides: list(int)" + least);
}

void register_average(OpRegistry& registry, int rank) {
  bool planar = rank == 4;
  const char* format = planar ? kFormat : kFormat3d;
  OpBuilder op = registry.add(planar ? "AvgPool" : "AvgPool3D");
  op.input(planar ? "value: T" : "input: T").output("output: T");
  add_window(op, rank)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(format)
      .attr(kFloatTypes)
      .infer(forward_rule(rank))
      .grad(planar ? average_grad<"AvgPoolGrad">
                   : average_grad<"AvgPool3DGrad">)
      .grad_reads({});
  OpBuilder grad = registry.add(planar ? "AvgPoolGrad" : "AvgPool3DGrad");
  grad.input("orig_input_shape: int32").input("grad: T").output("output: T");
  add_window(grad, rank)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(format)
      .attr(kFloatTypes)
      .host("orig_input_shape")
      .infer(average_grad_rule(rank))
      .grad(planar ? average_grad_grad<"AvgPool">
                   : average_grad_grad<"AvgPool3D">)
      .grad_reads({});
}

OpBuilder add_max_grad(OpRegistry& registry, const char* name) {
  OpBuilder op = registry.add(name);
  op.input("orig_input: T").input("orig_output: T").input("grad: T");
  return op;
}

void register_max_2d(OpRegistry& registry) {
  OpBuilder max = registry.add("MaxPool");
  max.input("input: T").output("output: T").attr(kMaxPoolTypes);
  add_window(max, 4)
      .attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .attr("explicit_paddings: list(int) = []")
      .attr(kFormatVect)
      .infer(forward_rule(4))
      .grad(max_pool_grad);

  OpBuilder grad = add_max_grad(registry, "MaxPoolGrad");
  add_window(grad.output("output: T"), 4)
      .attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .attr("explicit_paddings: list(int) = []")
      .attr(kFormat)
      .attr(kRealTypesOrFloat)
      .infer(max_grad_rule(4))
      .grad(max_pool_grad_grad)
      .grad_reads({"orig_input", "orig_output"});

  OpBuilder grad_grad = add_max_grad(registry, "MaxPoolGradGrad");
  add_window(grad_grad.output("output: T"), 4)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kFormat)
      .attr(kRealTypes)
      .infer(max_grad_grad_rule(4))
      .grad(max_linear_grad<"MaxPoolGrad">)
      .grad_reads({"orig_input", "orig_output"});
}

void register_max_2d_v2(OpRegistry& registry) {
  registry.add("MaxPoolV2")
      .input("input: T")
      .input("ksize: int32")
      .input("strides: int32")
      .output("output: T")
      .attr(kMaxPoolTypes)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kFormatVect)
      .host({"ksize", "strides"})
      .infer(forward_rule(4))
      .grad(max_pool_v2_grad);
  auto add_gradient = [&](const char* name, const char* types) {
    OpBuilder op = add_max_grad(registry, name);
    op.input("ksize: int32")
        .input("strides: int32")
        .output("output: T")
        .attr("padding: {'SAME', 'VALID'}")
        .attr(kFormat)
        .attr(types)
        .host({"ksize", "strides"});
    return op;
  };
  add_gradient("MaxPoolGradV2", kRealTypesOrFloat)
      .infer(max_grad_rule(4))
      .grad(max_pool_grad_v2_grad)
      .grad_reads({"orig_input", "orig_output", "ksize", "strides"});
  add_gradient("MaxPoolGradGradV2", kRealTypes).infer(max_grad_grad_rule(4));
}

void register_max_3d(OpRegistry& registry) {
  OpBuilder max = registry.add("MaxPool3D");
  max.input("input: T").output("output: T");
  add_window(max, 5)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kFormat3d)
      .attr(kNarrowTypes)
      .infer(forward_rule(5))
      .grad([](GradContext& g) {
        g.set(0,
              with_attrs<"MaxPool3DGrad">(g, {g.input(0), g.output(), g.dy()}));
      });

  OpBuilder grad = registry.add("MaxPool3DGrad");
  grad.input("orig_input: TInput")
      .input("orig_output: TInput")
      .input("grad: T")
      .output("output: T");
  add_window(grad, 5)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kFormat3d)
      .attr("T: {half, bfloat16, float} = DT_FLOAT")
      .attr("TInput: {half, bfloat16, float} = DT_FLOAT")
      .infer(max_grad_rule(5))
      .grad(max_linear_grad<"MaxPool3DGradGrad">)
      .grad_reads({"orig_input", "orig_output"});

  OpBuilder grad_grad = add_max_grad(registry, "MaxPool3DGradGrad");
  add_window(grad_grad.output("output: T"), 5)
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kFormat3d)
      .attr(kRealTypes)
      .infer(max_grad_grad_rule(5))
      .grad(max_linear_grad<"MaxPool3DGrad">)
      .grad_reads({"orig_input", "orig_output"});
}

void register_argmax(OpRegistry& registry) {
  constexpr const char* kBatch = "include_batch_in_index: bool = false";
  OpBuilder max = registry.add("MaxPoolWithArgmax");
  max.input("input: T").output("output: T").output("argmax: Targmax");
  add_window(max, 4)
      .attr("Targmax: {int32, int64} = DT_INT64")
      .attr("padding: {'SAME', 'VALID'}")
      .attr(kBatch)
      .attr(kRealTypes)
      .infer(infer_argmax)
      .grad(argmax_grad)
      .grad_reads({"input", "argmax"});
  auto add_gradient = [&](const char* name, InferFunction infer) {
    OpBuilder op = registry.add(name);
    op.input("input: T")
        .input("grad: T")
        .input("argmax: Targmax")
        .output("output: T");
    add_window(op, 4)
        .attr("padding: {'SAME', 'VALID'}")
        .attr(kBatch)
        .attr("Targmax: {int32, int64}")
        .attr(kRealTypes)
        .infer(std::move(infer));
  };
  add_gradient("MaxPoolGradWithArgmax", infer_argmax_grad);
  add_gradient("MaxPoolGradGradWithArgmax", infer_argmax_grad_grad);
}

}  // namespace

void register_pooling_ops(OpRegistry& registry) {
  for (int rank : {4, 5}) register_average(registry, rank);
  register_max_2d(registry);
  register_max_2d_v2(registry);
  register_max_3d(registry);
  register_argmax(registry);
}

}  // namespace tern
