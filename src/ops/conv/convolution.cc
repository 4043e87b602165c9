// Convolutions in two and three dimensions, and their gradients as ops.

#include <string>
#include <vector>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/conv/dilated_filter.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Integers = std::vector<std::int64_t>;

/// Checks what the attrs and shapes of a convolution say, and gives the
/// output's shape for what is known. Ranks are those of the op.
Shape convolved(const OpDef& op,
                const SlidingWindow& window,
                const Shape& input,
                const Shape& filter,
                std::int64_t given_groups) {
  int rank = filter.rank(), channels = window.channel_dim(rank);
  check_window_list(op, window.strides, rank, window.channels_first, "strides");
  if (!window.dilations.empty())
    check_window_list(
        op, window.dilations, rank, window.channels_first, "dilations");
  check_explicit_paddings(window, rank);
  if (filter.is_fully_known() && filter.num_elements() == 0)
    throw InvalidArgumentError(
        "filter must not have zero elements (i.e. all dimensions must be "
        "non-zero)");

  std::int64_t depth = input[channels], filter_depth = filter[rank - 2];
  if (depth >= 0 && filter_depth > 0) {
    if (depth % filter_depth != 0 || (depth == 0 && filter_depth > 0))
      throw InvalidArgumentError("Depth of input (",
                                 depth,
                                 ") is not a multiple of input depth of filter "
                                 "(",
                                 filter_depth,
                                 "): input depth must be evenly divisible by "
                                 "filter depth: ",
                                 depth,
                                 " vs ",
                                 filter_depth);
    std::int64_t groups = depth / filter_depth;
    if (given_groups > 0 && groups != given_groups)
      throw InvalidArgumentError("Depth of input (",
                                 depth,
                                 ") is not the number of groups (",
                                 given_groups,
                                 ") times input depth of filter (",
                                 filter_depth,
                                 ")");
    if (filter[rank - 1] >= 0 && filter[rank - 1] % groups != 0)
      throw InvalidArgumentError("Depth of output (",
                                 filter[rank - 1],
                                 ") is not a multiple of the number of groups "
                                 "(",
                                 groups,
                                 ")");
  }
  Shape output = Shape::unknown_dims(rank);
  output.set_dim(0, input[0]);
  output.set_dim(channels, filter[rank - 1]);
  for (int i = 0; i < rank - 2; ++i) {
    int d = window.spatial_dim(i);
    output.set_dim(d, window.output_size(d, input[d], filter[i]));
  }
  return output;
}

void infer_convolution(InferContext& c, int rank) {
  c.set_output(0,
               convolved(c.op(),
                         SlidingWindow::of(c),
                         image_input(c, 0, rank),
                         image_input(c, 1, rank),
                         /*given_groups=*/0));
}

/// The op Conv: as many dimensions as the filter has, and several batch ones.
void infer_any_convolution(InferContext& c) {
  SlidingWindow window = SlidingWindow::of(c);
  auto batch_dims = c.attr<std::int64_t>("batch_dims");
  auto groups = c.attr<std::int64_t>("groups");
  if (batch_dims < 1)
    throw InvalidArgumentError(
        "batch_dims must be non-negative and at least 1, got ", batch_dims);
  if (groups < 1)
    throw InvalidArgumentError("groups must be positive, got ", groups);
  const Shape& input = c.input(0);
  const Shape& filter = c.input(1);
  if (!input.has_rank() || !filter.has_rank())
    return c.set_output(0, Shape::unknown());
  int spatial = filter.rank() - 2;
  if (spatial != 2 && spatial != 3)
    throw InvalidArgumentError(
        "Convolution is only supported in 2 and 3 dimensions, filter has shape "
        "",
        filter.debug_string());
  if (input.rank() - batch_dims != spatial + 1)
    throw InvalidArgumentError("Input tensor must be of rank ",
                               batch_dims + spatial + 1,
                               ", got shape ",
                               input.debug_string());
  int lead = static_cast<int>(batch_dims) - 1;
  Shape output = convolved(c.op(), window, input.slice(lead), filter, groups);
  for (int i = 0; i < lead; ++i) output.insert(i, input[i]);
  output.set_dim(lead, input[lead]);
  c.set_output(0, output);
}

