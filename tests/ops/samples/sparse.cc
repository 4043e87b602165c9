#include "tern/ops/sparse.h"

#include "ops/harness/samples.h"
#include "tern/ops/array.h"

namespace tern {

using namespace harness;

namespace {

using Types = std::vector<DType>;

/// int64 indices or shapes, whatever a check asks for.
Input longs(std::vector<std::int64_t> numbers, std::vector<std::int64_t> dims) {
  return made([numbers, dims] { return Tensor(numbers, Shape(dims)); });
}
Input long_vector(std::vector<std::int64_t> numbers) {
  const auto size = static_cast<std::int64_t>(numbers.size());
  return longs(std::move(numbers), {size});
}
Input long_scalar(std::int64_t number) { return longs({number}, {}); }

/// Three entries of a 3 x 4 matrix; its second row has none.
const Input kIndices = longs({0, 1, 0, 3, 2, 0}, {3, 2});
const Input kShape = long_vector({3, 4});
const Input kNoIndices = longs({}, {0, 2});
/// Two entries of another, one at the same place.
const Input kOther = longs({0, 3, 1, 2}, {2, 2});

void add_structure(Samples& samples) {
  samples.of("SparseReorder")
      .add({longs({2, 0, 0, 3, 0, 1}, {3, 2}), random({3}), kShape})
      .add({kNoIndices, random({0}), kShape});
  samples.of("SparseReshape").add({kIndices, kShape, long_vector({2, -1})});
  samples.of("SparseConcat")
      .add({kIndices, kOther, random({3}), random({2}), kShape, kShape},
           {{"concat_dim", 1}});
  samples.of("SparseSlice")
      .add({kIndices,
            random({3}),
            kShape,
            long_vector({0, 1}),
            long_vector({2, 9})},
           kOnlyFirstOrder);
  samples.of("SparseSliceGrad")
      .add({random({2}),
            kIndices,
            long_vector({0, 1}),
            longs({0, 0, 0, 2}, {2, 2})});
  samples.of("SparseSplit")
      .add({long_scalar(1), kIndices, random({3}), kShape}, {{"num_split", 3}});
  samples.of("SparseFillEmptyRows")
      .add({kIndices, random({3}), kShape, scalar(0.5)}, kOnlyFirstOrder);
  samples.of("SparseFillEmptyRowsGrad")
      .add({long_vector({0, 1, 3}), random({4})});
  samples.of("SparseToDense")
      .add({kIndices, kShape, random({3}), scalar(0.5)}, {{"Tindices", int64}})
      .add({ints({1, 3}), ints({5}), random({2}), scalar(0)})
      .add({ints({1, 3}), ints({5}), scalar(2), scalar(0)})
      .add({axis(2), ints({5}), scalar(2), scalar(0)});
}

void add_arithmetic(Samples& samples) {
  samples.of("SparseAdd")
      .add({kIndices,
            random({3}),
            kShape,
            kOther,
            random({2}),
            kShape,
            held_constant(scalar(0))},
           kOnlyFirstOrder);
  samples.of("SparseAddGrad")
      .add({random({4}),
            kIndices,
            kOther,
            longs({0, 1, 0, 3, 1, 2, 2, 0}, {4, 2})});
  for (const char* op : {"SparseSparseMaximum", "SparseSparseMinimum"})
    samples.of(op).add(
        {kIndices, random({3}), kShape, kOther, random({2}), kShape},
        kNoFiniteDifferences | kOnlyRealDerivatives);
  samples.of("SparseDenseCwiseAdd")
      .add({kIndices, random({3}), kShape, random({4})}, kNoFiniteDifferences);
  for (const char* op : {"SparseDenseCwiseMul", "SparseDenseCwiseDiv"})
    samples.of(op)
        .add({kIndices, random({3}, 1, 3), kShape, random({3, 4}, 1, 3)})
        .add({kIndices, random({3}, 1, 3), kShape, random({4}, 1, 3)})
        .add({kIndices, random({3}, 1, 3), kShape, random({3, 1}, 1, 3)});
  samples.of("SparseTensorDenseAdd")
      .add({ints({0, 1, 2, 0}, std::vector<std::int64_t>{2, 2}),
            random({2}),
            ints({3, 4}),
            random({3, 4})});
  for (const char* op : {"SparseReduceSum",
                         "SparseReduceSumSparse",
                         "SparseReduceMax",
                         "SparseReduceMaxSparse"})
    samples.of(op)
        .add({kIndices, random({3}), kShape, ints({1})},
             op[12] == 'M' ? unsigned{kNoFiniteDifferences} : 0)
        .add({kIndices, random({3}), kShape, ints({})},
             {{"keep_dims", true}},
             op[12] == 'M' ? unsigned{kNoFiniteDifferences} : 0);
  samples.of("SparseSoftmax")
      .add({kIndices, random({3}), kShape}, kOnlyFirstOrder);
  for (bool adjoint : {false, true})
    samples.of("SparseTensorDenseMatMul")
        .add({ints({0, 1, 0, 3, 2, 0}, std::vector<std::int64_t>{3, 2}),
              random({3}),
              adjoint ? long_vector({4, 4}) : long_vector({4, 4}),
              random({4, 4})},
             {{"adjoint_a", adjoint}, {"adjoint_b", adjoint}});
  samples.of("SparseMatMul")
      .add({random({2, 3}), random({3, 4})})
      .add({random({3, 2}), random({4, 3})},
           {{"transpose_a", true}, {"transpose_b", true}});
}

void add_features(Samples& samples) {
  const Sample::NamedAttrs crossed = {
      {"N", 1}, {"sparse_types", Types{string}}, {"dense_types", Types{int64}}};
  const std::vector<Input> columns = {longs({0, 0, 1, 0}, {2, 2}),
                                      strings({"a", "b"}),
                                      long_vector({2, 1}),
                                      longs({5, 6, 7, 8}, {2, 2})};
  auto with = [](auto list, auto... more) {
    (list.push_back(more), ...);
    return list;
  };
  using Attr = std::pair<std::string, AttrValue>;
  for (bool hashed : {true, false})
    samples.of("SparseCross")
        .add(columns,
             with(crossed,
                  Attr("hashed_output", hashed),
                  Attr("num_buckets", 100),
                  Attr("hash_key", 7),
                  Attr("out_type", hashed ? int64 : string),
                  Attr("internal_type", hashed ? int64 : string)),
             kFixedTypes);
  samples.of("SparseCrossV2")
      .add(with(columns, made([] { return Tensor("_"); })),
           crossed,
           kFixedTypes);
  samples.of("SparseCrossHashed")
      .add(with(columns,
                long_scalar(100),
                bools({false}, {}),
                long_vector({1, 2})),
           crossed,
           kFixedTypes);
  const Input a = ints({1, 2, 2, 5, 6, 7}, std::vector<std::int64_t>{2, 3});
  const Input b = ints({2, 3, 8, 5}, std::vector<std::int64_t>{2, 2});
  const Input entries = longs({0, 0, 1, 0, 1, 1}, {3, 2});
  const Input values = ints({2, 5, 8}), shape = long_vector({2, 3});
  for (const char* operation : {"a-b", "b-a", "intersection", "union"}) {
    const Sample::NamedAttrs attrs = {{"set_operation", operation}};
    samples.of("DenseToDenseSetOperation").add({a, b}, attrs);
    samples.of("DenseToSparseSetOperation")
        .add({a, entries, values, shape}, attrs);
    samples.of("SparseToSparseSetOperation")
        .add({entries, values, shape, entries, ints({2, 6, 8}), shape}, attrs);
  }
  samples.of("SetSize").add({entries, values, shape});
  samples.of("EditDistance")
      .add({entries, values, shape, entries, ints({2, 8, 8}), shape});

  const Input counted =
      ints({1, 1, 3, 0, 2, 2}, std::vector<std::int64_t>{2, 3});
  const Input splits = long_vector({0, 2, 2, 3});
  const Input one_each = random({3});
  samples.of("DenseBincount")
      .add({counted, axis(3), random({0})})
      .add({ints({1, 0, 1}), axis(3), random({3})})
      .add({counted, axis(3), random({0})}, {{"binary_output", true}});
  samples.of("SparseBincount")
      .add({entries, values, shape, axis(9), random({0})});
  samples.of("RaggedBincount").add({splits, values, axis(9), one_each});
  for (bool binary : {false, true}) {
    const Sample::NamedAttrs attrs = {{"binary_output", binary}};
    samples.of("DenseCountSparseOutput").add({counted, random({0})}, attrs);
    samples.of("SparseCountSparseOutput")
        .add({entries, values, shape, one_each}, attrs);
    samples.of("RaggedCountSparseOutput")
        .add({splits, values, one_each}, attrs);
  }
}

void add_segments(Samples& samples) {
  const Input data = random({4, 2}), indices = ints({0, 3, 3, 1});
  const Input ids = ints({0, 0, 2, 2}), gradient = random({3, 2});
  for (const std::string op :
       {"SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"}) {
    samples.of(op).add({data, indices, ids}, kOnlyFirstOrder);
    samples.of(op + "WithNumSegments")
        .add({data, indices, ids, axis(5)}, kOnlyFirstOrder);
    samples.of(op + "Grad").add({gradient, indices, ids, axis(4)});
    samples.of(op + "GradV2").add({gradient, indices, ids, axis(4)});
  }
}

void add_serialized(Samples& samples) {
  for (const char* op : {"SerializeSparse", "SerializeManySparse"})
    samples.of(op)
        .add({kIndices, random({3}), kShape}, kFixedTypes)
        .add({kIndices, ints({1, 2, 3}), kShape}, kFixedTypes)
        .add({kIndices, random({3}), kShape},
             {{"out_type", variant}},
             kFixedTypes | kRandomResult);
  const Input serialized = made([] {
    return io::serialize_many_sparse(
        {Tensor(std::vector<std::int64_t>{0, 1, 1, 0}, Shape{2, 2}),
         Tensor{1.0, 2.0},
         Tensor(std::vector<std::int64_t>{2, 2})});
  });
  for (const char* op : {"DeserializeSparse", "DeserializeManySparse"})
    samples.of(op).add(serialized, {{"dtype", float32}}, kFixedTypes);
  for (const char* op : {"AddSparseToTensorsMap", "AddManySparseToTensorsMap"})
    samples.of(op).add({kIndices, random({3}), kShape}, kRandomResult);
  samples.of("TakeManySparseFromTensorsMap")
      .add(made([] {
             return raw<"AddManySparseToTensorsMap">(
                 Tensor(std::vector<std::int64_t>{0, 1, 1, 0}, Shape{2, 2}),
                 Tensor{1.0, 2.0},
                 Tensor(std::vector<std::int64_t>{2, 2}));
           }),
           {{"dtype", float32}},
           kFixedTypes);
}

void add_ctc(Samples& samples) {
  const Input inputs = random({4, 2, 3});
  const Input lengths = ints({4, 3});
  for (const char* op : {"CTCLoss", "CTCLossV2"})
    samples.of(op).add(
        {inputs, longs({0, 0, 0, 1, 1, 0}, {3, 2}), ints({1, 1, 1}), lengths},
        kOnlyFirstOrder | kOnlyFirstOutput);
  samples.of("CTCGreedyDecoder")
      .add({inputs, lengths}, {{"merge_repeated", true}});
  samples.of("CTCBeamSearchDecoder")
      .add({inputs, lengths}, {{"beam_width", 4}, {"top_paths", 2}});
}

}  // namespace

void add_sparse_samples(Samples& samples) {
  add_structure(samples);
  add_arithmetic(samples);
  add_features(samples);
  add_segments(samples);
  add_serialized(samples);
  add_ctc(samples);
}

}  // namespace tern
