// FusedPadConv2D and FusedResizeAndPadConv2D: the padded image is made, then
// convolved.

#include <algorithm>
#include <vector>

#include "kernels/common/convolution.h"
#include "kernels/cpu/plain/conv/convolve.h"
#include "kernels/cpu/plain/conv/images.h"
#include "ops/kernel.h"

namespace tern {
namespace {

/// Where the value at a place of the padded dimension comes from: `lower` and
/// `upper` of the input, mixed by `weight`.
struct Source {
  std::int64_t lower = 0, upper = 0;
  double weight = 0;
};

/// One dimension: resized from `input` to `resized` (bilinear, as TensorFlow's
/// legacy resize), then padded by its reflection.
std::vector<Source> sources(std::int64_t input,
                            std::int64_t resized,
                            bool align_corners,
                            std::int64_t before,
                            std::int64_t after,
                            bool reflects) {
  bool aligns = align_corners && resized > 1;
  float scale =
      aligns ? static_cast<float>(input - 1) / static_cast<float>(resized - 1)
             : static_cast<float>(input) / static_cast<float>(resized);
  std::vector<Source> result;
  std::int64_t offset = reflects ? 1 : 0;
  for (std::int64_t i = -before; i < resized + after; ++i) {
    std::int64_t at = i < 0          ? -i - 1 + offset
                      : i >= resized ? 2 * resized - 1 - i - offset
                                     : i;
    float place = static_cast<float>(at) * scale;
    auto lower = std::min(static_cast<std::int64_t>(place), input - 1);
    result.push_back({lower,
                      std::min(lower + 1, input - 1),
                      static_cast<double>(place - static_cast<float>(lower))});
  }
  return result;
}

template <class C>
C mix(C a, C b, double weight) {
  return a + (b - a) * static_cast<C>(weight);
}

template <class T>
void run(KernelContext& c) {
  using C = ComputeType<T>;
  bool resizes = c.num_inputs() == 4;
  int last = c.num_inputs() - 1;
  const Shape &image = c.input(0).shape(), &filter = c.input(last).shape();
  std::vector<std::int64_t> size =
      resizes ? c.host_ints(1) : std::vector<std::int64_t>{image[1], image[2]};
  std::vector<std::int64_t> paddings = c.host_ints(last - 1);
  bool reflects = c.attr<std::string>("mode") == "REFLECT";
  auto axis = [&](int i) {
    auto k = static_cast<std::size_t>(2 * i);
    return sources(image[i],
                   size[static_cast<std::size_t>(i - 1)],
                   resizes && c.attr<bool>("resize_align_corners"),
                   paddings[k],
                   paddings[k + 1],
                   reflects);
  };
  OutputImages<T> output(c.output(), false);
  if (c.output().num_elements() == 0) return;
  std::vector<Source> rows = axis(1), columns = axis(2);
  auto height = static_cast<std::int64_t>(rows.size());
  auto width = static_cast<std::int64_t>(columns.size());
  std::int64_t depth = image[3];
  Tensor padded =
      Tensor::allocate(dtype_of<C>, Shape{image[0], height, width, depth});
  InputImages<T> input(c.input(0), false), taps(c.input(last), false);
  C* to = padded.data<C>();
  for (std::int64_t n = 0; n < image[0]; ++n)
    for (const Source& row : rows)
      for (const Source& column : columns) {
        auto pixel = [&](std::int64_t h, std::int64_t w) {
          return input.data() + ((n * image[1] + h) * image[2] + w) * depth;
        };
        const C* corners[] = {pixel(row.lower, column.lower),
                              pixel(row.lower, column.upper),
                              pixel(row.upper, column.lower),
                              pixel(row.upper, column.upper)};
        for (std::int64_t i = 0; i < depth; ++i)
          *to++ = mix(mix(corners[0][i], corners[1][i], column.weight),
                      mix(corners[2][i], corners[3][i], column.weight),
                      row.weight);
      }
  convolve(
      Convolution(
          SlidingWindow::of(c), padded.shape(), filter, c.inferred_shape()),
      static_cast<const C*>(padded.raw_data()),
      taps.data(),
      output.data());
  output.finish();
}

}  // namespace

void register_reflected_convolution_kernels(KernelRegistry& registry) {
  registry.add("FusedPadConv2D", {{"T", float32}}, run<float>);
  registry.add("FusedPadConv2D", {{"T", float64}}, run<double>);
  registry.add("FusedPadConv2D", {{"T", float16}}, run<Half>);
  registry.add("FusedPadConv2D", {{"T", bfloat16}}, run<BFloat16>);
  registry.add("FusedResizeAndPadConv2D", {{"T", float32}}, run<float>);
  registry.add("FusedResizeAndPadConv2D", {{"T", float64}}, run<double>);
  registry.add("FusedResizeAndPadConv2D", {{"T", float16}}, run<Half>);
}

}  // namespace tern
