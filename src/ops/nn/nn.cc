// Biases and activations of neural networks.

#include "tern/ops/nn.h"

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr const char* kBiasTypes =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";
constexpr const char* kFloatTypes = "T: {half, bfloat16, float, double}";
constexpr const char* kReluTypes =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64}";
constexpr const char* kDataFormat = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";

/// BiasAddV1 has no data_format: its channels are always last.
bool channels_first(const InferContext& c) {
  return c.op().find_attr("data_format") >= 0 &&
         c.attr<std::string>("data_format") == "NCHW";
}

void infer_bias_add(InferContext& c) {
  const Shape& value = c.input(0);
  const Shape& bias = c.input(1);
  bool first = channels_first(c);
  if (value.has_rank() && value.rank() < (first ? 3 : 2))
    throw InvalidArgumentError("Input tensor must be at least ",
                               first ? 3 : 2,
                               "D: ",
                               value.debug_string());
  if (bias.has_rank() && bias.rank() != 1)
    throw InvalidArgumentError("Biases must be 1D: ", bias.debug_string());
  Shape output = value;
  if (value.has_rank() && bias.has_rank()) {
    int axis = first ? 1 : value.rank() - 1;
    if (value[axis] >= 0 && bias[0] >= 0 && value[axis] != bias[0])
      throw InvalidArgumentError("Must provide as many biases as the ",
                                 first ? "channel" : "last",
                                 " dimension of the input tensor: ",
                                 bias.debug_string(),
                                 " vs. ",
                                 value.debug_string());
    if (value[axis] < 0) output.set_dim(axis, bias[0]);
  }
  c.set_output(0, output);
}

void infer_bias_add_grad(InferContext& c) {
  const Shape& dy = c.input(0);
  bool first = channels_first(c);
  if (!dy.has_rank()) {
    c.set_output(0, Shape::unknown_dims(1));
    return;
  }
  if (dy.rank() < (first ? 3 : 2))
    throw InvalidArgumentError("Input tensor must be at least ",
                               first ? 3 : 2,
                               "D: ",
                               dy.debug_string());
  c.set_output(0, {dy[first ? 1 : -1]});
}

void bias_add_grad(GradContext& g) {
  g.set(0, g.dy());
  if (!g.needs(1)) return;
  bool has_format = g.op().find_attr("data_format") >= 0;
  std::string format = has_format ? g.attr<std::string>("data_format") : "NHWC";
  g.set(1, raw<"BiasAddGrad">(g.dy(), {{"data_format", format}}));
}

/// Summing over all but the channels: every element gets its channel's
/// gradient, which is a bias added to zeros.
void bias_add_grad_grad(GradContext& g) {
  g.set(0,
        raw<"BiasAdd">(raw<"ZerosLike">(g.input(0)),
                       g.dy(),
                       {{"data_format", g.attr<std::string>("data_format")}}));
}

/// The gradient of y = f(x) as an op of dy and x, or dy and y, that is linear
/// in dy: both inputs have the same shape.
OpBuilder add_gradient_op(OpRegistry& registry,
                          const char* name,
                          const char* point,
                          const char* types) {
  return registry.add(name)
      .input("gradients: T")
      .input(point)
      .output("backprops: T")
      .attr(types)
      .infer(merge_inputs)
      .traits(kElementwise);
}

OpBuilder add_activation(OpRegistry& registry,
                         const char* name,
                         const char* types) {
  return registry.add(name)
      .input("features: T")
      .output("activations: T")
      .attr(types)
      .infer(same_as_input)
      .traits(kElementwise);
}

/// Where y < 0, f'(x) = y + constant: its derivative along dy·v is dy·v.
Tensor where_negative(const Tensor& y, const Tensor& value) {
  Tensor zero = raw<"ZerosLike">(y);
  return raw<"SelectV2">(raw<"Less">(y, zero), value, zero);
}

void register_exponential_units(OpRegistry& registry) {
  add_activation(registry, "Elu", kFloatTypes)
      .grad(
          [](GradContext& g) { g.set(0, raw<"EluGrad">(g.dy(), g.output())); })
      .grad_reads({"activations"});
  add_gradient_op(registry, "EluGrad", "outputs: T", kFloatTypes)
      .grad([](GradContext& g) {
        if (g.needs(0)) g.set(0, raw<"EluGrad">(g.dy(), g.input(1)));
        if (g.needs(1))
          g.set(1, where_negative(g.input(1), raw<"Mul">(g.dy(), g.input(0))));
      })
      .grad_reads({"gradients", "outputs"});

  add_activation(registry, "Selu", kFloatTypes)
      .grad(
          [](GradContext& g) { g.set(0, raw<"SeluGrad">(g.dy(), g.output())); })
      .grad_reads({"activations"});
  add_gradient_op(registry, "SeluGrad", "outputs: T", kFloatTypes)
      .grad([](GradContext& g) {
        if (g.needs(0)) g.set(0, raw<"SeluGrad">(g.dy(), g.input(1)));
        if (g.needs(1))
          g.set(1, where_negative(g.input(1), raw<"Mul">(g.dy(), g.input(0))));
      })
      .grad_reads({"gradients", "outputs"});
}

