#pragma once

#include <cstdint>
#include <string>

#include "ops/kernel.h"

namespace tern {

/// A tensor with channels seen as [outer, channels, inner], by the op's
/// data_format; inner is 1 where the channels are last.
struct ChannelLayout {
  std::int64_t outer = 1, channels = 1, inner = 1;

  ChannelLayout(const KernelContext& context, const Shape& shape) {
    bool first = context.op().find_attr("data_format") >= 0 &&
                 context.attr<std::string>("data_format")[1] == 'C';
    int axis = first ? 1 : shape.rank() - 1;
    channels = shape[axis];
    outer = shape.slice(0, axis).num_elements();
    inner = shape.slice(axis + 1).num_elements();
  }
};

}  // namespace tern
