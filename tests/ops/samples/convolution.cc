#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Attrs = Sample::NamedAttrs;
using List = std::vector<std::int64_t>;

Attrs window(List strides, const char* padding, Attrs more = {}) {
  more.emplace_back("strides", strides);
  more.emplace_back("padding", padding);
  return more;
}

const List kUnit{1, 1, 1, 1};
const List kTwo{1, 2, 2, 1};

void add_planar(Samples& samples) {
  samples.of("Conv2D")
      .add({random({1, 3, 3, 2}), random({2, 2, 2, 2}, -1, 1)},
           window(kUnit, "VALID"))
      .add({random({2, 4, 3, 1}), random({3, 2, 1, 2}, -1, 1)},
           window(kTwo, "SAME"))
      .add({random({1, 2, 3, 3}), random({2, 2, 2, 1}, -1, 1)},
           window({1, 1, 1, 1}, "SAME", {{"data_format", "NCHW"}}))
      .add({random({1, 3, 3, 4}), random({2, 2, 2, 4}, -1, 1)},
           window(kUnit, "VALID"))
      .add({random({1, 4, 4, 1}), random({2, 2, 1, 1}, -1, 1)},
           window(kUnit, "VALID", {{"dilations", List{1, 2, 2, 1}}}))
      .add({random({1, 3, 3, 1}), random({2, 2, 1, 1}, -1, 1)},
           window(kUnit,
                  "EXPLICIT",
                  {{"explicit_paddings", List{0, 0, 1, 0, 0, 2, 0, 0}}}))
      .add({random({0, 3, 3, 2}), random({2, 2, 2, 2})}, window(kUnit, "VALID"))
      // Large enough for oneDNN, with parts of unequal sizes.
      .add({random({17, 9, 7, 8}, 0, 1), random({3, 3, 8, 16}, 0, 1)},
           window(kUnit, "SAME"),
           kNoFiniteDifferences)
      .add({random({1, 32, 9, 8}, 0, 1), random({3, 3, 8, 16}, 0, 1)},
           window(kTwo, "SAME"),
           kNoFiniteDifferences);
  samples.of("Conv")
      .add({random({1, 3, 3, 2}), random({2, 2, 2, 2}, -1, 1)},
           window(kUnit, "VALID"))
      .add({random({2, 1, 3, 3, 2}), random({2, 2, 1, 2}, -1, 1)},
           window(kUnit, "SAME", {{"batch_dims", 2}, {"groups", 2}}));

  for (const char* op : {"Conv2DBackpropInput", "Conv2DBackpropInputV2"}) {
    bool by_sizes = op[std::string_view(op).size() - 1] == 't';
    auto input = [&](List shape) {
      return by_sizes ? ints(shape) : random(shape);
    };
    samples.of(op)
        .add({input({1, 3, 3, 2}),
              random({2, 2, 2, 2}, -1, 1),
              random({1, 2, 2, 2})},
             window(kUnit, "VALID"))
        .add({input({1, 3, 3, 4}),
              random({2, 2, 2, 4}, -1, 1),
              random({1, 2, 2, 4})},
             window(kTwo, "SAME"))
        .add({input({1, 2, 3, 3}),
              random({2, 2, 2, 1}, -1, 1),
              random({1, 1, 3, 3})},
             window(kUnit, "SAME", {{"data_format", "NCHW"}}))
        .add({input({0, 3, 3, 2}), random({2, 2, 2, 2}), random({0, 2, 2, 2})},
             window(kUnit, "VALID"))
        .add({input({9, 9, 7, 16}),
              random({3, 3, 16, 16}, 0, 1),
              random({9, 9, 7, 16}, 0, 1)},
             window(kUnit, "SAME"),
             kNoFiniteDifferences);
  }
  for (const char* op : {"Conv2DBackpropFilter", "Conv2DBackpropFilterV2"}) {
    bool by_sizes = op[std::string_view(op).size() - 1] == 'r';
    auto filter = [&](List shape) {
      return by_sizes ? ints(shape) : random(shape);
    };
    samples.of(op)
        .add({random({1, 3, 3, 2}, -1, 1),
              filter({2, 2, 2, 2}),
              random({1, 2, 2, 2})},
             window(kUnit, "VALID"))
        .add({random({1, 3, 3, 4}, -1, 1),
              filter({2, 2, 2, 4}),
              random({1, 2, 2, 4})},
             window(kTwo, "SAME"))
        .add({random({0, 3, 3, 2}), filter({2, 2, 2, 2}), random({0, 2, 2, 2})},
             window(kUnit, "VALID"))
        .add({random({9, 9, 7, 16}, 0, 1),
              filter({3, 3, 16, 16}),
              random({9, 9, 7, 16}, 0, 1)},
             window(kUnit, "SAME"),
             kNoFiniteDifferences)
        .add({random({2, 3, 3, 64}, 0, 1),
              filter({3, 3, 64, 136}),
              random({2, 3, 3, 136}, 0, 1)},
             window(kUnit, "SAME"),
             kNoFiniteDifferences);
  }
}