void register_soft_units(OpRegistry& registry) {
  add_activation(registry, "Softplus", kFloatTypes)
      .grad([](GradContext& g) {
        g.set(0, raw<"SoftplusGrad">(g.dy(), g.input(0)));
      })
      .grad_reads({"features"});
  // dy·s with s = sigmoid(x), s' = s·(1 - s).
  add_gradient_op(registry, "SoftplusGrad", "features: T", kFloatTypes)
      .grad([](GradContext& g) {
        if (g.needs(0)) g.set(0, raw<"SoftplusGrad">(g.dy(), g.input(1)));
        if (g.needs(1))
          g.set(1,
                raw<"SigmoidGrad">(raw<"Sigmoid">(g.input(1)),
                                   raw<"Mul">(g.dy(), g.input(0))));
      })
      .grad_reads({"gradients", "features"});

  add_activation(registry, "Softsign", kFloatTypes)
      .grad([](GradContext& g) {
        g.set(0, raw<"SoftsignGrad">(g.dy(), g.input(0)));
      })
      .grad_reads({"features"});
  add_gradient_op(registry, "SoftsignGrad", "features: T", kFloatTypes);
}

void register_rectifiers(OpRegistry& registry) {
  add_activation(registry, "Relu6", kReluTypes)
      .grad([](GradContext& g) {
        g.set(0, raw<"Relu6Grad">(g.dy(), g.output()));
      })
      .grad_reads({"activations"});
  add_gradient_op(registry, "Relu6Grad", "features: T", kReluTypes)
      .grad([](GradContext& g) {
        if (g.needs(0)) g.set(0, raw<"Relu6Grad">(g.dy(), g.input(1)));
        if (g.needs(1)) g.set(1, raw<"ZerosLike">(g.input(1)));
      })
      .grad_reads({"features"});

  constexpr const char* kLeakyTypes =
      "T: {half, bfloat16, float, double} = DT_FLOAT";
  constexpr const char* kAlpha = "alpha: float = 0.2";
  add_activation(registry, "LeakyRelu", kLeakyTypes)
      .attr(kAlpha)
      .grad([](GradContext& g) {
        g.set(0,
              raw<"LeakyReluGrad">(
                  g.dy(), g.input(0), {{"alpha", g.attr<float>("alpha")}}));
      })
      .grad_reads({"features"});
  add_gradient_op(registry, "LeakyReluGrad", "features: T", kLeakyTypes)
      .attr(kAlpha)
      .grad([](GradContext& g) {
        if (g.needs(0))
          g.set(0,
                raw<"LeakyReluGrad">(
                    g.dy(), g.input(1), {{"alpha", g.attr<float>("alpha")}}));
        if (g.needs(1)) g.set(1, raw<"ZerosLike">(g.input(1)));
      })
      .grad_reads({"features"});
}

}  // namespace

void register_nn_ops(OpRegistry& registry) {
  registry.add("BiasAdd")
      .input("value: T")
      .input("bias: T")
      .output("output: T")
      .attr(kBiasTypes)
      .attr(kDataFormat)
      .infer(infer_bias_add)
      .grad(bias_add_grad)
      .grad_reads({});

  registry.add("BiasAddV1")
      .input("value: T")
      .input("bias: T")
      .output("output: T")
      .attr(kBiasTypes)
      .infer(infer_bias_add)
      .grad(bias_add_grad)
      .grad_reads({});

  registry.add("BiasAddGrad")
      .input("out_backprop: T")
      .output("output: T")
      .attr(kBiasTypes)
      .attr(kDataFormat)
      .infer(infer_bias_add_grad)
      .grad(bias_add_grad_grad);

  registry.add("L2Loss")
      .input("t: T")
      .output("output: T")
      .attr(kFloatTypes)
      .infer(scalar_output)
      .grad([](GradContext& g) { g.set(0, raw<"Mul">(g.input(0), g.dy())); })
      .grad_reads({"t"});

  register_exponential_units(registry);
  register_soft_units(registry);
  register_rectifiers(registry);
}

namespace nn {

Tensor relu(const Tensor& x) { return raw<"Relu">(x); }
Tensor relu6(const Tensor& x) { return raw<"Relu6">(x); }
Tensor leaky_relu(const Tensor& x) { return leaky_relu(x, {}); }
Tensor leaky_relu(const Tensor& x, LeakyReluOptions options) {
  return raw<"LeakyRelu">(x, {{"alpha", options.alpha}});
}
Tensor elu(const Tensor& x) { return raw<"Elu">(x); }
Tensor selu(const Tensor& x) { return raw<"Selu">(x); }
Tensor sigmoid(const Tensor& x) { return raw<"Sigmoid">(x); }
Tensor tanh(const Tensor& x) { return raw<"Tanh">(x); }
Tensor softplus(const Tensor& x) { return raw<"Softplus">(x); }
Tensor softsign(const Tensor& x) { return raw<"Softsign">(x); }

Tensor bias_add(const Tensor& value,
                const Tensor& bias,
                BiasAddOptions options) {
  if (options.data_format == "NHWC") return raw<"BiasAdd">(value, bias);
  return raw<"BiasAdd">(value, bias, {{"data_format", options.data_format}});
}

Tensor l2_loss(const Tensor& t) { return raw<"L2Loss">(t); }

}  // namespace nn
}  // namespace tern
