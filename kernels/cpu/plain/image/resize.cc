// Resizing by weighted sums along both axes, and its gradients: the same with
// the weights transposed.

#include <Eigen/Core>
#include <algorithm>

#include "kernels/cpu/plain/image/axis_weights.h"
#include "kernels/cpu/plain/image/float_rows.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

/// Rows of a result worth a thread.
std::int64_t row_grain(std::int64_t row_size) {
  return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, row_size));
}

/// One row along the columns. Channels is 0 where it is not known before.
template <int Channels>
void combine_columns(const AxisWeights& columns,
                     std::int64_t channels,
                     const float* row,
                     float* to) {
  const std::int64_t n = Channels > 0 ? Channels : channels;
  const std::int64_t* begin = columns.begin.data();
  for (std::int64_t x = 0; x < columns.output_size(); ++x, to += n) {
    std::fill_n(to, n, 0.0f);
    for (std::int64_t k = begin[x]; k < begin[x + 1]; ++k) {
      const float* from = row + columns.index[static_cast<std::size_t>(k)] * n;
      float weight = columns.weight[static_cast<std::size_t>(k)];
      for (std::int64_t c = 0; c < n; ++c) to[c] += weight * from[c];
    }
  }
}

void combine_columns(const AxisWeights& columns,
                     std::int64_t channels,
                     const float* row,
                     float* to) {
  switch (channels) {
    case 1:
      return combine_columns<1>(columns, channels, row, to);
    case 3:
      return combine_columns<3>(columns, channels, row, to);
    case 4:
      return combine_columns<4>(columns, channels, row, to);
    default:
      return combine_columns<0>(columns, channels, row, to);
  }
}

/// images [batch, rows, columns, channels] mapped along rows, then along
/// columns, times `factor`; the result is float, or a narrower or wider one.
void resample(const Tensor& images,
              const AxisWeights& rows,
              const AxisWeights& columns,
              float factor,
              Tensor& output) {
  if (output.num_elements() == 0) return;
  const std::int64_t channels = images.shape()[3];
  const std::int64_t from_size = columns.input_size * channels;
  const std::int64_t to_size = columns.output_size() * channels;
  FloatRows source(images, from_size);
  WriteFloats write = float_writer(output.dtype());
  parallel_for(
      output.shape()[0] * rows.output_size(),
      row_grain(from_size + to_size),
      [&](std::int64_t first, std::int64_t last) {
        Eigen::ArrayXf sum(from_size), converted(from_size), result(to_size);
        for (std::int64_t i = first; i < last; ++i) {
          std::int64_t image = i / rows.output_size();
          auto y = static_cast<std::size_t>(i % rows.output_size());
          sum.setZero();
          for (std::int64_t k = rows.begin[y]; k < rows.begin[y + 1]; ++k) {
            auto tap = static_cast<std::size_t>(k);
            const float* row = source.row(
                image * rows.input_size + rows.index[tap], converted.data());
            sum += rows.weight[tap] * ConstRow(row, from_size);
          }
          combine_columns(columns, channels, sum.data(), result.data());
          if (factor != 1) result *= factor;
          write(result.data(), output.mutable_data(), i * to_size, to_size);
        }
      });
}

/// How an axis of the images (1: rows, 2: columns) is resized.
ResizedAxis resized_axis(const KernelContext& c,
                         const Shape& from,
                         const Shape& to,
                         int axis) {
  return ResizedAxis(from[axis],
                     to[axis],
                     c.attr<bool>("align_corners"),
                     c.op().find_attr("half_pixel_centers") >= 0 &&
                         c.attr<bool>("half_pixel_centers"));
}

/// The rows of an original that bilinear rows lie between, already resized
/// along the columns. Rows of the result follow one another, so one of the two
/// is mostly there from the row before.
class ResizedRows {
 public:
  ResizedRows(const FloatRows& source,
              const std::vector<Neighbours>& columns,
              std::int64_t from_size,
              std::int64_t channels)
      : source_(source),
        columns_(columns),
        channels_(channels),
        converted_(from_size) {
    for (Slot& slot : slots_)
      slot.values.resize(static_cast<std::int64_t>(columns.size()) * channels);
  }

  /// Row i; `other`, which is in use beside it, stays where it is.
  const float* row(std::int64_t i, std::int64_t other) {
    for (Slot& slot : slots_)
      if (slot.row == i) return slot.values.data();
    Slot& slot = slots_[0].row == other ? slots_[1] : slots_[0];
    slot.row = i;
    interpolate(source_.row(i, converted_.data()), slot.values.data());
    return slot.values.data();
  }

 private:
  struct Slot {
    std::int64_t row = -1;
    Eigen::ArrayXf values;
  };

  template <int Channels>
  void interpolate_channels(const float* row, float* to) const {
    const std::int64_t n = Channels > 0 ? Channels : channels_;
    for (const Neighbours& between : columns_) {
      const float* lower = row + between.lower * n;
      const float* upper = row + between.upper * n;
      for (std::int64_t c = 0; c < n; ++c)
        to[c] = lower[c] + (upper[c] - lower[c]) * between.fraction;
      to += n;
    }
  }

