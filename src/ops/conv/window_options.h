#pragma once

#include <string>
#include <vector>

#include "tern/ops/convolution.h"

// What the public functions of convolutions and poolings share.

namespace tern {

/// Whether a data format names channels second; "" is the default, last.
/// Throws InvalidArgumentError for what is neither, given the number of
/// spatial dimensions.
bool has_channels_first(const std::string& data_format, int spatial);

/// The op's name of the format.
std::string op_data_format(int spatial, bool channels_first);

/// One number, one a spatial dimension or one a dimension, to the last form.
std::vector<std::int64_t> window_list(const Ints& given,
                                      int spatial,
                                      bool channels_first,
                                      const char* what);

/// The spatial dimensions of an image whose shape has a rank.
int spatial_rank(const Tensor& image);

}  // namespace tern
