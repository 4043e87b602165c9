// Tensor lists.
#include "ops/harness/samples.h"
#include "ops/list/tensor_list.h"

namespace tern {

using namespace harness;

namespace {

/// A list of `size` float64 tensors of shape [2].
Input list(int size) {
  return made([size] {
    std::vector<Tensor> elements;
    for (int i = 0; i < size; ++i)
      elements.push_back(random({2}, i, i + 1).make(float64));
    return tensor_of(TensorList(float64, Shape({2}), elements));
  });
}

/// A TensorArray of `size` elements of shape [2].
Input array(int size, int written) {
  return made([size, written] {
    Tensors outputs = raw<"TensorArrayV3">.outputs(
        {Tensor(size)}, {{"dtype", float32}, {"element_shape", Shape({2})}});
    for (int i = 0; i < written; ++i)
      raw<"TensorArrayWriteV3">(outputs[0],
                                Tensor(i),
                                random({2}, i, i + 1).make(float32),
                                outputs[1]);
    return outputs[0];
  });
}

void add_tensor_array_samples(Samples& samples) {
  constexpr unsigned kFlags = kNoFiniteDifferences | kFixedTypes | kHasEffects;
  Sample::NamedAttrs floats = {{"dtype", float32}};
  Input flow = scalar(0);
  samples.of("TensorArrayV3").add(axis(2), floats, kFlags);
  samples.of("TensorArrayWriteV3")
      .add({array(2, 0), axis(1), random({2}), flow}, kFlags);
  samples.of("TensorArrayReadV3")
      .add({array(2, 2), axis(1), flow}, floats, kFlags)
      .add({array(2, 0), axis(1), flow}, floats, kFlags);
  samples.of("TensorArrayScatterV3")
      .add({array(2, 0), ints({1, 0}), random({2, 2}), flow}, kFlags);
  samples.of("TensorArrayGatherV3")
      .add({array(3, 2), ints({1, 0}), flow}, floats, kFlags)
      .add({array(0, 0), ints({}), flow}, floats, kFlags);
  samples.of("TensorArraySplitV3")
      .add({array(2, 0), random({4}), ints({2, 2}), flow}, kFlags);
  samples.of("TensorArrayConcatV3").add({array(2, 2), flow}, floats, kFlags);
  samples.of("TensorArraySizeV3").add({array(2, 0), flow}, kFlags);
  samples.of("TensorArrayGradV3")
      .add({array(2, 2), flow}, {{"source", "gradients"}}, kFlags);
  samples.of("TensorArrayCloseV3").add(array(2, 0), kFlags);
}

}  // namespace

void add_list_samples(Samples& samples) {
  add_tensor_array_samples(samples);
  constexpr unsigned kFlags = kFixedTypes;
  Sample::NamedAttrs floats = {{"element_dtype", float64}};
  auto add = [&](std::string_view op,
                 std::vector<Input> inputs,
                 Sample::NamedAttrs attrs) {
    samples.of(op).add(std::move(inputs), std::move(attrs), kFlags);
  };
  Input shape = ints({2});
  add("EmptyTensorList", {shape, axis(-1)}, floats);
  add("TensorListReserve", {shape, axis(3)}, floats);
  add("TensorListFromTensor", {in_float64(random({3, 2})), shape}, floats);
  add("TensorListPushBack", {list(2), in_float64(random({2}))}, floats);
  add("TensorListPushBackBatch",
      {made([] {
         Tensor lists = Tensor::allocate(variant, Shape({2}));
         for (int i = 0; i < 2; ++i)
           lists.data<Variant>()[i] =
               Variant(std::make_shared<TensorList>(float64, Shape({2})));
         return lists;
       }),
       in_float64(random({2, 2}))},
      floats);
  add("TensorListPopBack", {list(2), shape}, floats);
  add("TensorListLength", {list(2)}, {});
  add("TensorListElementShape", {list(2)}, {{"shape_type", int64}});
  add("TensorListResize", {list(2), axis(1)}, {});
  add("TensorListGetItem", {list(2), axis(1), shape}, floats);
  add("TensorListSetItem", {list(2), axis(1), in_float64(random({2}))}, floats);
  add("TensorListStack", {list(3), shape}, floats);
  add("TensorListStack", {list(0), shape}, floats);
  add("TensorListGather", {list(3), ints({2, 0}), shape}, floats);
  add("TensorListScatter",
      {in_float64(random({2, 2})), ints({2, 0}), shape},
      floats);
  add("TensorListScatterV2",
      {in_float64(random({2, 2})), ints({2, 0}), shape, axis(4)},
      floats);
  add("TensorListScatterIntoExistingList",
      {list(3), in_float64(random({2, 2})), ints({2, 0})},
      floats);
  add("TensorListConcat", {list(3)}, floats);
  add("TensorListConcatV2", {list(3), ints({2}), ints({})}, floats);
  add("TensorListConcatLists", {list(1), list(2)}, floats);
  add("TensorListSplit",
      {in_float64(random({3, 2})), ints({-1, 2}), ints({1, 2})},
      floats);
}

}  // namespace tern
