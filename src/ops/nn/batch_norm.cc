// FusedBatchNorm in its three versions, and what is composed like it.

#include <string>
#include <vector>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/nn.h"

namespace tern {
namespace {

bool is_channels_first(const std::string& data_format) {
  return data_format[1] == 'C';
}

int channel_axis(const Shape& x, const std::string& data_format) {
  return is_channels_first(data_format) ? 1 : x.rank() - 1;
}

const Shape& batch_input(InferContext& c, int i) {
  const Shape& x = c.input(i);
  if (x.has_rank() && x.rank() != 4 && x.rank() != 5)
    throw InvalidArgumentError("input must be 4 or 5-dimensional",
                               x.debug_string());
  return x;
}

void check_vector(InferContext& c, int i, const char* name) {
  const Shape& shape = c.input(i);
  if (shape.has_rank() && shape.rank() != 1)
    throw InvalidArgumentError(
        name, " must be 1-dimensional", shape.debug_string());
}

std::int64_t merge_channels(InferContext& c,
                            int input,
                            std::int64_t channels,
                            const char* condition,
                            const char* name) {
  const Shape& shape = c.input(input);
  if (!shape.has_rank()) return channels;
  if (channels >= 0 && shape[0] >= 0 && channels != shape[0])
    throw InvalidArgumentError(
        condition,
        name,
        " must have the same number of elements as the channels of x, got ",
        shape[0],
        " and ",
        channels);
  return channels >= 0 ? channels : shape[0];
}

void infer_batch_norm(InferContext& c) {
  Shape x = batch_input(c, 0);
  const std::string& format = c.attr<std::string>("data_format");
  bool training = c.attr<bool>("is_training");
  bool uses_moving = !training || c.attr<float>("exponential_avg_factor") != 1;
  std::int64_t channels = x.has_rank() ? x[channel_axis(x, format)] : -1;
  check_vector(c, 1, "scale");
  check_vector(c, 2, "offset");
  check_vector(c, 3, "estimated_mean");
  check_vector(c, 4, "estimated_variance");
  channels = merge_channels(c, 1, channels, "", "scale");
  channels = merge_channels(c, 2, channels, "", "offset");
  if (uses_moving) {
    const char* condition = training ? "When exponential_avg_factor != 1, "
                                     : "When is_training=false, ";
    channels = merge_channels(c, 3, channels, condition, "mean");
    channels = merge_channels(c, 4, channels, condition, "variance");
  }
  if (x.has_rank()) x.set_dim(channel_axis(x, format), channels);
  c.set_output(0, x);
  for (int i = 1; i < 5; ++i) c.set_output(i, {channels});
  // reserve_space_3 is for devices that keep more; here a scalar.
  if (c.num_outputs() > 5) c.set_output(5, {});
}

void infer_batch_norm_grad(InferContext& c) {
  const Shape& dy = batch_input(c, 0);
  const Shape& x = batch_input(c, 1);
  const std::string& format = c.attr<std::string>("data_format");
  if (!dy.is_compatible_with(x))
    throw InvalidArgumentError(
        "x and y_backprop must have same shape, but x has shape ",
        x.debug_string(),
        " and y_backprop has shape ",
        dy.debug_string());
  Shape dx = x.merge(dy);
  std::int64_t channels = dx.has_rank() ? dx[channel_axis(dx, format)] : -1;
  check_vector(c, 2, "scale");
  check_vector(c, 3, "saved mean");
  check_vector(c, 4, "saved variance");
  channels = merge_channels(c, 2, channels, "", "scale");
  channels = merge_channels(c, 3, channels, "", "reserve_space_1");
  channels = merge_channels(c, 4, channels, "", "reserve_space_2");
  c.set_output(0, dx);
  c.set_output(1, {channels});
  c.set_output(2, {channels});
  // Stand for the estimated moments, which have no gradient.
  c.set_output(3, {0});
  c.set_output(4, {0});
}

/// The gradient ops take the batch's moments (training), which the forward op
/// kept in its reserve spaces, or the estimated ones (inference).
template <detail::FixedString GradOp>
void batch_norm_grad(GradContext& g) {
  bool training = g.attr<bool>("is_training");
  Tensors inputs = {g.dy(0),
                    g.input(0),
                    g.input(1),
                    training ? g.output(3) : g.input(3),
                    training ? g.output(4) : g.input(4)};
  if (g.num_outputs() > 5) inputs.push_back(g.output(5));
  Tensors d =
      raw<GradOp>.outputs(inputs,
                          {{"epsilon", g.attr<float>("epsilon")},
                           {"data_format", g.attr<std::string>("data_format")},
                           {"is_training", training}});
  for (int i = 0; i < 3; ++i) g.set(i, d[static_cast<std::size_t>(i)]);
}

/// Per-channel arithmetic on [batch, ..., channels] or [batch, channels, ...].
class Channels {
 public:
  Channels(const Shape& x, const std::string& data_format)
      : first_(is_channels_first(data_format)),
        rank_(x.has_rank() ? x.rank() : static_cast<int>(data_format.size())) {
    std::vector<std::int32_t> axes;
    for (int i = 0; i < rank_; ++i)
      if (i != (first_ ? 1 : rank_ - 1)) axes.push_back(i);
    axes_ = Tensor(axes);
  }

