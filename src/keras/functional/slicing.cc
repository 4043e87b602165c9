#include "keras/functional/slicing.h"

#include <array>

#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

constexpr std::array kMasks = {"begin_mask",
                               "end_mask",
                               "ellipsis_mask",
                               "new_axis_mask",
                               "shrink_axis_mask"};
enum Mask { kBegin, kEnd, kEllipsis, kNewAxis, kShrink };

using Masks = std::array<std::int64_t, kMasks.size()>;

std::vector<std::int64_t> integers_of(const Tensor& tensor) {
  if (!tensor.defined())
    throw UnimplementedError(
        "a model with an index that is a Keras tensor cannot be saved");
  Tensor wide = cast(tensor, int64);
  auto values = wide.values<std::int64_t>();
  return {values.begin(), values.end()};
}

}  // namespace

Config slice_spec(const OpDef& op,
                  const Tensors& operands,
                  const Attrs& attrs) {
  Masks masks{};
  for (std::size_t i = 0; i < kMasks.size(); ++i) {
    auto attr = static_cast<std::size_t>(op.attr_index(kMasks[i]));
    const AttrValue& value = attr < attrs.size() && attrs[attr].is_set()
                                 ? attrs[attr]
                                 : op.attrs[attr].default_value;
    masks[i] = value.get<std::int64_t>();
  }
  auto begin = integers_of(operands.at(1)), end = integers_of(operands.at(2)),
       strides = integers_of(operands.at(3));
  Config spec = Config::list();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    auto has = [&](Mask mask) { return (masks[mask] >> i & 1) != 0; };
    if (has(kEllipsis))
      spec.push_back(Config::object({{"class_name", "__ellipsis__"}}));
    else if (has(kNewAxis))
      spec.push_back({});
    else if (has(kShrink))
      spec.push_back(begin[i]);
    else
      spec.push_back(Config::object(
          {{"start", has(kBegin) ? Config() : Config(begin[i])},
           {"stop", has(kEnd) ? Config() : Config(end[i])},
           {"step", strides[i] == 1 ? Config() : Config(strides[i])}}));
  }
  return spec;
}

Tensors slice_operands(const OpDef& op, const Config& spec, Attrs& attrs) {
  Masks masks{};
  std::vector<std::int32_t> begin, end, strides;
  const std::vector<Config> items =
      spec.is_list() ? spec.items() : std::vector<Config>{spec};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Config& item = items[i];
    std::int32_t first = 0, after = 0, step = 1;
    auto mark = [&](Mask mask) { masks[mask] |= std::int64_t{1} << i; };
    auto bound = [&](const char* key, Mask mask, std::int32_t& value) {
      const Config* given = item.find(key);
      if (given && !given->is_null())
        value = given->get<std::int32_t>();
      else
        mark(mask);
    };
    if (item.is_null()) {
      mark(kNewAxis);
    } else if (item.is_number()) {
      mark(kShrink);
      first = item.get<std::int32_t>();
      after = first + 1;
    } else if (item.contains("class_name")) {
      mark(kEllipsis);
    } else {
      bound("start", kBegin, first);
      bound("stop", kEnd, after);
      step = item.get("step", 1);
    }
    begin.push_back(first);
    end.push_back(after);
    strides.push_back(step);
  }
  for (std::size_t i = 0; i < kMasks.size(); ++i)
    attrs[static_cast<std::size_t>(op.attr_index(kMasks[i]))] = masks[i];
  return {Tensor(begin), Tensor(end), Tensor(strides)};
}

}  // namespace tern::keras
