#pragma once

#include <string>

#include "tern/core/tensor.h"
#include "tern/ops/convolution.h"
#include "tern/ops/options.h"

namespace tern::nn {

/// Where the channels stand: see ConvOptions.
struct PoolOptions {
  std::string data_format = {};
};

// Pooling over images [batch, spatial…, channels]. Window sizes and strides are
// one number, one a spatial dimension, or one a dimension. Max pooling takes
// any real dtype in two dimensions, float16, bfloat16 and float32 in three;
// averages take floats, and leave padding out of the count. All throw
// InvalidArgumentError where sizes do not fit.

Tensor max_pool1d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
/// `nn::max_pool2d(images, 2, 2, "VALID")`
Tensor max_pool2d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
Tensor max_pool3d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
/// In as many dimensions as the input has.
Tensor max_pool(const Tensor& input,
                const Ints& ksize,
                const Ints& strides,
                const Padding& padding,
                PoolOptions options = {});

Tensor avg_pool1d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
Tensor avg_pool2d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
Tensor avg_pool3d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options = {});
Tensor avg_pool(const Tensor& input,
                const Ints& ksize,
                const Ints& strides,
                const Padding& padding,
                PoolOptions options = {});

/// pooling_type is "MAX" or "AVG".
Tensor pool(const Tensor& input,
            const Ints& window_shape,
            const std::string& pooling_type,
            const Ints& strides = 1,
            const Padding& padding = "VALID",
            PoolOptions options = {});

struct ArgmaxOptions {
  DType output_dtype = int64;
  bool include_batch_in_index = false;
};
struct MaxPoolWithArgmax {
  Tensor output;
  Tensor argmax;  ///< ((image · height + y) · width + x) · channels + channel
};
/// Max pooling in two dimensions, channels last, with the places of the maxima;
/// they count within an image unless include_batch_in_index says otherwise.
MaxPoolWithArgmax max_pool_with_argmax(const Tensor& input,
                                       const Ints& ksize,
                                       const Ints& strides,
                                       const Padding& padding,
                                       ArgmaxOptions options = {});

struct FractionalPoolOptions {
  bool pseudo_random = false;
  bool overlapping = false;
  std::int64_t seed = 0;  ///< 0: other regions at each call
};
struct FractionalPool {
  Tensor output;
  Tensor row_pooling_sequence;  ///< int64: where regions begin
  Tensor col_pooling_sequence;
};
/// Pooling over random regions, whose number is the size divided by
/// `pooling_ratio` >= 1: one number, [rows, columns] or [1, rows, columns, 1].
FractionalPool fractional_max_pool(const Tensor& value,
                                   const std::vector<double>& pooling_ratio,
                                   FractionalPoolOptions options = {});
FractionalPool fractional_avg_pool(const Tensor& value,
                                   const std::vector<double>& pooling_ratio,
                                   FractionalPoolOptions options = {});

struct LocalResponseOptions {
  std::int64_t depth_radius = 5;
  double bias = 1;
  double alpha = 1;
  double beta = 0.5;
};
/// input / (bias + alpha · sum of squares over the channels around)^beta, for
/// input [batch, height, width, channels].
Tensor local_response_normalization(const Tensor& input,
                                    LocalResponseOptions options = {});
Tensor lrn(const Tensor& input, LocalResponseOptions options = {});

/// Blocks of block_size x block_size pixels become the depth of one pixel.
Tensor space_to_depth(const Tensor& input,
                      std::int64_t block_size,
                      PoolOptions options = {});
/// The way back.
Tensor depth_to_space(const Tensor& input,
                      std::int64_t block_size,
                      PoolOptions options = {});

}  // namespace tern::nn

namespace tern {

/// Pads the spatial dimensions of `input` by `paddings` [M, 2] and moves the
/// positions within blocks of `block_shape` [M] to the batch.
Tensor space_to_batch(const Tensor& input,
                      const Ints& block_shape,
                      const Tensor& paddings);
/// The way back; `crops` [M, 2] are what is cut off.
Tensor batch_to_space(const Tensor& input,
                      const Ints& block_shape,
                      const Tensor& crops);

namespace image {
/// Windows of `images` [batch, height, width, depth] with their pixels along
/// the depth. sizes, strides and rates are [1, y, x, 1] or less.
Tensor extract_patches(const Tensor& images,
                       const Ints& sizes,
                       const Ints& strides,
                       const Ints& rates,
                       const std::string& padding);
}  // namespace image

/// The same in three dimensions, without rates.
Tensor extract_volume_patches(const Tensor& input,
                              const Ints& ksizes,
                              const Ints& strides,
                              const std::string& padding);

}  // namespace tern
