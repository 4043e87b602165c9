#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Attrs = Sample::NamedAttrs;
using List = std::vector<std::int64_t>;

Attrs window(List ksize, List strides, const char* padding, Attrs more = {}) {
  more.emplace_back("ksize", ksize);
  more.emplace_back("strides", strides);
  more.emplace_back("padding", padding);
  return more;
}

const List kUnit{1, 1, 1, 1};
const List kTwo{1, 2, 2, 1};
const List kThree{1, 3, 2, 1};

void add_planar(Samples& samples) {
  Attrs same = window(kThree, kTwo, "SAME");
  Attrs planar =
      window({1, 1, 2, 2}, kUnit, "VALID", {{"data_format", "NCHW"}});
  samples.of("MaxPool")
      .add(random({1, 3, 3, 2}), window(kTwo, kUnit, "VALID"))
      .add(random({2, 4, 3, 1}), same)
      .add(random({1, 2, 3, 3}), planar)
      .add(random({1, 2, 2, 4}), window({1, 1, 1, 2}, {1, 1, 1, 2}, "SAME"))
      .add(random({1, 3, 3, 1}),
           window(kTwo,
                  kTwo,
                  "EXPLICIT",
                  {{"explicit_paddings", List{0, 0, 1, 0, 0, 1, 0, 0}}}),
           kOnlyFirstOrder)
      .add(random({0, 3, 3, 2}), window(kTwo, kUnit, "VALID"))
      .add(random({3, 17, 16, 70}), same, kNoFiniteDifferences);
  samples.of("AvgPool")
      .add(random({1, 3, 3, 2}), window(kTwo, kUnit, "VALID"))
      .add(random({2, 4, 3, 1}), same)
      .add(random({1, 2, 3, 3}), planar)
      .add(random({0, 3, 3, 2}), window(kTwo, kUnit, "VALID"))
      .add(random({3, 17, 16, 70}), same, kNoFiniteDifferences);
  samples.of("AvgPoolGrad")
      .add({ints({2, 4, 3, 1}), random({2, 2, 2, 1})}, same)
      .add({ints({1, 2, 3, 3}), random({1, 2, 2, 2})}, planar);
  // Second derivatives of MaxPool check these where the output is the input's.
  Input image = random({2, 4, 3, 1}), output = random({2, 2, 2, 1});
  samples.of("MaxPoolGrad")
      .add({image, output, random({2, 2, 2, 1})}, same, kNoFiniteDifferences);
  samples.of("MaxPoolGradGrad")
      .add({image, output, random({2, 4, 3, 1})}, same, kNoFiniteDifferences);

  auto sizes = [](List list) { return ints(std::move(list)); };
  Attrs padding = {{"padding", "SAME"}};
  samples.of("MaxPoolV2")
      .add({random({2, 4, 3, 1}), sizes(kThree), sizes(kTwo)}, padding);
  samples.of("MaxPoolGradV2")
      .add({image, output, random({2, 2, 2, 1}), sizes(kThree), sizes(kTwo)},
           padding,
           kNoFiniteDifferences);
  samples.of("MaxPoolGradGradV2")
      .add({image, output, random({2, 4, 3, 1}), sizes(kThree), sizes(kTwo)},
           padding,
           kNoFiniteDifferences);

  Input argmax = made([] {
    return Tensor(std::vector<std::int64_t>{0, 2, 6, 8, 0, 2, 6, 8},
                  Shape{2, 2, 2, 1});
  });
  samples.of("MaxPoolWithArgmax")
      .add(random({2, 4, 3, 1}), same, kOnlyFirstOutput | kOnlyFirstOrder)
      .add(random({2, 4, 3, 3}),
           window(kTwo, kTwo, "VALID", {{"include_batch_in_index", true}}),
           kOnlyFirstOutput | kOnlyFirstOrder);
  Attrs by_int64 = window(kThree, kTwo, "SAME", {{"Targmax", int64}});
  samples.of("MaxPoolGradWithArgmax")
      .add({image, random({2, 2, 2, 1}), argmax},
           by_int64,
           kNoFiniteDifferences);
  samples.of("MaxPoolGradGradWithArgmax")
      .add({image, random({2, 4, 3, 1}), argmax},
           by_int64,
           kNoFiniteDifferences);
}