/// What out_backprop must look like, given the other two shapes.
void check_out_backprop(const InferContext& c,
                        const SlidingWindow& window,
                        const Shape& input,
                        const Shape& filter,
                        const Shape& dy) {
  int rank = filter.rank(), channels = window.channel_dim(rank);
  const std::string label =
      rank == 5 ? c.op().name
                : "Conv2DCustomBackprop" +
                      c.op().name.substr(14, c.op().name[14] == 'I' ? 5 : 6);
  if (input[0] >= 0 && dy[0] >= 0 && input[0] != dy[0])
    throw InvalidArgumentError(
        label,
        ": input and out_backprop must have the same batch size. Input batch: ",
        input[0],
        ", outbackprop batch: ",
        dy[0],
        ", batch_dim: 0");
  Shape output = convolved(c.op(), window, input, filter, 0);
  if (filter[rank - 1] >= 0 && dy[channels] >= 0 &&
      filter[rank - 1] != dy[channels])
    throw InvalidArgumentError(
        label, ": filter and out_backprop must have the same out_depth");
  for (int i = 0; i < rank - 2; ++i) {
    int d = window.spatial_dim(i);
    if (output[d] >= 0 && dy[d] >= 0 && output[d] != dy[d])
      throw InvalidArgumentError(
          label,
          ": Size of out_backprop doesn't match computed: actual = ",
          dy[d],
          ", computed = ",
          output[d],
          " spatial_dim: ",
          d,
          " input: ",
          input[d],
          " filter: ",
          filter[i],
          " output: ",
          dy[d],
          " stride: ",
          window.stride(d),
          " dilation: ",
          window.dilation(d));
  }
}

/// input_sizes may leave out batch and channels.
Shape input_of_sizes(const InferContext& c,
                     const SlidingWindow& window,
                     const Shape& filter,
                     const Shape& dy) {
  int rank = filter.rank();
  const Shape& sizes = c.with_rank(0, 1);
  if (!sizes.has_rank() || sizes[0] != rank - 2)
    return shape_from_sizes(c, 0, rank);
  Shape spatial = c.value_as_partial_shape(0);
  Shape input = Shape::unknown_dims(rank);
  input.set_dim(0, dy[0]);
  input.set_dim(window.channel_dim(rank), filter[rank - 2]);
  for (int i = 0; i < rank - 2; ++i)
    input.set_dim(window.spatial_dim(i), known_dim(spatial, i));
  return input;
}

void infer_backprop_input(InferContext& c, int rank) {
  SlidingWindow window = SlidingWindow::of(c);
  Shape filter = image_input(c, 1, rank), dy = image_input(c, 2, rank);
  Shape input = c.op().inputs[0].name == "input_sizes"
                    ? input_of_sizes(c, window, filter, dy)
                    : image_input(c, 0, rank);
  check_out_backprop(c, window, input, filter, dy);
  c.set_output(0, input);
}

void infer_backprop_filter(InferContext& c, int rank) {
  SlidingWindow window = SlidingWindow::of(c);
  Shape input = image_input(c, 0, rank), dy = image_input(c, 2, rank);
  Shape filter = c.op().inputs[1].name == "filter_sizes"
                     ? shape_from_sizes(c, 1, rank)
                     : image_input(c, 1, rank);
  check_out_backprop(c, window, input, filter, dy);
  c.set_output(0, filter);
}

/// A convolution whose gradients are taken with the dilated filter instead of
/// a dilated window, which TensorFlow's gradient ops refuse on the CPU.
template <detail::FixedString Forward,
          detail::FixedString BackpropInput,
          detail::FixedString BackpropFilter>
struct Gradients {
  explicit Gradients(const GradContext& g)
      : window(SlidingWindow::of(g)),
        format(g.attr<std::string>("data_format")),
        is_planar(g.op().find_attr("explicit_paddings") >= 0) {}

