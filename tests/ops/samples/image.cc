#include "tern/ops/image.h"

#include "ops/harness/samples.h"
#include "ops/image/image_files.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

void add_resize_samples(Samples& samples) {
  const Sample::NamedAttrs centers[] = {
      {}, {{"align_corners", true}}, {{"half_pixel_centers", true}}};
  const Dims image = {1, 3, 4, 2};
  for (const Sample::NamedAttrs& attrs : centers) {
    for (const char* op :
         {"ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"})
      samples.of(op)
          .add({random(image), ints({5, 3})}, attrs, kOnlyFirstOrder)
          .add({random({2, 5, 2, 1}), ints({2, 3})}, attrs, kOnlyFirstOrder)
          .add({random({0, 2, 2, 3}), ints({2, 3})}, attrs, kOnlyFirstOrder);
    for (const char* op : {"ResizeBilinearGrad", "ResizeBicubicGrad"})
      samples.of(op).add(
          {random({1, 5, 3, 2}), random(image)}, attrs, kNoFiniteDifferences);
    samples.of("ResizeNearestNeighborGrad")
        .add({random({1, 5, 3, 2}), ints({3, 4})}, attrs, kNoFiniteDifferences);
    samples.of("QuantizedResizeBilinear")
        .add({random(image, 0, 100), ints({2, 7}), scalar(0), scalar(8)},
             attrs);
  }
  samples.of("ResizeArea")
      .add({random(image), ints({2, 3})}, kNoFiniteDifferences)
      .add({random(image), ints({5, 3})},
           {{"align_corners", true}},
           kNoFiniteDifferences);
  auto pair = [](double y, double x) { return values({y, x}); };
  for (const char* kernel : {"lanczos1",
                             "lanczos3",
                             "lanczos5",
                             "gaussian",
                             "box",
                             "triangle",
                             "keyscubic",
                             "mitchellcubic"}) {
    Sample::NamedAttrs attrs = {{"kernel_type", kernel}};
    samples.of("ScaleAndTranslate")
        .add({random(image), ints({2, 5}), pair(0.7, 1.3), pair(0.2, -0.4)},
             attrs,
             kOnlyFirstOrder);
    attrs.push_back({"antialias", false});
    samples.of("ScaleAndTranslate")
        .add({random(image), ints({4, 3}), pair(0.6, 1.3), pair(-1, 2)},
             attrs,
             kOnlyFirstOrder);
    samples.of("ScaleAndTranslateGrad")
        .add({random({1, 4, 3, 2}), random(image), pair(0.6, 1.3), pair(-1, 2)},
             attrs,
             kNoFiniteDifferences);
  }
}

void add_sampling_samples(Samples& samples) {
  // One box inside, one turned round, one partly outside.
  Input boxes = values({0.1,
                        0.2,
                        0.83,
                        0.9,  //
                        0.9,
                        0.15,
                        0.2,
                        0.8,
                        -0.31,
                        0.33,
                        0.77,
                        1.4},
                       Dims{3, 4});
  Input indices = ints({0, 1, 0});
  Input image = random({2, 4, 5, 2});
  samples.of("CropAndResize")
      .add({image, boxes, indices, ints({3, 2})},
           {{"extrapolation_value", 0.5f}},
           kOnlyFirstOrder)
      .add({image, held_constant(boxes), indices, ints({2, 4})},
           {{"method", "nearest"}},
           kOnlyFirstOrder)
      .add({image, boxes, indices, ints({1, 1})}, kOnlyFirstOrder)
      .add({image, random({0, 4}), ints({}), ints({2, 2})}, kOnlyFirstOrder);
  for (const char* method : {"bilinear", "nearest"})
    samples.of("CropAndResizeGradImage")
        .add({random({3, 3, 2, 2}), boxes, indices, ints({2, 4, 5, 2})},
             {{"method", method}},
             kNoFiniteDifferences);
  samples.of("CropAndResizeGradBoxes")
      .add({random({3, 3, 2, 2}), image, boxes, indices}, kNoFiniteDifferences);

  for (const char* op : {"ExtractGlimpse", "ExtractGlimpseV2"})
    for (bool centered : {true, false})
      for (bool normalized : {true, false}) {
        Sample::NamedAttrs attrs = {{"centered", centered},
                                    {"normalized", normalized},
                                    {"uniform_noise", false},
                                    {"noise", "zero"}};
        samples.of(op).add(
            {image, ints({2, 3}), values({0.1, 0.2, -0.6, 1.3}, Dims{2, 2})},
            attrs,
            kNoFiniteDifferences);
      }
  for (const char* noise : {"uniform", "gaussian"})
    samples.of("ExtractGlimpse")
        .add({image, ints({6, 6}), random({2, 2})},
             {{"uniform_noise", false}, {"noise", noise}},
             kRandomResult | kNoFiniteDifferences);

  // The gradient of a projection is one where pixels go to whole pixels.
  Input shift = held_constant(values({1, 0, 1, 0, 1, -1, 0, 0}, Dims{1, 8}));
  Input turn = held_constant(values({0.9,
                                     0.1,
                                     0.3,
                                     -0.1,
                                     1.1,
                                     0.2,
                                     0.01,
                                     0,  //
                                     1,
                                     0,
                                     0.5,
                                     0,
                                     1,
                                     0.25,
                                     0,
                                     0.02},
                                    Dims{2, 8}));
  for (const char* interpolation : {"NEAREST", "BILINEAR"})
    for (const char* fill_mode : {"CONSTANT", "REFLECT", "WRAP", "NEAREST"}) {
      Sample::NamedAttrs attrs = {{"interpolation", interpolation},
                                  {"fill_mode", fill_mode}};
      // Interpolated in float, whatever the dtype.
      bool exact = fill_mode == std::string_view("CONSTANT") &&
                   interpolation == std::string_view("NEAREST");
      samples.of("ImageProjectiveTransformV2")
          .add({image, shift, ints({4, 5})},
               attrs,
               exact ? 0u : kNoFiniteDifferences)
          .add({image, turn, ints({3, 6})}, attrs, kNoFiniteDifferences);
      samples.of("ImageProjectiveTransformV3")
          .add({image, turn, ints({3, 6}), scalar(2)},
               attrs,
               kNoFiniteDifferences);
    }
}

