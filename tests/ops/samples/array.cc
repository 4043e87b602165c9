#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

void add_shape_samples(Samples& samples) {
  for (const char* op : {"Shape", "Size", "Rank"})
    samples.of(op).add(random({2, 3})).add(random({})).add(random({0, 4}));
  samples.of("Shape").add(random({2, 3}), {{"out_type", int64}});
  samples.of("ShapeN").add({random({2, 3}), random({4})}).add(random({}));
  samples.of("Reshape")
      .add({random({2, 3}), ints({3, 2})})
      .add({random({2, 3}), ints({-1})})
      .add({random({1}), ints({})})
      .add({random({0, 3}), ints({3, 0})});
  samples.of("ExpandDims")
      .add({random({2, 3}), axis(1)})
      .add({random({2, 3}), axis(-1)})
      .add({random({}), axis(0)});
  samples.of("Squeeze")
      .add(random({1, 3, 1}))
      .add(random({1, 3, 1}),
           {{"squeeze_dims", std::vector<std::int64_t>{-1}}});
  samples.of("EnsureShape")
      .add(random({2, 3}), {{"shape", Shape({-1, 3})}})
      .add(random({2}), {{"shape", Shape::unknown()}});
  samples.of("BroadcastArgs")
      .add({ints({2, 1}), ints({3})})
      .add({ints({}), ints({2})});
  samples.of("BroadcastGradientArgs")
      .add({ints({2, 1}), ints({3})})
      .add({ints({}), ints({2, 2})});
  samples.of("ConcatOffset")
      .add({axis(1), ints({2, 3}), ints({2, 5})})
      .add({axis(0), ints({2}), ints({4}), ints({1})});
}

void add_layout_samples(Samples& samples) {
  for (const char* op : {"Transpose", "ConjugateTranspose"})
    samples.of(op)
        .add({random({2, 3}), ints({1, 0})})
        .add({random({2, 3, 2}), ints({2, 0, 1})})
        .add({random({}), ints({})})
        .add({random({0, 3}), ints({1, 0})})
        .add({random({19, 21}), ints({1, 0})}, kNoFiniteDifferences);
  samples.of("InvertPermutation").add(ints({2, 0, 1})).add(ints({}));
  samples.of("Pack")
      .add({random({2, 3}), random({2, 3}, 3, 4)})
      .add({random({2}), random({2}, 3, 4)}, {{"axis", 1}})
      .add({random({}), random({}), random({})})
      .add({random({0})}, {{"axis", -1}});
  samples.of("Unpack")
      .add(random({2, 3}), {{"num", 2}})
      .add(random({2, 3}), {{"num", 3}, {"axis", -1}});
  samples.of("Concat").add({axis(0), random({2, 3}), random({1, 3}, 3, 4)});
  samples.of("ConcatV2")
      .add({random({2, 3}), random({1, 3}, 3, 4), axis(0)})
      .add({random({2, 1}), random({2, 2}, 3, 4), axis(-1)})
      .add({random({2, 0}), random({2, 2}, 3, 4), axis(1)});
  samples.of("Split")
      .add({axis(1), random({2, 4})}, {{"num_split", 2}})
      .add({axis(0), random({3})}, {{"num_split", 3}});
  samples.of("SplitV")
      .add({random({2, 5}), ints({2, 3}), axis(1)}, {{"num_split", 2}})
      .add({random({4}), ints({1, -1, 0}), axis(0)}, {{"num_split", 3}});
  samples.of("Tile")
      .add({random({2, 3}), ints({2, 1})})
      .add({random({2}), ints({3})})
      .add({random({2}), ints({0})})
      .add({random({}), ints({})});
  samples.of("BroadcastTo")
      .add({random({3}), ints({2, 3})})
      .add({random({}), ints({2, 2})})
      .add({random({2, 1}), ints({2, 0})});
  samples.of("Reverse").add({random({2, 3}), bools({true, false}, {2})});
  samples.of("ReverseV2")
      .add({random({2, 3}), ints({1})})
      .add({random({2, 3}), ints({0, -1})})
      .add({random({2}), ints({})});
}

