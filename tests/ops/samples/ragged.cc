#include "ops/harness/samples.h"
#include "tern/ops/array.h"
#include "tern/ops/ragged_tensor.h"

namespace tern {

using namespace harness;

namespace {

using Types = std::vector<DType>;
using Names = std::vector<std::string>;

Input splits(std::vector<double> ends) {
  return Input(int64, [ends](DType dtype) {
    return tensor_of_numbers(
        dtype, {static_cast<std::int64_t>(ends.size())}, ends);
  });
}

Input long_vector(std::vector<std::int64_t> numbers) {
  return made([numbers] { return Tensor(numbers); });
}
Input long_scalar(std::int64_t number) {
  return made(
      [number] { return Tensor(std::vector<std::int64_t>{number}, Shape()); });
}

/// Rows of 2, 0 and 4 values.
const Input kSplits = splits({0, 2, 2, 6});

/// Variants of the rows of kSplits, or of all of them.
Input encoded(bool batched) {
  return made([batched] {
    return raw<"RaggedTensorToVariant">(
        Tensor(std::vector<std::int64_t>{0, 2, 2, 6}),
        Tensor{1.0, 2.0, 3.0, 4.0, 5.0, 6.0},
        {{"RAGGED_RANK", 1}, {"batched_input", batched}});
  });
}

}  // namespace

void add_ragged_samples(Samples& samples) {
  samples.of("RaggedRange")
      .add({values({0, 5, 8}), values({3, 5, 2}), values({1, 1, -2})})
      .add({scalar(0), values({3, 1}), scalar(1)})
      .add({scalar(0), scalar(3), scalar(1)});
  samples.of("RaggedGather")
      .add({kSplits, random({6, 2}), ints({2, 0, 2})},
           {{"PARAMS_RAGGED_RANK", 1}, {"OUTPUT_RAGGED_RANK", 1}})
      .add({kSplits,
            random({6}),
            ints({2, 0, 1, 1}, std::vector<std::int64_t>{2, 2})},
           {{"PARAMS_RAGGED_RANK", 1}, {"OUTPUT_RAGGED_RANK", 2}})
      .add({splits({0, 1, 3}), splits({0, 3, 3, 6}), random({6}), ints({1})},
           {{"PARAMS_RAGGED_RANK", 2}, {"OUTPUT_RAGGED_RANK", 2}});
  samples.of("RaggedTensorToSparse")
      .add({kSplits, random({6})}, {{"RAGGED_RANK", 1}})
      .add({splits({0, 1, 3}), kSplits, random({6, 2})}, {{"RAGGED_RANK", 2}});
  samples.of("RaggedTensorToTensor")
      .add({long_vector({-1, 3}), random({6}), scalar(0.5), kSplits},
           {{"Tshape", int64},
            {"Tindex", int64},
            {"row_partition_types", Names{"ROW_SPLITS"}}},
           0)
      .add({long_scalar(-1),
            random({6, 2}),
            random({2}),
            splits({0, 1, 3}),
            kSplits},
           {{"Tshape", int64},
            {"Tindex", int64},
            {"row_partition_types", Names{"ROW_SPLITS", "ROW_SPLITS"}}},
           0)
      .add({long_scalar(-1),
            random({3}),
            scalar(0.5),
            long_scalar(4),
            long_vector({0, 0, 2})},
           {{"Tshape", int64},
            {"Tindex", int64},
            {"row_partition_types", Names{"FIRST_DIM_SIZE", "VALUE_ROWIDS"}}},
           kFixedTypes);
  for (bool batched : {false, true}) {
    samples.of("RaggedTensorToVariant")
        .add({kSplits, random({6})},
             {{"RAGGED_RANK", 1}, {"batched_input", batched}},
             kRandomResult);
    samples.of("RaggedTensorFromVariant")
        .add(encoded(batched),
             {{"input_ragged_rank", batched ? 0 : 1},
              {"output_ragged_rank", 1},
              {"Tvalues", float32}},
             kFixedTypes | kNoFiniteDifferences);
  }
  samples.of("RaggedTensorToVariantGradient")
      .add({encoded(true), kSplits, ints({6})},
           {{"Tvalues", float32}},
           kFixedTypes);
  samples.of("RaggedFillEmptyRows")
      .add({long_vector({0, 0, 2}), random({3}), long_scalar(4), scalar(0.5)},
           kOnlyFirstOrder);
  samples.of("RaggedFillEmptyRowsGrad")
      .add({long_vector({0, 1, 3}), random({5})});
  for (bool hashed : {true, false})
    samples.of("RaggedCross")
        .add({strings({"a", "b", "c"}), long_vector({0, 2, 3}), made([] {
                return Tensor(std::vector<std::int64_t>{5, 6}, Shape{2, 1});
              })},
             {{"ragged_values_types", Types{string}},
              {"ragged_splits_types", Types{int64}},
              {"sparse_values_types", Types{}},
              {"dense_types", Types{int64}},
              {"Nsparse", 0},
              {"input_order", "RD"},
              {"hashed_output", hashed},
              {"num_buckets", 10},
              {"hash_key", 1},
              {"out_values_type", hashed ? int64 : string},
              {"out_row_splits_type", int64}},
             kFixedTypes);
}

}  // namespace tern
