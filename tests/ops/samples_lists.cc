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

}  // namespace

void add_list_samples(Samples& samples) {
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