void add_volumes(Samples& samples) {
  const List unit{1, 1, 1, 1, 1};
  samples.of("Conv3D")
      .add({random({1, 2, 3, 2, 1}), random({2, 2, 1, 1, 2}, -1, 1)},
           window(unit, "VALID"))
      .add({random({1, 1, 2, 2, 3}), random({2, 2, 2, 1, 1}, -1, 1)},
           window({1, 1, 2, 1, 1}, "SAME", {{"data_format", "NCDHW"}}));
  for (const char* op : {"Conv3DBackpropInput", "Conv3DBackpropInputV2"})
    samples.of(op).add(
        {op[std::string_view(op).size() - 1] == '2' ? ints({1, 2, 3, 2, 1})
                                                    : random({1, 2, 3, 2, 1}),
         random({2, 2, 1, 1, 2}, -1, 1),
         random({1, 1, 2, 2, 2})},
        window(unit, "VALID"));
  for (const char* op : {"Conv3DBackpropFilter", "Conv3DBackpropFilterV2"})
    samples.of(op).add(
        {random({1, 2, 3, 2, 1}),
         op[std::string_view(op).size() - 1] == '2' ? ints({2, 2, 1, 1, 2})
                                                    : random({2, 2, 1, 1, 2}),
         random({1, 1, 2, 2, 2})},
        window(unit, "VALID"));
}

void add_reflected(Samples& samples) {
  Input paddings = ints({0, 0, 1, 1, 0, 2, 0, 0}, List{4, 2});
  Attrs attrs = window(kTwo, "VALID", {{"mode", "REFLECT"}});
  samples.of("FusedPadConv2D")
      .add({random({2, 3, 4, 2}), paddings, random({2, 2, 2, 3}, -1, 1)},
           attrs,
           kNoFiniteDifferences);
  samples.of("FusedResizeAndPadConv2D")
      .add({random({2, 3, 4, 2}),
            ints({4, 5}),
            paddings,
            random({2, 2, 2, 3}, -1, 1)},
           attrs,
           kNoFiniteDifferences);
}

void add_depthwise(Samples& samples) {
  samples.of("DepthwiseConv2dNative")
      .add({random({1, 3, 3, 2}), random({2, 2, 2, 1}, -1, 1)},
           window(kUnit, "VALID"))
      .add({random({2, 3, 4, 2}), random({2, 3, 2, 2}, -1, 1)},
           window(kTwo, "SAME"))
      .add({random({1, 2, 3, 3}), random({2, 2, 2, 1}, -1, 1)},
           window(kUnit, "SAME", {{"data_format", "NCHW"}}))
      .add({random({1, 3, 3, 1}), random({2, 2, 1, 1}, -1, 1)},
           window(kUnit,
                  "EXPLICIT",
                  {{"explicit_paddings", List{0, 0, 1, 0, 0, 2, 0, 0}}}))
      .add({random({3, 12, 11, 96}, 0, 1), random({3, 3, 96, 1}, 0, 1)},
           window(kUnit, "SAME"),
           kNoFiniteDifferences);
  samples.of("DepthwiseConv2dNativeBackpropInput")
      .add({ints({1, 3, 3, 2}),
            random({2, 2, 2, 2}, -1, 1),
            random({1, 2, 2, 4})},
           window(kTwo, "SAME"))
      .add({ints({1, 3, 3, 1}),
            random({2, 2, 1, 1}, -1, 1),
            random({1, 2, 2, 1})},
           window(kUnit, "VALID"));
  samples.of("DepthwiseConv2dNativeBackpropFilter")
      .add({random({1, 3, 3, 2}, -1, 1),
            ints({2, 2, 2, 2}),
            random({1, 2, 2, 4})},
           window(kTwo, "SAME"))
      .add({random({3, 12, 11, 96}, 0, 1),
            ints({3, 3, 96, 1}),
            random({3, 12, 11, 96}, 0, 1)},
           window(kUnit, "SAME"),
           kNoFiniteDifferences);
}

void add_dilation(Samples& samples) {
  auto attrs = window(kUnit, "VALID", {{"rates", List{1, 1, 2, 1}}});
  Input image = random({1, 3, 4, 2}), filter = random({2, 2, 2}, -1, 1);
  samples.of("Dilation2D")
      .add({image, filter}, attrs, kOnlyFirstOrder)
      .add({image, filter},
           window(kTwo, "SAME", {{"rates", kUnit}}),
           kOnlyFirstOrder);
  for (const char* op : {"Dilation2DBackpropInput", "Dilation2DBackpropFilter"})
    samples.of(op).add(
        {image, filter, random({1, 2, 2, 2})}, attrs, kNoFiniteDifferences);
}

}  // namespace

void add_convolution_samples(Samples& samples) {
  add_planar(samples);
  add_volumes(samples);
  add_reflected(samples);
  add_depthwise(samples);
  add_dilation(samples);
}

}  // namespace tern