void add_colour_samples(Samples& samples) {
  // Each channel is the largest, the middle and the smallest once.
  Input colours = values({0.9,
                          0.2,
                          0.4,
                          0.8,
                          0.5,
                          0.1,  //
                          0.3,
                          0.7,
                          0.6,
                          0.4,
                          0.9,
                          0.2,  //
                          0.2,
                          0.5,
                          0.8,
                          0.6,
                          0.1,
                          0.7},
                         Dims{1, 2, 3, 3});
  Input ties = values({1,
                       1,
                       1,
                       0,
                       0,
                       0,
                       0.5,
                       0.5,
                       0,
                       0,
                       0.5,
                       0.5,  //
                       0.5,
                       0,
                       0.5,
                       0,
                       0,
                       1},
                      Dims{6, 3});
  samples.of("RGBToHSV")
      .add(colours)
      .add(ties, kNoFiniteDifferences)
      .add(random({0, 3}));
  samples.of("HSVToRGB")
      .add(colours, kNoFiniteDifferences)
      .add(ties, kNoFiniteDifferences)
      .add(random({2, 0, 3}));
  samples.of("AdjustContrastv2")
      .add({random({2, 3, 4, 2}), scalar(1.5)})
      .add({random({3, 2, 1}), scalar(0)})
      .add({random({0, 2, 3}), scalar(2)});
  samples.of("AdjustContrast")
      .add({random({2, 3, 4, 2}, 0, 100), scalar(1.5), scalar(5), scalar(90)});
  samples.of("AdjustHue")
      .add({colours, scalar(0.3)})
      .add({random({0, 2, 3}), scalar(2)});
  samples.of("AdjustSaturation")
      .add({colours, scalar(0.3)})
      .add({colours, scalar(7)});
}

