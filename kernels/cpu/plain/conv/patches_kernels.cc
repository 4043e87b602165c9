// ExtractImagePatches and ExtractVolumePatches: copies of pixels, of any dtype.

#include <array>
#include <cstring>
#include <vector>

#include "kernels/common/sliding_window.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kGrainBytes = 1 << 16;

void extract(KernelContext& c) {
  const Shape &image = c.input(0).shape(), &patches = c.inferred_shape();
  if (patches.num_elements() == 0) return;
  int rank = image.rank();
  SlidingWindow window = SlidingWindow::of(c);
  const auto& ksizes = c.attr<std::vector<std::int64_t>>("ksizes");
  std::array<WindowAxis, 3> axes;
  for (int i = 1; i + 1 < rank; ++i)
    axes[static_cast<std::size_t>(3 - rank + 1 + i)] = window.axis(
        i, image[i], ksizes[static_cast<std::size_t>(i)], patches[i]);
  const auto& [depth, height, width] = axes;
  std::size_t pixel =
      static_cast<std::size_t>(image[-1]) * c.input(0).dtype().size();
  const char* from = static_cast<const char*>(c.input(0).raw_data());
  char* to = static_cast<char*>(c.output().mutable_data());
  std::size_t patch = pixel * static_cast<std::size_t>(
                                  depth.window * height.window * width.window);
  std::int64_t outputs = depth.output * height.output * width.output;
  std::int64_t grain = std::max<std::int64_t>(
      1,
      kGrainBytes / static_cast<std::int64_t>(std::max<std::size_t>(1, patch)));
  parallel_for(
      image[0] * outputs, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          char* target = to + static_cast<std::size_t>(i) * patch;
          std::int64_t ow = i % width.output;
          std::int64_t oh = i / width.output % height.output;
          std::int64_t od = i / (width.output * height.output) % depth.output;
          for (std::int64_t kd = 0; kd < depth.window; ++kd)
            for (std::int64_t kh = 0; kh < height.window; ++kh)
              for (std::int64_t kw = 0; kw < width.window; ++kw) {
                std::int64_t d = depth.start(od) + kd * depth.dilation;
                std::int64_t h = height.start(oh) + kh * height.dilation;
                std::int64_t w = width.start(ow) + kw * width.dilation;
                bool inside = d >= 0 && d < depth.input && h >= 0 &&
                              h < height.input && w >= 0 && w < width.input;
                std::int64_t row =
                    (i / outputs * depth.input + d) * height.input + h;
                if (inside)
                  std::memcpy(
                      target,
                      from + static_cast<std::size_t>(row * width.input + w) *
                                 pixel,
                      pixel);
                else
                  std::memset(target, 0, pixel);
                target += pixel;
              }
        }
      });
}

}  // namespace

void register_patches_kernels(KernelRegistry& registry) {
  registry.add("ExtractImagePatches", {}, extract);
  registry.add("ExtractVolumePatches", {}, extract);
}

}  // namespace tern