  void interpolate(const float* row, float* to) const {
    if (channels_ == 1) return interpolate_channels<1>(row, to);
    if (channels_ == 3) return interpolate_channels<3>(row, to);
    interpolate_channels<0>(row, to);
  }

  const FloatRows& source_;
  const std::vector<Neighbours>& columns_;
  std::int64_t channels_;
  Eigen::ArrayXf converted_;
  Slot slots_[2];
};

std::vector<Neighbours> all_neighbours(const ResizedAxis& axis) {
  std::vector<Neighbours> result;
  for (std::int64_t i = 0; i < axis.to; ++i)
    result.push_back(neighbours(axis, i));
  return result;
}

/// a + (b - a) * t, not a * (1 - t) + b * t: where pixels are equal, so is the
/// result, to the bit.
void resize_bilinear(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  if (to.num_elements() == 0) return;
  std::vector<Neighbours> rows = all_neighbours(resized_axis(c, from, to, 1));
  std::vector<Neighbours> columns =
      all_neighbours(resized_axis(c, from, to, 2));
  const std::int64_t channels = from[3], height = to[1];
  const std::int64_t from_size = from[2] * channels;
  const std::int64_t to_size = to[2] * channels;
  FloatRows source(c.input(0), from_size);
  auto* output = c.output().data<float>();
  parallel_for(
      to[0] * height,
      row_grain(to_size),
      [&](std::int64_t first, std::int64_t last) {
        ResizedRows resized(source, columns, from_size, channels);
        for (std::int64_t i = first; i < last; ++i) {
          const Neighbours& y = rows[static_cast<std::size_t>(i % height)];
          std::int64_t image = i / height * from[1];
          std::int64_t lower = image + y.lower, upper = image + y.upper;
          ConstRow top(resized.row(lower, upper), to_size);
          ConstRow bottom(resized.row(upper, lower), to_size);
          Row(output + i * to_size, to_size) =
              top + (bottom - top) * y.fraction;
        }
      });
}

void resize_bicubic(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  resample(c.input(0),
           bicubic_weights(resized_axis(c, from, to, 1)),
           bicubic_weights(resized_axis(c, from, to, 2)),
           1,
           c.output());
}

void resize_area(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  ResizedAxis rows = resized_axis(c, from, to, 1);
  ResizedAxis columns = resized_axis(c, from, to, 2);
  resample(c.input(0),
           area_weights(rows),
           area_weights(columns),
           1 / (rows.scale * columns.scale),
           c.output());
}

/// Inputs: gradients of the result, the original images.
template <AxisWeights (*Weights)(const ResizedAxis&)>
void resize_gradient(KernelContext& c) {
  const Shape &from = c.output().shape(), &to = c.input(0).shape();
  resample(c.input(0),
           transposed(Weights(resized_axis(c, from, to, 1))),
           transposed(Weights(resized_axis(c, from, to, 2))),
           1,
           c.output());
}

/// ScaleAndTranslate along an axis (1: rows, 2: columns), from `from` to `to`.
AxisWeights sampling_of(const KernelContext& c,
                        const Shape& from,
                        const Shape& to,
                        int axis) {
  int scale = c.op().input_index("scale");
  auto k = static_cast<std::size_t>(axis - 1);
  return sampling_weights({from[axis],
                           to[axis],
                           c.in<float>(scale)[k],
                           c.in<float>(scale + 1)[k],
                           c.attr<std::string>("kernel_type"),
                           c.attr<bool>("antialias")});
}

void scale_and_translate(KernelContext& c) {
  const Shape &from = c.input(0).shape(), &to = c.output().shape();
  resample(c.input(0),
           sampling_of(c, from, to, 1),
           sampling_of(c, from, to, 2),
           1,
           c.output());
}

void scale_and_translate_gradient(KernelContext& c) {
  const Shape &from = c.output().shape(), &to = c.input(0).shape();
  resample(c.input(0),
           transposed(sampling_of(c, from, to, 1)),
           transposed(sampling_of(c, from, to, 2)),
           1,
           c.output());
}

}  // namespace

void register_resize_kernels(KernelRegistry& registry) {
  for_each_real_type([&](auto tag) {
    DType dtype = dtype_of<typename decltype(tag)::type>;
    if (dtype == uint32 || dtype == uint64) return;  // no op allows them
    registry.add("ResizeBilinear", {{"T", dtype}}, resize_bilinear);
    registry.add("ResizeBicubic", {{"T", dtype}}, resize_bicubic);
    registry.add("ResizeArea", {{"T", dtype}}, resize_area);
    registry.add("ScaleAndTranslate", {{"T", dtype}}, scale_and_translate);
  });
  for (DType dtype : {float16, bfloat16, float32, float64})
    registry.add("ResizeBilinearGrad",
                 {{"T", dtype}},
                 resize_gradient<bilinear_weights>);
  for (DType dtype : {float32, float64})
    registry.add(
        "ResizeBicubicGrad", {{"T", dtype}}, resize_gradient<bicubic_weights>);
  registry.add(
      "ScaleAndTranslateGrad", {{"T", float32}}, scale_and_translate_gradient);
}

}  // namespace tern