void add_box_samples(Samples& samples) {
  Input boxes = values({0,
                        0,
                        1,
                        1,  //
                        0.1,
                        0.3,
                        0.6,
                        0.7,
                        0.2,
                        0.25,
                        0.7,
                        0.8,
                        0.5,
                        0.9,
                        0.1,
                        0.2},
                       Dims{4, 4});
  Input scores = values({0.3, 0.9, 0.75, 0.6});
  Input boxes_of_images = values({0.1,
                                  0.3,
                                  0.6,
                                  0.7,
                                  -0.5,
                                  0.5,
                                  0.4,
                                  1.5,  //
                                  0,
                                  0,
                                  1,
                                  1,
                                  0.9,
                                  0.9,
                                  0.1,
                                  0.1},
                                 Dims{2, 2, 4});
  for (const char* op : {"DrawBoundingBoxes", "DrawBoundingBoxesV2"})
    for (std::int64_t channels : {1, 3, 4}) {
      std::vector<Input> inputs = {random({2, 4, 5, channels}),
                                   boxes_of_images};
      if (op == std::string_view("DrawBoundingBoxesV2"))
        inputs.push_back(random({3, 4}, 0, 1));
      samples.of(op).add(inputs, kNoFiniteDifferences);
    }
  Input size = ints({3}, Dims{});
  auto suppression = [&](const char* op, std::vector<Input> thresholds) {
    std::vector<Input> inputs = {boxes, scores, size};
    std::vector<Input> none = {random({0, 4}), random({0}), size};
    inputs.insert(inputs.end(), thresholds.begin(), thresholds.end());
    none.insert(none.end(), thresholds.begin(), thresholds.end());
    samples.of(op)
        .add(inputs, kNoFiniteDifferences)
        .add(none, kNoFiniteDifferences);
    return inputs;
  };
  suppression("NonMaxSuppression", {});
  suppression("NonMaxSuppressionV2", {scalar(0.5)});
  suppression("NonMaxSuppressionV3", {scalar(0.5), scalar(0.4)});
  std::vector<Input> inputs =
      suppression("NonMaxSuppressionV4", {scalar(0.5), scalar(0.4)});
  samples.of("NonMaxSuppressionV4")
      .add(inputs, {{"pad_to_max_output_size", true}});
  inputs = suppression("NonMaxSuppressionV5",
                       {scalar(0.5), scalar(0.4), scalar(0.3)});
  samples.of("NonMaxSuppressionV5")
      .add(inputs, {{"pad_to_max_output_size", true}}, kNoFiniteDifferences);
  samples.of("NonMaxSuppressionWithOverlaps")
      .add({values({1, 0.9, 0, 0.9, 1, 0.2, 0, 0.2, 1}, Dims{3, 3}),
            values({0.5, 0.9, 0.4}),
            size,
            scalar(0.5),
            scalar(0.1)});
  std::vector<Input> combined = {random({2, 5, 1, 4}, 0, 1),
                                 random({2, 5, 3}, 0, 1),
                                 ints({2}, Dims{}),
                                 ints({8}, Dims{}),
                                 scalar(0.5),
                                 scalar(0.1)};
  samples.of("CombinedNonMaxSuppression")
      .add(combined)
      .add(combined, {{"pad_per_class", true}, {"clip_boxes", false}});
  Input image_size = ints({40, 50, 3});
  Input objects = values({0.1, 0.2, 0.8, 0.9}, Dims{1, 1, 4});
  Sample::NamedAttrs seeds = {{"seed", 3}, {"seed2", 5}};
  samples.of("SampleDistortedBoundingBox")
      .add({image_size, objects}, seeds, kRandomResult);
  samples.of("SampleDistortedBoundingBoxV2")
      .add({image_size, objects, scalar(0.3)}, seeds, kRandomResult);
  samples.of("StatelessSampleDistortedBoundingBox")
      .add({image_size, objects, scalar(0.3), ints({1, 2})})
      .add({image_size, random({1, 0, 4}), scalar(0.3), ints({1, 2})},
           {{"use_image_if_no_bounding_boxes", true}});
}

/// A file as an input of a decode op.
Input file(const std::string& contents) {
  return made([contents] { return Tensor(contents); });
}

void add_codec_samples(Samples& samples) {
  Input jpeg = made([] {
    return image::encode_jpeg(fill({10, 12, 3}, cast(77, uint8)));
  });
  Input png = made([] {
    return image::encode_png(fill({4, 3, 3}, cast(77, uint8)));
  });
  Input gif = file(gif_file(gif_frame() + gif_frame(1, 0)));
  Input bmp = file(bmp_file(1, 1, 32, "\1\2\3\4"));
  samples.of("DecodeJpeg")
      .add(jpeg)
      .add(jpeg, {{"channels", 1}, {"ratio", 2}})
      .add(png);
  samples.of("DecodeAndCropJpeg").add({jpeg, ints({1, 3, 5, 4})});
  samples.of("DecodePng").add(png).add(png, {{"channels", 4}});
  samples.of("DecodeGif").add(gif).add(png);
  samples.of("DecodeBmp").add(bmp).add(bmp, {{"channels", 3}});
  for (const Input& input : {jpeg, png, gif, bmp})
    for (DType dtype : {uint8, uint16, float32})
      samples.of("DecodeImage")
          .add(input, {{"dtype", dtype}})
          .add(input, {{"dtype", dtype}, {"expand_animations", false}});
  samples.of("ExtractJpegShape").add(jpeg);
  samples.of("EncodeJpeg")
      .add(random({4, 5, 3}, 0, 255))
      .add(random({4, 5, 1}, 0, 255), {{"progressive", true}});
  samples.of("EncodeJpegVariableQuality")
      .add({random({4, 5, 3}, 0, 255), ints({80}, Dims{})});
  samples.of("EncodePng")
      .add(random({4, 5, 3}, 0, 255))
      .add(random({2, 3, 4, 2}, 0, 255))
      .add(random({0, 3, 4, 2}, 0, 255));
}

}  // namespace

void add_image_samples(Samples& samples) {
  add_codec_samples(samples);
  add_colour_samples(samples);
  add_box_samples(samples);
  add_resize_samples(samples);
  add_sampling_samples(samples);
}

}  // namespace tern