void add_slice_samples(Samples& samples) {
  samples.of("Slice")
      .add({random({3, 4}), ints({1, 0}), ints({2, -1})})
      .add({random({3}), ints({3}), ints({0})});
  auto bounds = [](std::vector<Input> front, std::vector<Input> back = {}) {
    for (Input part : {ints({2, 0}), ints({0, 3}), ints({-1, 2})})
      front.push_back(part);
    front.insert(front.end(), back.begin(), back.end());
    return front;
  };
  samples.of("StridedSlice")
      .add(bounds({random({3, 4})}))
      .add(bounds({random({3, 4})}), {{"begin_mask", 3}, {"end_mask", 1}})
      .add({random({3, 4}), ints({1}), ints({2}), ints({1})},
           {{"shrink_axis_mask", 1}})
      .add({random({2, 3, 2}),
            ints({0, 0, 0}),
            ints({0, 0, 1}),
            ints({1, 1, 1})},
           {{"ellipsis_mask", 1}, {"new_axis_mask", 2}})
      .add({random({3}), ints({2}), ints({1}), ints({1})});
  samples.of("StridedSliceGrad")
      .add(bounds({ints({3, 4})}, {random({2, 2})}))
      .add({ints({4}), ints({1}), ints({3}), ints({1}), random({2})});
  samples.of("TensorStridedSliceUpdate")
      .add(bounds({random({3, 4})}, {random({2, 2}, 3, 4)}));
}

void add_padding_samples(Samples& samples) {
  Input edges = ints({1, 2, 0, 1}, std::vector<std::int64_t>{2, 2});
  Input small = ints({1, 0, 0, 1}, std::vector<std::int64_t>{2, 2});
  samples.of("Pad").add({random({2, 3}), edges}).add({random({0, 3}), edges});
  // TensorFlow gives the padding value no gradient.
  samples.of("PadV2").add({random({2, 3}), edges, scalar(4)},
                          kNoFiniteDifferences);
  for (const char* mode : {"REFLECT", "SYMMETRIC"}) {
    samples.of("MirrorPad").add({random({2, 3}), small}, {{"mode", mode}});
    samples.of("MirrorPadGrad").add({random({3, 4}), small}, {{"mode", mode}});
  }
}

void add_space_batch_samples(Samples& samples) {
  using Dims = std::vector<std::int64_t>;
  samples.of("DepthToSpace")
      .add(random({1, 2, 1, 8}), {{"block_size", 2}})
      .add(random({1, 8, 2, 1}), {{"block_size", 2}, {"data_format", "NCHW"}})
      .add(random({0, 2, 1, 4}), {{"block_size", 2}});
  samples.of("SpaceToDepth")
      .add(random({1, 4, 2, 2}), {{"block_size", 2}})
      .add(random({1, 2, 4, 2}), {{"block_size", 2}, {"data_format", "NCHW"}})
      .add(random({0, 2, 2, 1}), {{"block_size", 2}});
  samples.of("SpaceToBatchND")
      .add({random({1, 4, 2, 1}), ints({2, 2}), ints({0, 0, 1, 1}, Dims{2, 2})})
      .add({random({2, 3, 2}), ints({2}), ints({1, 0}, Dims{1, 2})})
      .add({random({0, 2}), ints({2}), ints({0, 0}, Dims{1, 2})})
      .add({random({2, 3}), ints({}), ints({}, Dims{0, 2})});
  samples.of("BatchToSpaceND")
      .add({random({4, 2, 1, 1}), ints({2, 2}), ints({1, 0, 0, 1}, Dims{2, 2})})
      .add({random({4, 2, 2}), ints({2}), ints({0, 1}, Dims{1, 2})})
      .add({random({0, 2}), ints({2}), ints({0, 0}, Dims{1, 2})});
}

}  // namespace

void add_array_samples(Samples& samples) {
  add_space_batch_samples(samples);
  add_shape_samples(samples);
  add_layout_samples(samples);
  add_slice_samples(samples);
  add_padding_samples(samples);
  samples.of("Fill")
      .add({ints({2, 3}), scalar(2)})
      .add({ints({}), scalar(2)})
      .add({ints({0, 3}), scalar(2)});
  samples.of("OneHot")
      .add({ints({0, 2, -1}), axis(3), scalar(1), scalar(0)})
      .add({ints({1, 0}, std::vector<std::int64_t>{2, 1}),
            axis(2),
            scalar(5),
            scalar(1)},
           {{"axis", 0}})
      .add({ints({}), axis(2), scalar(1), scalar(0)});
  samples.of("Range")
      .add({axis(1), axis(7), axis(2)})
      .add({axis(5), axis(5), axis(1)});
  samples.of("LinSpace")
      .add({scalar(0), scalar(1), axis(5)})
      .add({scalar(2), scalar(3), axis(1)});
  samples.of("IdentityN").add({random({2}), ints({1, 2})});
  samples.of("NoOp").add(std::vector<Input>{});
  samples.of("Const").add(
      std::vector<Input>{},
      {{"dtype", float32}, {"value", Tensor(std::vector<float>{1, 2})}});
  samples.of("Placeholder")
      .add(std::vector<Input>{}, {{"dtype", float32}}, kNotRunnable);
  samples.of("PlaceholderWithDefault")
      .add(random({2, 3}), {{"shape", Shape({-1, 3})}});
}

}  // namespace tern
