// Convolutions and poolings of ResNet-50, MobileNetV2 and the CIFAR2 network.

#include <benchmark/benchmark.h>

#include <string>

#include "tern/tern.h"

namespace tern {
namespace {

struct Layer {
  const char* name;
  std::int64_t batch, side, in, out, kernel, stride;
  const char* padding;

  std::int64_t result_side() const {
    return padding == std::string_view("SAME") ? (side + stride - 1) / stride
                                               : (side - kernel) / stride + 1;
  }
  Shape image() const { return {batch, side, side, in}; }
  Shape filter() const { return {kernel, kernel, in, out}; }
  Shape result() const { return {batch, result_side(), result_side(), out}; }
  double operations() const {
    return 2. *
           static_cast<double>(result().num_elements() * kernel * kernel * in);
  }
};

constexpr Layer kLayers[] = {
    {"r50_conv1_7x7s2", 8, 224, 3, 64, 7, 2, "SAME"},
    {"r50_56_1x1_64_256", 8, 56, 64, 256, 1, 1, "SAME"},
    {"r50_56_3x3_64", 8, 56, 64, 64, 3, 1, "SAME"},
    {"r50_28_3x3_128", 8, 28, 128, 128, 3, 1, "SAME"},
    {"r50_14_1x1_1024_256", 8, 14, 1024, 256, 1, 1, "SAME"},
    {"r50_14_3x3_256", 8, 14, 256, 256, 3, 1, "SAME"},
    {"r50_7_3x3_512", 8, 7, 512, 512, 3, 1, "SAME"},
    {"cifar2_5x5_32_64", 100, 15, 32, 64, 5, 1, "VALID"},
};

/// A gradient of y = f(a, b) by a, without y: of a traced function, nobody
/// runs what nobody needs.
template <class F>
auto gradient_alone(F f) {
  return function([f](const Tensor& a, const Tensor& b, const Tensor& dy) {
    GradientTape tape;
    tape.watch(a);
    return tape.gradient(f(a, b), Tensors{a}, {.output_gradients = {dy}})[0];
  });
}

template <class F>
void measure(benchmark::State& state, double operations, F f) {
  for (auto _ : state) benchmark::DoNotOptimize(f());
  state.counters["flops"] =
      benchmark::Counter(operations * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

template <class F>
void add(const std::string& name, F f) {
  benchmark::RegisterBenchmark(name.c_str(), f)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

void add_layer(const Layer& layer) {
  std::string name = std::string("op/conv2d/") + layer.name;
  add(name + "/fwd", [=](benchmark::State& state) {
    Tensor x = random::normal(layer.image()),
           w = random::normal(layer.filter());
    measure(state, layer.operations(), [&] {
      return nn::conv2d(x, w, layer.stride, layer.padding);
    });
  });
  add(name + "/bwd_input", [=](benchmark::State& state) {
    Tensor w = random::normal(layer.filter());
    Tensor dy = random::normal(layer.result());
    measure(state, layer.operations(), [&] {
      return nn::conv2d_transpose(
          dy, w, layer.image(), layer.stride, layer.padding);
    });
  });
  add(name + "/bwd_filter", [=](benchmark::State& state) {
    Tensor w = random::normal(layer.filter()),
           x = random::normal(layer.image());
    Tensor dy = random::normal(layer.result());
    auto gradient = gradient_alone([=](const Tensor& a, const Tensor& b) {
      return nn::conv2d(b, a, layer.stride, layer.padding);
    });
    gradient(w, x, dy);  // traces
    measure(state, layer.operations(), [&] { return gradient(w, x, dy); });
  });
}

void add_depthwise(const char* shape,
                   std::int64_t side,
                   std::int64_t channels) {
  std::string name = std::string("op/depthwise/") + shape;
  Shape image{8, side, side, channels}, filter{3, 3, channels, 1};
  double operations = 18. * static_cast<double>(image.num_elements());
  auto convolve = [](const Tensor& x, const Tensor& w) {
    return nn::depthwise_conv2d(x, w, 1, "SAME");
  };
  add(name + "/fwd", [=](benchmark::State& state) {
    Tensor x = random::normal(image), w = random::normal(filter);
    measure(state, operations, [&] { return convolve(x, w); });
  });
  add(name + "/bwd_input", [=](benchmark::State& state) {
    Tensor x = random::normal(image), w = random::normal(filter);
    auto gradient = gradient_alone(convolve);
    gradient(x, w, x);  // traces
    measure(state, operations, [&] { return gradient(x, w, x); });
  });
  add(name + "/bwd_filter", [=](benchmark::State& state) {
    Tensor x = random::normal(image), w = random::normal(filter);
    auto gradient = gradient_alone(
        [=](const Tensor& a, const Tensor& b) { return convolve(b, a); });
    gradient(w, x, x);  // traces
    measure(state, operations, [&] { return gradient(w, x, x); });
  });
}

void add_max_pool() {
  const std::string name = "op/maxpool/8x112x112x64_3x3s2";
  Shape image{8, 112, 112, 64};
  add(name + "/fwd", [=](benchmark::State& state) {
    Tensor x = random::normal(image);
    for (auto _ : state)
      benchmark::DoNotOptimize(nn::max_pool2d(x, 3, 2, "VALID"));
  });
  add(name + "/fwd_bwd", [=](benchmark::State& state) {
    Tensor x = random::normal(image), dy = random::normal({8, 55, 55, 64});
    for (auto _ : state) {
      GradientTape tape;
      tape.watch(x);
      Tensor y = nn::max_pool2d(x, 3, 2, "VALID");
      benchmark::DoNotOptimize(
          tape.gradient(y, Tensors{x}, {.output_gradients = {dy}}));
    }
  });
}

void add_batch_norm() {
  const std::string name = "op/batchnorm/8x56x56x256";
  Shape image{8, 56, 56, 256};
  add(name + "/fwd", [=](benchmark::State& state) {
    Tensor x = random::normal(image), s = ones({256}), o = zeros({256});
    for (auto _ : state)
      benchmark::DoNotOptimize(nn::fused_batch_norm(x, s, o));
  });
  add(name + "/fwd_bwd", [=](benchmark::State& state) {
    Tensor x = random::normal(image), dy = random::normal(image);
    Tensor s = ones({256}), o = zeros({256});
    for (auto _ : state) {
      GradientTape tape;
      for (const Tensor& t : {x, s, o}) tape.watch(t);
      Tensor y = nn::fused_batch_norm(x, s, o).y;
      benchmark::DoNotOptimize(
          tape.gradient(y, Tensors{x, s, o}, {.output_gradients = {dy}}));
    }
  });
}

[[maybe_unused]] const bool registered = [] {
  for (const Layer& layer : kLayers) add_layer(layer);
  add_depthwise("112x112x32_3x3", 112, 32);
  add_depthwise("14x14x384_3x3", 14, 384);
  add_max_pool();
  add_batch_norm();
  return true;
}();

}  // namespace
}  // namespace tern