  template <detail::FixedString Op>
  Tensor call(const Tensor& a, const Tensor& b, const Tensor& c) const {
    if (!is_planar)
      return raw<Op>(a,
                     b,
                     c,
                     {{"strides", window.strides},
                      {"padding", window.padding},
                      {"data_format", format}});
    return raw<Op>(a,
                   b,
                   c,
                   {{"strides", window.strides},
                    {"padding", window.padding},
                    {"explicit_paddings", window.explicit_paddings},
                    {"data_format", format}});
  }
  Tensor forward(const Tensor& input, const Tensor& filter) const {
    if (!is_planar)
      return raw<Forward>(input,
                          filter,
                          {{"strides", window.strides},
                           {"padding", window.padding},
                           {"dilations", window.dilations},
                           {"data_format", format}});
    return raw<Forward>(input,
                        filter,
                        {{"strides", window.strides},
                         {"padding", window.padding},
                         {"explicit_paddings", window.explicit_paddings},
                         {"dilations", window.dilations},
                         {"data_format", format}});
  }
  Tensor backprop_input(const Tensor& sizes,
                        const Tensor& filter,
                        const Tensor& dy) const {
    return call<BackpropInput>(sizes, DilatedFilter(window).wide(filter), dy);
  }
  Tensor backprop_filter(const Tensor& input,
                         const Tensor& filter,
                         const Tensor& dy) const {
    DilatedFilter dilated(window);
    return dilated.narrow(
        call<BackpropFilter>(input, dilated.wide_shape(filter), dy));
  }

  SlidingWindow window;
  std::string format;
  bool is_planar;
};

template <class G>
void convolution_grad(GradContext& g) {
  G gradients(g);
  if (g.needs(0))
    g.set(0,
          gradients.backprop_input(shape_of(g.input(0)), g.input(1), g.dy()));
  if (g.needs(1))
    g.set(1, gradients.backprop_filter(g.input(0), g.input(1), g.dy()));
}

/// Of dx = backprop_input(sizes, filter, dy), linear in both.
template <class G>
void backprop_input_grad(GradContext& g) {
  G gradients(g);
  if (g.needs(1))
    g.set(1, gradients.backprop_filter(g.dy(), g.input(1), g.input(2)));
  if (g.needs(2)) g.set(2, gradients.forward(g.dy(), g.input(1)));
}

/// Of dw = backprop_filter(input, sizes, dy), linear in both.
template <class G>
void backprop_filter_grad(GradContext& g) {
  G gradients(g);
  if (g.needs(0))
    g.set(0,
          gradients.backprop_input(shape_of(g.input(0)), g.dy(), g.input(2)));
  if (g.needs(2)) g.set(2, gradients.forward(g.input(0), g.dy()));
}

using Gradients2D =
    Gradients<"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter">;
using Gradients3D =
    Gradients<"Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2">;

constexpr const char* kFloats = "T: {half, bfloat16, float, double}";
constexpr const char* kFloatsAndInt32 =
    "T: {half, bfloat16, float, double, int32}";

void add_attrs_2d(OpBuilder& op, const char* types) {
  op.output("output: T")
      .attr(types)
      .attr("strides: list(int)")
      .attr("use_cudnn_on_gpu: bool = true")
      .attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .attr("explicit_paddings: list(int) = []")
      .attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
      .attr("dilations: list(int) = [1, 1, 1, 1]");
}

void add_attrs_3d(OpBuilder& op, const char* types, bool has_format = true) {
  op.output("output: T")
      .attr(types)
      .attr("strides: list(int) >= 5")
      .attr("padding: {'SAME', 'VALID'}");
  if (has_format) op.attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'");
  op.attr("dilations: list(int) = [1, 1, 1, 1, 1]");
}

InferFunction of_rank(void (*rule)(InferContext&, int), int rank) {
  return [rule, rank](InferContext& c) { rule(c, rank); };
}

