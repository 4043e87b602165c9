// Convolutions cut into parts that oneDNN computes on one thread each. How they
// are cut follows from the shape, so that results do not depend on the number
// of threads.

#include <algorithm>
#include <vector>

#include "kernels/cpu/onednn/primitives.h"
#include "kernels/cpu/plain/conv/onednn.h"
#include "tern/core/parallel.h"
#include "tern/core/tensor.h"

namespace tern::onednn {
namespace {

/// Parts to cut a convolution into.
constexpr std::int64_t kParts = 16;
/// Images below which rows are cut as well.
constexpr std::int64_t kFewImages = 8;
/// Output channels of a part of a filter's gradient.
constexpr std::int64_t kChannels = 64;
/// Elements of all partial sums of a filter's gradient.
constexpr std::int64_t kPartialElements = std::int64_t{1} << 22;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Images of a part; divides the batch if a number nearby does.
std::int64_t images_together(std::int64_t batch, std::int64_t parts) {
  std::int64_t least = divide_up(batch, parts);
  for (std::int64_t n = least; n < 2 * least; ++n)
    if (batch % n == 0) return n;
  return least;
}

/// A part and where its images start.
struct PlacedPart {
  Part part;
  std::int64_t input_offset = 0, output_offset = 0;
  std::size_t filter = 0;  // among the packed filters
};

std::vector<PlacedPart> cut_images(const Convolution& s,
                                   Direction direction,
                                   std::int64_t parts) {
  std::vector<PlacedPart> result;
  std::int64_t step = images_together(s.batch, parts);
  for (std::int64_t first = 0; first < s.batch; first += step) {
    PlacedPart placed{Part(direction, s)};
    placed.part.images = std::min(step, s.batch - first);
    placed.input_offset = first * s.in_pixels() * s.in_channels;
    placed.output_offset = first * s.out_pixels() * s.out_channels;
    result.push_back(placed);
  }
  return result;
}

/// The first axis of which an image has several outputs is cut into ranges.
std::vector<PlacedPart> cut_rows(const Convolution& s) {
  std::size_t cut = 0;
  while (cut < 2 && s.axes[cut].output == 1) ++cut;
  const WindowAxis& axis = s.axes[cut];
  std::int64_t in_row = s.in_channels, out_row = s.out_channels;
  for (std::size_t i = cut + 1; i < 3; ++i) {
    in_row *= s.axes[i].input;
    out_row *= s.axes[i].output;
  }
  std::int64_t ranges = std::min(divide_up(kParts, s.batch), axis.output);
  std::int64_t step = divide_up(axis.output, ranges);
  std::vector<PlacedPart> result;
  for (std::int64_t image = 0; image < s.batch; ++image)
    for (std::int64_t first = 0; first < axis.output; first += step) {
      PlacedPart placed{Part(Direction::kForward, s)};
      placed.part.images = 1;
      WindowAxis& range = placed.part.axes[cut];
      range.output = std::min(step, axis.output - first);
      std::int64_t begin = axis.start(first);
      std::int64_t end = axis.start(first + range.output - 1) +
                         (axis.window - 1) * axis.dilation + 1;
      std::int64_t from = std::clamp<std::int64_t>(begin, 0, axis.input - 1);
      range.before = from - begin;
      range.input = std::max<std::int64_t>(1, std::min(end, axis.input) - from);
      placed.part.complete();
      placed.input_offset =
          image * s.in_pixels() * s.in_channels + from * in_row;
      placed.output_offset =
          image * s.out_pixels() * s.out_channels + first * out_row;
      result.push_back(placed);
    }
  return result;
}

Tensor scratch(std::int64_t elements) {
  return Tensor::allocate(float32, {elements});
}

std::int64_t elements_of(const dnnl::memory::desc& layout) {
  return divide_up(static_cast<std::int64_t>(layout.get_size()),
                   static_cast<std::int64_t>(sizeof(float)));
}

/// A filter in the layouts that primitives take.
class PackedFilters {
 public:
  PackedFilters(const Convolution& s, const float* filter)
      : layout_(filter_layout(s, s.out_channels)), filter_(filter) {}

  /// The place of the filter in that layout among those packed.
  std::size_t find(const dnnl::memory::desc& layout) {
    for (std::size_t i = 0; i < packed_.size(); ++i)
      if (packed_[i].layout == layout) return i;
    Packed packed{.layout = layout, .memory = {}, .data = filter_};
    if (layout != layout_) {
      packed.memory = scratch(elements_of(layout));
      float* data = packed.memory.data<float>();
      reorder(layout_, filter_, layout, data);
      packed.data = data;
    }
    packed_.push_back(packed);
    return packed_.size() - 1;
  }
  const float* operator[](std::size_t i) const { return packed_[i].data; }

