// The kernels of convolutions: layouts and dtypes around convolve.h and oneDNN.

#include "kernels/common/convolution.h"

#include <cstdint>

#include "kernels/cpu/plain/conv/convolve.h"
#include "kernels/cpu/plain/conv/images.h"
#include "kernels/cpu/plain/conv/onednn.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// oneDNN takes some microseconds a call, and longer for a new shape.
constexpr std::int64_t kOneDnnWork = std::int64_t{1} << 19;

/// TensorFlow's CPU kernels have no dilated gradients.
void refuse_dilation(const SlidingWindow& window) {
  if (window.is_dilated())
    throw InvalidArgumentError(
        "Current CPU implementations do not yet support dilation rates larger "
        "than 1.");
}

enum Operand { kForward, kInput, kFilter };

/// A call, whichever of the three tensors it computes. Where that is the input
/// or the filter, its shape is the output's of the op.
struct Call {
  Call(const KernelContext& c, Operand result)
      : window(SlidingWindow::of(c)),
        input(result == kInput ? c.inferred_shape() : c.input(0).shape()),
        filter(result == kFilter ? c.inferred_shape() : c.input(1).shape()),
        output(result == kForward ? c.inferred_shape() : c.input(2).shape()),
        sizes(window,
              input,
              filter,
              output,
              c.op().find_attr("batch_dims") < 0
                  ? 1
                  : static_cast<int>(c.attr<std::int64_t>("batch_dims"))) {}

  SlidingWindow window;
  const Shape &input, &filter, &output;
  Convolution sizes;
};

/// `run` computes from two operands in the compute dtype.
template <class T, class Run>
void compute(KernelContext& c,
             const Call& call,
             int first,
             bool first_is_image,
             int second,
             bool second_is_image,
             bool result_is_image,
             Run run) {
  bool channels_first = call.window.channels_first;
  InputImages<T> a(c.input(first), channels_first && first_is_image);
  InputImages<T> b(c.input(second), channels_first && second_is_image);
  OutputImages<T> result(c.output(), channels_first && result_is_image);
  run(call.sizes, a.data(), b.data(), result.data());
  result.finish();
}

template <class T, class Run>
void forward(KernelContext& c, Run run) {
  Call call(c, kForward);
  if (c.op().name == "Conv3D" && call.window.is_dilated())
    throw InvalidArgumentError(
        "CPU implementation of Conv3D currently only supports dilated rates of "
        "1.");
  // Several batch dimensions are one to what moves channels.
  if (call.window.channels_first && call.input.rank() > call.filter.rank())
    throw UnimplementedError(
        "Conv: several batch dimensions with data_format CHANNELS_FIRST");
  compute<T>(c, call, 0, true, 1, false, true, run);
}

template <class T, class Run>
void backprop_input(KernelContext& c, Run run) {
  Call call(c, kInput);
  refuse_dilation(call.window);
  compute<T>(c, call, 1, false, 2, true, true, run);
}

template <class T, class Run>
void backprop_filter(KernelContext& c, Run run) {
  Call call(c, kFilter);
  refuse_dilation(call.window);
  compute<T>(c, call, 0, true, 2, true, false, run);
}

template <class T>
void plain_forward(KernelContext& c) {
  forward<T>(c, convolve<ComputeType<T>>);
}
template <class T>
void plain_backprop_input(KernelContext& c) {
  backprop_input<T>(c, convolve_backprop_input<ComputeType<T>>);
}
template <class T>
void plain_backprop_filter(KernelContext& c) {
  backprop_filter<T>(c, convolve_backprop_filter<ComputeType<T>>);
}

template <class T>
void onednn_forward(KernelContext& c) {
  forward<T>(c, [](const Convolution& s, auto input, auto filter, auto output) {
    if (!onednn::library()->convolve(s, input, filter, output))
      convolve(s, input, filter, output);
  });
}
template <class T>
void onednn_backprop_input(KernelContext& c) {
  backprop_input<T>(c, [](const Convolution& s, auto filter, auto dy, auto dx) {
    if (!onednn::library()->convolve_backprop_input(s, filter, dy, dx))
      convolve_backprop_input(s, filter, dy, dx);
  });
}
template <class T>
void onednn_backprop_filter(KernelContext& c) {
  backprop_filter<T>(
      c, [](const Convolution& s, auto input, auto dy, auto dfilter) {
        if (!onednn::library()->convolve_backprop_filter(s, input, dy, dfilter))
          convolve_backprop_filter(s, input, dy, dfilter);
      });
}

bool is_worth_onednn(const Convolution& sizes) {
  return sizes.work() >= kOneDnnWork && onednn::library() != nullptr;
}

bool supports_forward(const KernelContext& c) {
  return is_worth_onednn(Call(c, kForward).sizes);
}
/// oneDNN computes for full registers of input channels: with few of them,
/// most of that is for nothing.
bool supports_backprop_input(const KernelContext& c) {
  constexpr std::int64_t kFewChannels = 8;
  Convolution sizes = Call(c, kInput).sizes;
  return sizes.group_inputs() > kFewChannels && is_worth_onednn(sizes);
}
bool supports_backprop_filter(const KernelContext& c) {
  return is_worth_onednn(Call(c, kFilter).sizes);
}

template <class T>
void add_kernels(KernelRegistry& registry, bool has_old_3d) {
  constexpr DType kType = dtype_of<T>;
  auto add = [&](const char* op,
                 KernelFunction plain,
                 KernelFunction fast,
                 SupportsFunction supports) {
    registry.add(op, {{"T", kType}}, plain);
    if (fast)
      registry.add(
          op, {{"T", kType}}, fast, {.priority = 10, .supports = supports});
  };
  constexpr bool kInFloat = std::is_same_v<ComputeType<T>, float>;
  KernelFunction fast_forward = nullptr, fast_input = nullptr,
                 fast_filter = nullptr;
  if constexpr (kInFloat) {
    fast_forward = onednn_forward<T>;
    fast_input = onednn_backprop_input<T>;
    fast_filter = onednn_backprop_filter<T>;
  }
  for (const char* op : {"Conv2D", "Conv3D", "Conv"})
    add(op, plain_forward<T>, fast_forward, supports_forward);
  for (const char* op : {"Conv2DBackpropInput",
                         "Conv2DBackpropInputV2",
                         "Conv3DBackpropInputV2"})
    add(op, plain_backprop_input<T>, fast_input, supports_backprop_input);
  for (const char* op : {"Conv2DBackpropFilter",
                         "Conv2DBackpropFilterV2",
                         "Conv3DBackpropFilterV2"})
    add(op, plain_backprop_filter<T>, fast_filter, supports_backprop_filter);
  if (!has_old_3d) return;
  add("Conv3DBackpropInput",
      plain_backprop_input<T>,
      fast_input,
      supports_backprop_input);
  add("Conv3DBackpropFilter",
      plain_backprop_filter<T>,
      fast_filter,
      supports_backprop_filter);
}

}  // namespace

void register_convolution_kernels(KernelRegistry& registry) {
  add_kernels<float>(registry, /*has_old_3d=*/true);
  add_kernels<double>(registry, /*has_old_3d=*/true);
  add_kernels<Half>(registry, /*has_old_3d=*/true);
  add_kernels<BFloat16>(registry, /*has_old_3d=*/false);
  for (const char* op : {"Conv2D", "Conv"})
    registry.add(op, {{"T", int32}}, plain_forward<std::int32_t>);
  for (const char* op : {"Conv2DBackpropInput", "Conv2DBackpropInputV2"})
    registry.add(op, {{"T", int32}}, plain_backprop_input<std::int32_t>);
}

}  // namespace tern