void add_volumes(Samples& samples) {
  Attrs attrs = window({1, 2, 2, 1, 1}, {1, 1, 2, 1, 1}, "SAME");
  Input volume = random({1, 2, 3, 2, 2});
  samples.of("MaxPool3D").add(volume, attrs, kNoFiniteDifferences);
  samples.of("AvgPool3D")
      .add(volume, attrs)
      .add(random({1, 1, 2, 2, 3}),
           window({1, 1, 2, 1, 2},
                  {1, 1, 1, 1, 1},
                  "VALID",
                  {{"data_format", "NCDHW"}}));
  samples.of("AvgPool3DGrad")
      .add({ints({1, 2, 3, 2, 2}), random({1, 2, 2, 2, 2})}, attrs);
  samples.of("MaxPool3DGrad")
      .add({volume, random({1, 2, 2, 2, 2}), random({1, 2, 2, 2, 2})},
           attrs,
           kNoFiniteDifferences);
  samples.of("MaxPool3DGradGrad")
      .add({volume, random({1, 2, 2, 2, 2}), volume},
           attrs,
           kNoFiniteDifferences);
}

/// Sequences that leave regions of one, two and three.
void add_fractional(Samples& samples) {
  Attrs ratio = {{"pooling_ratio", std::vector<float>{1, 1.5f, 2.3f, 1}},
                 {"deterministic", true},
                 {"seed", 7},
                 {"seed2", 9}};
  for (const char* op : {"FractionalMaxPool", "FractionalAvgPool"})
    samples.of(op).add(
        random({2, 5, 7, 2}), ratio, kOnlyFirstOutput | kOnlyFirstOrder);
  Input rows = made([] {
    return Tensor(std::vector<std::int64_t>{0, 1, 3, 6});
  });
  samples.of("FractionalMaxPoolGrad")
      .add({random({1, 6, 6, 2}),
            random({1, 3, 3, 2}),
            random({1, 3, 3, 2}),
            rows,
            rows},
           {{"overlapping", true}},
           kNoFiniteDifferences);
  samples.of("FractionalAvgPoolGrad")
      .add({made([] {
              return Tensor(std::vector<std::int64_t>{1, 6, 6, 2});
            }),
            random({1, 3, 3, 2}),
            rows,
            rows},
           kNoFiniteDifferences);
}

void add_normalization(Samples& samples) {
  Attrs attrs = {{"depth_radius", 1}, {"alpha", 0.3f}, {"beta", 0.7f}};
  Input image = random({1, 2, 2, 4});
  samples.of("LRN").add(image, attrs, kNoFiniteDifferences);
  samples.of("LRNGrad").add({image, image, image}, attrs, kNoFiniteDifferences);
  Attrs batch = {{"variance_epsilon", 0.1f},
                 {"scale_after_normalization", true}};
  std::vector<Input> moments = {
      random({1, 2, 2, 3}), random({3}), random({3}, 1, 2)};
  std::vector<Input> forward = moments, gradient = moments;
  forward.push_back(random({3}));
  forward.push_back(random({3}));
  gradient.push_back(random({3}));
  gradient.push_back(random({1, 2, 2, 3}));
  samples.of("BatchNormWithGlobalNormalization")
      .add(forward, batch, kOnlyFirstOrder);
  samples.of("BatchNormWithGlobalNormalizationGrad")
      .add(gradient, batch, kNoFiniteDifferences);
}

void add_movement(Samples& samples) {
  Attrs patches = {{"ksizes", kTwo},
                   {"strides", List{1, 1, 2, 1}},
                   {"rates", List{1, 2, 1, 1}},
                   {"padding", "SAME"}};
  samples.of("ExtractImagePatches").add(random({2, 3, 4, 2}), patches);
  samples.of("ExtractVolumePatches")
      .add(random({2, 2, 3, 2, 1}),
           {{"ksizes", List{1, 2, 2, 1, 1}},
            {"strides", List{1, 1, 2, 1, 1}},
            {"padding", "SAME"}});
  samples.of("SpaceToBatch")
      .add({random({1, 3, 4, 2}), ints({1, 0, 0, 0}, List{2, 2})},
           {{"block_size", 2}});
  samples.of("BatchToSpace")
      .add({random({4, 2, 2, 2}), ints({1, 0, 0, 0}, List{2, 2})},
           {{"block_size", 2}});
  samples.of("DataFormatDimMap").add(ints({0, 3, -1}));
  samples.of("DataFormatVecPermute")
      .add(ints({1, 2, 3, 4}))
      .add(ints({1, 2}))
      .add(ints({1, 2, 3, 4, 5, 6, 7, 8}, List{4, 2}));
  samples.of("ParallelConcat")
      .add({random({1, 3}), random({1, 3})}, {{"shape", Shape{2, 3}}});
}

}  // namespace

void add_pooling_samples(Samples& samples) {
  add_planar(samples);
  add_volumes(samples);
  add_fractional(samples);
  add_normalization(samples);
  add_movement(samples);
}

}  // namespace tern