  /// [channels] so that it broadcasts against x.
  Tensor spread(const Tensor& per_channel) const {
    if (!first_) return per_channel;
    std::vector<std::int32_t> dims(static_cast<std::size_t>(rank_ - 1), 1);
    dims[0] = -1;
    return raw<"Reshape">(per_channel, Tensor(dims));
  }
  /// Over all but the channels, to [channels].
  Tensor sum(const Tensor& x) const { return raw<"Sum">(x, axes_); }
  /// The same, kept in x's rank.
  Tensor mean(const Tensor& x) const {
    return raw<"Mean">(x, axes_, {{"keep_dims", true}});
  }

 private:
  bool first_;
  int rank_;
  Tensor axes_;
};

Tensor mul(const Tensor& a, const Tensor& b) { return raw<"Mul">(a, b); }
Tensor add(const Tensor& a, const Tensor& b) { return raw<"AddV2">(a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return raw<"Sub">(a, b); }
Tensor as_type(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : raw<"Cast">(x, {{"DstT", dtype}});
}
Tensor inverse_deviation(const Tensor& variance, float epsilon) {
  return raw<"Rsqrt">(add(variance, Tensor(static_cast<double>(epsilon))));
}

/// The gradient of the gradient op, in formulas. With cotangents v of dx,
/// gs of dscale, go of doffset; h the normalised x, r = 1/deviation, D = dy,
/// s = scale and m the mean over a channel, the gradient op is
///   dx = s·r·(D - m(D) - h·m(D·h)),  dscale = Σ D·h,  doffset = Σ D.
/// In training h and r depend on x, in inference only h does.
void batch_norm_grad_grad(GradContext& g) {
  const Tensor& x_in = g.input(1);
  DType wide = g.input(2).dtype();
  float epsilon = g.attr<float>("epsilon");
  Channels channels(x_in.shape(), g.attr<std::string>("data_format"));
  Tensor v = as_type(g.dy(0), wide);
  Tensor gs = channels.spread(g.dy(1));
  Tensor go = channels.spread(g.dy(2));
  Tensor dy = as_type(g.input(0), wide);
  Tensor x = as_type(x_in, wide);
  Tensor scale = channels.spread(g.input(2));
  auto set = [&](int i, const Tensor& gradient) {
    g.set(i, as_type(gradient, g.input(i).dtype()));
  };

  if (!g.attr<bool>("is_training")) {
    Tensor centered = sub(x, channels.spread(g.input(3)));
    Tensor r = channels.spread(inverse_deviation(g.input(4), epsilon));
    if (g.needs(0))
      set(0, add(add(mul(v, mul(scale, r)), mul(gs, mul(centered, r))), go));
    if (g.needs(1)) set(1, mul(dy, mul(gs, r)));
    if (g.needs(2)) set(2, channels.sum(mul(mul(v, dy), r)));
    return;
  }

  Tensor centered = sub(x, channels.mean(x));
  Tensor r = inverse_deviation(channels.mean(raw<"Square">(centered)), epsilon);
  Tensor h = mul(centered, r);
  Tensor sr = mul(scale, r);
  // Removes what a shift or a scaling of x would absorb: batch norm's own
  // backward projection.
  auto project = [&](const Tensor& u, const Tensor& mean_uh) {
    return sub(sub(u, channels.mean(u)), mul(h, mean_uh));
  };
  Tensor mean_vh = channels.mean(mul(v, h));
  Tensor mean_dh = channels.mean(mul(dy, h));
  if (g.needs(0))
    set(0, add(add(mul(sr, project(v, mean_vh)), mul(gs, h)), go));
  if (!g.needs(1) && !g.needs(2)) return;
  Tensor product = mul(v, project(dy, mean_dh));
  if (g.needs(2)) set(2, channels.sum(mul(product, r)));
  if (g.needs(1)) {
    Tensor through_h =
        sub(mul(gs, dy), mul(sr, add(mul(mean_dh, v), mul(mean_vh, dy))));
    Tensor projected = project(through_h, channels.mean(mul(through_h, h)));
    Tensor through_r = mul(mul(sr, channels.mean(product)), h);
    set(1, mul(r, sub(projected, through_r)));
  }
}

constexpr const char* kPlanarFormats = "{'NHWC', 'NCHW'} = 'NHWC'";
constexpr const char* kAllFormats =
    "{'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'";

/// The versions differ in the types they allow: V1 has one, V2 and V3 keep
/// the statistics in U, V3 has a further reserve space and volumes.
struct Version {
  const char* name;
  const char* grad_name;
  int number;
  const char* types;
  const char* statistics_types;
  const char* formats;
  GradFunction grad;
};

void register_forward(OpRegistry& registry, const Version& version) {
  const char* statistics = version.number == 1 ? "T" : "U";
  auto arg = [&](const char* name) {
    return std::string(name) + ": " + statistics;
  };
  OpBuilder op = registry.add(version.name);
  op.input("x: T");
  for (const char* name : {"scale", "offset", "mean", "variance"})
    op.input(arg(name));
  op.output("y: T");
  for (const char* name :
       {"batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"})
    op.output(arg(name));
  if (version.number == 3) op.output(arg("reserve_space_3"));
  op.attr(version.types);
  if (version.number > 1) op.attr(version.statistics_types);
  op.attr("epsilon: float = 0.0001")
      .attr("exponential_avg_factor: float = 1.0")
      .attr(std::string("data_format: ") + version.formats)
      .attr("is_training: bool = true")
      .infer(infer_batch_norm)
      .grad(version.grad);
  if (version.number == 3)
    op.grad_reads({"x",
                   "scale",
                   "mean",
                   "variance",
                   "reserve_space_1",
                   "reserve_space_2",
                   "reserve_space_3"});
  else
    op.grad_reads({"x",
                   "scale",
                   "mean",
                   "variance",
                   "reserve_space_1",
                   "reserve_space_2"});
}

void register_gradient(OpRegistry& registry, const Version& version) {
  const char* statistics = version.number == 1 ? "T" : "U";
  auto arg = [&](const char* name) {
    return std::string(name) + ": " + statistics;
  };
  OpBuilder op = registry.add(version.grad_name);
  op.input("y_backprop: T").input("x: T");
  op.input(version.number == 1 ? "scale: T" : "scale: float");
  op.input(arg("reserve_space_1")).input(arg("reserve_space_2"));
  if (version.number == 3) op.input(arg("reserve_space_3"));
  op.output("x_backprop: T")
      .output(arg("scale_backprop"))
      .output(arg("offset_backprop"));
  int next = version.number == 3 ? 4 : 3;
  op.output(arg(("reserve_space_" + std::to_string(next)).c_str()))
      .output(arg(("reserve_space_" + std::to_string(next + 1)).c_str()));
  op.attr(version.types);
  if (version.number > 1) op.attr("U: {float}");
  op.attr("epsilon: float = 0.0001")
      .attr(std::string("data_format: ") + version.formats)
      .attr("is_training: bool = true")
      .infer(infer_batch_norm_grad)
      .grad(batch_norm_grad_grad)
      .grad_reads(
          {"y_backprop", "x", "scale", "reserve_space_1", "reserve_space_2"});
}

}  // namespace

void register_batch_norm_ops(OpRegistry& registry) {
  const Version versions[] = {
      {"FusedBatchNorm",
       "FusedBatchNormGrad",
       1,
       "T: {float}",
       "",
       kPlanarFormats,
       batch_norm_grad<"FusedBatchNormGrad">},
      {"FusedBatchNormV2",
       "FusedBatchNormGradV2",
       2,
       "T: {half, bfloat16, float}",
       "U: {float}",
       kPlanarFormats,
       batch_norm_grad<"FusedBatchNormGradV2">},
      {"FusedBatchNormV3",
       "FusedBatchNormGradV3",
       3,
       "T: {half, bfloat16, float}",
       "U: {bfloat16, float}",
       kAllFormats,
       batch_norm_grad<"FusedBatchNormGradV3">},
  };
  for (const Version& version : versions) {
    register_forward(registry, version);
    register_gradient(registry, version);
  }
}

namespace nn {

Moments moments(const Tensor& x, const Ints& axes, MomentsOptions options) {
  bool narrow = x.dtype() == float16 || x.dtype() == bfloat16;
  Tensor wide = narrow ? as_type(x, float32) : x;
  Tensor over(axes.values());
  Tensor mean = raw<"Mean">(wide, over, {{"keep_dims", true}});
  // The variance's derivative by the mean is 0; TensorFlow leaves it out too.
  Tensor centered = sub(wide, raw<"StopGradient">(mean));
  Tensor variance = raw<"Mean">(
      raw<"Square">(centered), over, {{"keep_dims", options.keepdims}});
  if (!options.keepdims)
    mean = raw<"Squeeze">(mean, {{"squeeze_dims", axes.values()}});
  return {as_type(mean, x.dtype()), as_type(variance, x.dtype())};
}

Tensor batch_normalization(const Tensor& x,
                           const Tensor& mean,
                           const Tensor& variance,
                           const Tensor& offset,
                           const Tensor& scale,
                           double variance_epsilon) {
  Tensor factor = raw<"Rsqrt">(add(variance, Tensor(variance_epsilon)));
  if (scale.defined()) factor = mul(factor, scale);
  Tensor shift = mul(mean, factor);
  shift = offset.defined() ? sub(offset, shift) : raw<"Neg">(shift);
  return add(mul(x, as_type(factor, x.dtype())), as_type(shift, x.dtype()));
}

FusedBatchNorm fused_batch_norm(const Tensor& x,
                                const Tensor& scale,
                                const Tensor& offset,
                                FusedBatchNormOptions options) {
  Tensor none = Tensor(std::vector<float>{});
  Tensors outputs = raw<"FusedBatchNormV3">.outputs(
      {x,
       scale,
       offset,
       options.mean.defined() ? options.mean : none,
       options.variance.defined() ? options.variance : none},
      {{"epsilon", options.epsilon},
       {"exponential_avg_factor", options.exponential_avg_factor},
       {"data_format", options.data_format},
       {"is_training", options.is_training}});
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace nn
}  // namespace tern