 private:
  struct Packed {
    dnnl::memory::desc layout;
    Tensor memory;
    const float* data;
  };
  dnnl::memory::desc layout_;
  const float* filter_;
  std::vector<Packed> packed_;
};

/// Runs parts that read the filter.
bool run_parts(const Convolution& s,
               std::vector<PlacedPart> parts,
               const float* input,
               const float* filter,
               const float* output) {
  PackedFilters filters(s, filter);
  for (PlacedPart& placed : parts) {
    Primitive& primitive = primitive_for(placed.part);
    if (!primitive.is_fast()) return false;
    placed.filter = filters.find(primitive.filter());
  }
  parallel_for(static_cast<std::int64_t>(parts.size()),
               1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const PlacedPart& p = parts[static_cast<std::size_t>(i)];
                   primitive_for(p.part).run(input + p.input_offset,
                                             filters[p.filter],
                                             output + p.output_offset);
                 }
               });
  return true;
}

/// The gradient of a large filter: each part has some of the output channels,
/// and all images.
bool backprop_channels(const Convolution& s,
                       const float* input,
                       const float* dy,
                       float* dfilter) {
  std::int64_t parts = divide_up(s.out_channels, kChannels);
  auto part_of = [&](std::int64_t i) {
    Part part(Direction::kBackpropFilter, s);
    part.out_channels = std::min(kChannels, s.out_channels - i * kChannels);
    return part;
  };
  for (std::int64_t i : {std::int64_t{0}, parts - 1})
    if (!primitive_for(part_of(i)).is_fast()) return false;
  std::int64_t pixels = s.batch * s.out_pixels();
  parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) {
    Tensor some_dy = scratch(pixels * kChannels);
    float* columns = some_dy.data<float>();
    for (std::int64_t i = begin; i < end; ++i) {
      Part part = part_of(i);
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
        std::copy_n(dy + pixel * s.out_channels + i * kChannels,
                    part.out_channels,
                    columns + pixel * part.out_channels);
      Primitive& primitive = primitive_for(part);
      Tensor gradient = scratch(elements_of(primitive.filter()));
      primitive.run(input, gradient.data<float>(), columns);
      reorder(primitive.filter(),
              gradient.data<float>(),
              filter_layout(s, part.out_channels),
              dfilter + i * kChannels);
    }
  });
  return true;
}

/// A sum for each part of the images, added up in order.
bool backprop_images(const Convolution& s,
                     const float* input,
                     const float* dy,
                     float* dfilter) {
  std::int64_t sums =
      std::clamp<std::int64_t>(kPartialElements / s.filter_elements(), 2, 16);
  std::vector<PlacedPart> parts =
      cut_images(s, Direction::kBackpropFilter, sums);
  dnnl::memory::desc layout = primitive_for(parts[0].part).filter();
  for (const PlacedPart& placed : parts) {
    Primitive& primitive = primitive_for(placed.part);
    if (!primitive.is_fast() || primitive.filter() != layout) return false;
  }
  auto count = static_cast<std::int64_t>(parts.size());
  std::int64_t size = elements_of(layout);
  Tensor partial = scratch(count * size);
  float* sum = partial.data<float>();
  parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const PlacedPart& p = parts[static_cast<std::size_t>(i)];
      primitive_for(p.part).run(
          input + p.input_offset, sum + i * size, dy + p.output_offset);
    }
  });
  parallel_for(size, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 1; part < count; ++part)
      for (std::int64_t i = begin; i < end; ++i) sum[i] += sum[part * size + i];
  });
  reorder(layout, sum, filter_layout(s, s.out_channels), dfilter);
  return true;
}

bool convolve(const Convolution& s,
              const float* input,
              const float* filter,
              float* output) {
  auto parts = s.batch < kFewImages
                   ? cut_rows(s)
                   : cut_images(s, Direction::kForward, kParts);
  return run_parts(s, std::move(parts), input, filter, output);
}

bool convolve_backprop_input(const Convolution& s,
                             const float* filter,
                             const float* dy,
                             float* dx) {
  return run_parts(
      s, cut_images(s, Direction::kBackpropInput, kParts), dx, filter, dy);
}

bool convolve_backprop_filter(const Convolution& s,
                              const float* input,
                              const float* dy,
                              float* dfilter) {
  bool is_large =
      s.groups == 1 && s.out_channels >= 2 * kChannels &&
      s.filter_elements() * 8 > s.input_elements() + s.output_elements();
  return is_large ? backprop_channels(s, input, dy, dfilter)
                  : backprop_images(s, input, dy, dfilter);
}

/// Where oneDNN lacks something, the caller computes.
template <auto Function, class A, class B, class C>
bool guarded(const Convolution& s, A a, B b, C c) {
  try {
    return Function(s, a, b, c);
  } catch (const dnnl::error&) {
    return false;
  }
}

}  // namespace
}  // namespace tern::onednn

extern "C" [[gnu::visibility("default")]] const tern::onednn::Library*
tern_onednn_library() {
  using namespace tern::onednn;
  static constexpr Library kLibrary = {
      guarded<convolve, const float*, const float*, float*>,
      guarded<convolve_backprop_input, const float*, const float*, float*>,
      guarded<convolve_backprop_filter, const float*, const float*, float*>,
  };
  return &kLibrary;
}
