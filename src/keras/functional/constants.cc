#include "keras/functional/constants.h"

#include <span>
#include <vector>

#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

Config nested(std::span<const double> values, Shape shape, DType dtype) {
  if (shape.rank() == 0) {
    if (dtype == bool_) return values[0] != 0;
    if (dtype.is_integer()) return static_cast<std::int64_t>(values[0]);
    return values[0];
  }
  Config list = Config::list();
  auto count = static_cast<std::size_t>(shape[0]);
  std::size_t step = count == 0 ? 0 : values.size() / count;
  for (std::size_t i = 0; i < count; ++i)
    list.push_back(
        nested(values.subspan(i * step, step), shape.slice(1), dtype));
  return list;
}

/// Appends the numbers of nested lists; the shape is that of the first ones.
void collect(const Config& config,
             int depth,
             std::vector<double>& values,
             Shape& shape,
             bool& integers) {
  if (!config.is_list()) {
    integers = integers && config.kind() == Config::Kind::kInteger;
    values.push_back(config.get<double>());
    return;
  }
  if (depth == shape.rank())
    shape.append(static_cast<std::int64_t>(config.items().size()));
  for (const Config& item : config.items())
    collect(item, depth + 1, values, shape, integers);
}

}  // namespace

Config config_of_constant(const Tensor& tensor) {
  if (!tensor.dtype().is_floating() && !tensor.dtype().is_integer() &&
      !(tensor.dtype() == bool_))
    throw UnimplementedError("a constant of dtype ",
                             tensor.dtype().name(),
                             " between Keras tensors cannot be saved");
  Tensor wide = cast(tensor, float64);
  return nested(wide.values<double>(), tensor.shape(), tensor.dtype());
}

Tensor constant_of_config(const Config& config) {
  if (config.kind() == Config::Kind::kBool) return config.get<bool>();
  if (config.kind() == Config::Kind::kInteger)
    return Tensor(config.get<std::int32_t>());
  if (config.is_number()) return Tensor(config.get<double>());
  std::vector<double> values;
  Shape shape;
  bool integers = true;
  collect(config, 0, values, shape, integers);
  Tensor wide(values, shape);
  return cast(wide, integers ? int32 : float32);
}

}  // namespace tern::keras