void register_2d(OpRegistry& registry) {
  OpBuilder conv = registry.add("Conv2D");
  conv.input("input: T").input("filter: T");
  add_attrs_2d(conv, kFloatsAndInt32);
  conv.infer(of_rank(infer_convolution, 4)).grad(convolution_grad<Gradients2D>);

  OpBuilder input = registry.add("Conv2DBackpropInput");
  input.input("input_sizes: int32").input("filter: T").input("out_backprop: T");
  add_attrs_2d(input, kFloatsAndInt32);
  input.host("input_sizes")
      .infer(of_rank(infer_backprop_input, 4))
      .grad(backprop_input_grad<Gradients2D>)
      .grad_reads({"filter", "out_backprop"});

  OpBuilder filter = registry.add("Conv2DBackpropFilter");
  filter.input("input: T")
      .input("filter_sizes: int32")
      .input("out_backprop: T");
  add_attrs_2d(filter, kFloats);
  filter.host("filter_sizes")
      .infer(of_rank(infer_backprop_filter, 4))
      .grad(backprop_filter_grad<Gradients2D>)
      .grad_reads({"input", "out_backprop"});

  // With a tensor of the right shape in place of the sizes.
  OpBuilder input_v2 = registry.add("Conv2DBackpropInputV2");
  input_v2.input("input: T").input("filter: T").input("out_backprop: T");
  add_attrs_2d(input_v2, kFloatsAndInt32);
  input_v2.infer(of_rank(infer_backprop_input, 4));
  OpBuilder filter_v2 = registry.add("Conv2DBackpropFilterV2");
  filter_v2.input("input: T").input("filter: T").input("out_backprop: T");
  add_attrs_2d(filter_v2, kFloats);
  filter_v2.infer(of_rank(infer_backprop_filter, 4));
}

void register_3d(OpRegistry& registry) {
  OpBuilder conv = registry.add("Conv3D");
  conv.input("input: T").input("filter: T");
  add_attrs_3d(conv, kFloats);
  conv.infer(of_rank(infer_convolution, 5)).grad(convolution_grad<Gradients3D>);

  OpBuilder input = registry.add("Conv3DBackpropInputV2");
  input.input("input_sizes: Tshape")
      .input("filter: T")
      .input("out_backprop: T");
  add_attrs_3d(input, kFloats);
  input.attr("Tshape: {int32, int64} = DT_INT32")
      .host("input_sizes")
      .infer(of_rank(infer_backprop_input, 5))
      .grad(backprop_input_grad<Gradients3D>)
      .grad_reads({"filter", "out_backprop"});

  OpBuilder filter = registry.add("Conv3DBackpropFilterV2");
  filter.input("input: T")
      .input("filter_sizes: int32")
      .input("out_backprop: T");
  add_attrs_3d(filter, kFloats);
  filter.host("filter_sizes")
      .infer(of_rank(infer_backprop_filter, 5))
      .grad(backprop_filter_grad<Gradients3D>)
      .grad_reads({"input", "out_backprop"});

  OpBuilder old_input = registry.add("Conv3DBackpropInput");
  old_input.input("input: T").input("filter: T").input("out_backprop: T");
  add_attrs_3d(old_input, "T: {half, float, double}", /*has_format=*/false);
  old_input.infer(of_rank(infer_backprop_input, 5));
  OpBuilder old_filter = registry.add("Conv3DBackpropFilter");
  old_filter.input("input: T").input("filter: T").input("out_backprop: T");
  add_attrs_3d(old_filter, "T: {half, float, double}", /*has_format=*/false);
  old_filter.infer(of_rank(infer_backprop_filter, 5));
}

}  // namespace

void register_convolution_ops(OpRegistry& registry) {
  register_2d(registry);
  register_3d(registry);
  registry.add("Conv")
      .input("input: T")
      .input("filter: T")
      .output("output: T")
      .attr(kFloatsAndInt32)
      .attr("strides: list(int)")
      .attr("padding: {'SAME', 'VALID', 'EXPLICIT'}")
      .attr("explicit_paddings: list(int) = []")
      .attr(
          "data_format: {'CHANNELS_FIRST', 'CHANNELS_LAST'} = 'CHANNELS_LAST'")
      .attr("dilations: list(int) = []")
      .attr("batch_dims: int = 1")
      .attr("groups: int = 1")
      .infer(infer_any_convolution);
}

}  // namespace tern
