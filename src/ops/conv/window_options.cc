#include "ops/conv/window_options.h"

#include "kernels/common/sliding_window.h"
#include "tern/core/error.h"

namespace tern {

bool has_channels_first(const std::string& data_format, int spatial) {
  if (data_format.empty()) return false;
  std::string space =
      std::string("DHW").substr(static_cast<std::size_t>(3 - spatial));
  if (data_format == "N" + space + "C") return false;
  if (data_format == "NC" + space) return true;
  throw InvalidArgumentError("`data_format` must be N",
                             space,
                             "C or NC",
                             space,
                             ". Received: data_format=",
                             data_format);
}

std::string op_data_format(int spatial, bool channels_first) {
  std::string space = spatial == 3 ? "DHW" : "HW";
  return channels_first ? "NC" + space : "N" + space + "C";
}

std::vector<std::int64_t> window_list(const Ints& given,
                                      int spatial,
                                      bool channels_first,
                                      const char* what) {
  auto count = static_cast<std::size_t>(spatial);
  std::vector<std::int64_t> values = given.values();
  if (!given.is_given()) values = {1};
  if (values.size() == count + 2) return values;
  if (values.size() == 1) values.assign(count, values[0]);
  if (values.size() != count)
    throw InvalidArgumentError(what,
                               " should be of length 1, ",
                               count,
                               " or ",
                               count + 2,
                               " but was ",
                               values.size());
  values.insert(values.begin(), channels_first ? 2 : 1, 1);
  if (!channels_first) values.push_back(1);
  return values;
}

int spatial_rank(const Tensor& image) {
  if (!image.shape().has_rank() || image.shape().rank() < 3)
    throw InvalidArgumentError(
        "an image must have at least 3 dimensions, [batch, spatial…, "
        "channels], got shape ",
        image.shape().debug_string());
  return image.shape().rank() - 2;
}

}  // namespace tern
