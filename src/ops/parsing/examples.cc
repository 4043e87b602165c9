// examples.cc: serialized Examples and SequenceExamples to tensors.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Sets the shapes of outputs one after the other.
class OutputShapes {
 public:
  OutputShapes(InferContext& c, const Shape& serialized)
      : c_(c), serialized_(serialized) {
    if (serialized.has_rank() && serialized.rank() > 1)
      throw InvalidArgumentError(
          "Expected serialized to be a scalar or vector, got shape: ",
          serialized.debug_string());
  }

  void add(const Shape& shape, std::size_t count = 1) {
    for (; count > 0; --count) c_.set_output(next_++, shape);
  }

  /// Indices, values and shapes of sparse outputs, each row of `rank`
  /// dimensions.
  void add_sparse(std::size_t count, int rank) {
    const std::int64_t all =
        serialized_.has_rank() ? rank + serialized_.rank() : -1;
    add(Shape{-1, all}, count);
    add(Shape{-1}, count);
    add(Shape{all}, count);
  }

  /// One row for each serialized string.
  void add_rows(const Shape& row) {
    add(serialized_.has_rank() && row.has_rank() ? serialized_.concatenate(row)
                                                 : Shape::unknown());
  }

  void add_dense(const std::vector<Shape>& shapes, bool steps = false) {
    for (const Shape& shape : shapes) {
      if (!shape.has_rank())
        throw InvalidArgumentError("dense_shapes must have known rank");
      add_rows(steps ? Shape({-1}).concatenate(shape) : shape);
    }
  }

  void add_splits(std::size_t count) {
    std::int64_t size = -1;
    if (serialized_.has_rank() && serialized_.rank() == 0) size = 0;
    if (serialized_.has_rank() && serialized_.rank() == 1 &&
        serialized_[0] >= 0)
      size = serialized_[0] + 1;
    add(Shape{size}, count);
  }

 private:
  InferContext& c_;
  const Shape& serialized_;
  int next_ = 0;
};

template <class T>
std::size_t count_of(const InferContext& c, const char* attr) {
  return c.attr<std::vector<T>>(attr).size();
}

void check_types(const InferContext& c, const char* number, const char* types) {
  const auto wanted = c.attr<std::int64_t>(number);
  const std::size_t found = count_of<DType>(c, types);
  if (static_cast<std::size_t>(wanted) != found)
    throw InvalidArgumentError(
        "len(", types, ") attr does not match: ", found, " vs ", wanted);
}

void check_shapes(const InferContext& c,
                  const char* types,
                  const char* shapes) {
  if (count_of<DType>(c, types) != count_of<Shape>(c, shapes))
    throw InvalidArgumentError("len(",
                               shapes,
                               ") attr does not match: ",
                               count_of<Shape>(c, shapes),
                               " vs ",
                               count_of<DType>(c, types));
}

void example_shapes(InferContext& c) {
  check_shapes(c, "Tdense", "dense_shapes");
  OutputShapes shapes(c, c.input(0));
  shapes.add_sparse(count_of<DType>(c, "sparse_types"), 1);
  shapes.add_dense(c.attr<std::vector<Shape>>("dense_shapes"));
  if (c.op().find_attr("ragged_value_types") < 0) return;
  shapes.add(Shape{-1}, count_of<DType>(c, "ragged_value_types"));
  shapes.add_splits(count_of<DType>(c, "ragged_split_types"));
}

void example_v1_shapes(InferContext& c) {
  check_types(c, "Nsparse", "sparse_types");
  check_types(c, "Ndense", "Tdense");
  example_shapes(c);
}

void example_v2_shapes(InferContext& c) {
  check_types(c, "num_sparse", "sparse_types");
  if (count_of<DType>(c, "ragged_value_types") !=
      count_of<DType>(c, "ragged_split_types"))
    throw InvalidArgumentError(
        "len(ragged_value_types) != len(ragged_split_types)");
  example_shapes(c);
}

void single_example_shapes(InferContext& c) {
  c.with_rank(0, 0);
  check_types(c, "num_sparse", "sparse_types");
  example_shapes(c);
}

/// `ragged`, `lengths`: whether the op has these outputs.
void sequence_shapes(InferContext& c, bool ragged, bool lengths) {
  check_types(c, "Ncontext_sparse", "context_sparse_types");
  check_types(c, "Nfeature_list_sparse", "feature_list_sparse_types");
  check_types(c, "Nfeature_list_dense", "feature_list_dense_types");
  check_shapes(c, "Tcontext_dense", "context_dense_shapes");
  check_shapes(c, "feature_list_dense_types", "feature_list_dense_shapes");
  OutputShapes shapes(c, c.input(0));
  shapes.add_sparse(count_of<DType>(c, "context_sparse_types"), 1);
  shapes.add_dense(c.attr<std::vector<Shape>>("context_dense_shapes"));
  if (ragged) {
    shapes.add(Shape{-1}, count_of<DType>(c, "context_ragged_value_types"));
    shapes.add_splits(count_of<DType>(c, "context_ragged_split_types"));
  }
  shapes.add_sparse(count_of<DType>(c, "feature_list_sparse_types"), 2);
  const auto& dense = c.attr<std::vector<Shape>>("feature_list_dense_shapes");
  shapes.add_dense(dense, /*steps=*/true);
  if (lengths)
    for (std::size_t k = 0; k < dense.size(); ++k) shapes.add_rows(Shape());
  if (ragged) {
    const std::size_t count =
        count_of<DType>(c, "feature_list_ragged_value_types");
    shapes.add(Shape{-1}, count);
    const Shape& serialized = c.input(0);
    if (serialized.has_rank() && serialized.rank() == 0)
      shapes.add(Shape(), count);
    else
      shapes.add_splits(count);
    shapes.add(Shape{-1}, count);
  }
}

}  // namespace

void register_examples_ops(OpRegistry& registry) {
  registry.add("ParseExample")
      .input("serialized: string")
      .input("names: string")
      .input("sparse_keys: Nsparse * string")
      .input("dense_keys: Ndense * string")
      .input("dense_defaults: Tdense")
      .output("sparse_indices: Nsparse * int64")
      .output("sparse_values: sparse_types")
      .output("sparse_shapes: Nsparse * int64")
      .output("dense_values: Tdense")
      .attr("Nsparse: int >= 0")
      .attr("Ndense: int >= 0")
      .attr("sparse_types: list({float, int64, string}) >= 0")
      .attr("Tdense: list({float, int64, string}) >= 0")
      .attr("dense_shapes: list(shape) >= 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(example_v1_shapes)
      .all_set_by_kernel();
  registry.add("ParseExampleV2")
      .input("serialized: string")
      .input("names: string")
      .input("sparse_keys: string")
      .input("dense_keys: string")
      .input("ragged_keys: string")
      .input("dense_defaults: Tdense")
      .output("sparse_indices: num_sparse * int64")
      .output("sparse_values: sparse_types")
      .output("sparse_shapes: num_sparse * int64")
      .output("dense_values: Tdense")
      .output("ragged_values: ragged_value_types")
      .output("ragged_row_splits: ragged_split_types")
      .attr("Tdense: list({float, int64, string}) >= 0")
      .attr("num_sparse: int >= 0")
      .attr("sparse_types: list({float, int64, string}) >= 0")
      .attr("ragged_value_types: list({float, int64, string}) >= 0")
      .attr("ragged_split_types: list({int32, int64}) >= 0")
      .attr("dense_shapes: list(shape) >= 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(example_v2_shapes)
      .all_set_by_kernel();
  registry.add("ParseSingleExample")
      .input("serialized: string")
      .input("dense_defaults: Tdense")
      .output("sparse_indices: num_sparse * int64")
      .output("sparse_values: sparse_types")
      .output("sparse_shapes: num_sparse * int64")
      .output("dense_values: Tdense")
      .attr("num_sparse: int >= 0")
      .attr("sparse_keys: list(string) >= 0")
      .attr("dense_keys: list(string) >= 0")
      .attr("sparse_types: list({float, int64, string}) >= 0")
      .attr("Tdense: list({float, int64, string}) >= 0")
      .attr("dense_shapes: list(shape) >= 0")
      .no_grad()
      .traits(kHostOnly)
      .infer(single_example_shapes)
      .all_set_by_kernel();
  registry.add("ParseSequenceExample")
      .input("serialized: string")
      .input("debug_name: string")
      .input("context_dense_defaults: Tcontext_dense")
      .output("context_sparse_indices: Ncontext_sparse * int64")
      .output("context_sparse_values: context_sparse_types")
      .output("context_sparse_shapes: Ncontext_sparse * int64")
      .output("context_dense_values: Tcontext_dense")
      .output("feature_list_sparse_indices: Nfeature_list_sparse * int64")
      .output("feature_list_sparse_values: feature_list_sparse_types")
      .output("feature_list_sparse_shapes: Nfeature_list_sparse * int64")
      .output("feature_list_dense_values: feature_list_dense_types")
      .output("feature_list_dense_lengths: Nfeature_list_dense * int64")
      .attr("feature_list_dense_missing_assumed_empty: list(string) >= 0")
      .attr("context_sparse_keys: list(string) >= 0")
      .attr("context_dense_keys: list(string) >= 0")
      .attr("feature_list_sparse_keys: list(string) >= 0")
      .attr("feature_list_dense_keys: list(string) >= 0")
      .attr("Ncontext_sparse: int >= 0 = 0")
      .attr("Ncontext_dense: int >= 0 = 0")
      .attr("Nfeature_list_sparse: int >= 0 = 0")
      .attr("Nfeature_list_dense: int >= 0 = 0")
      .attr("context_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr("Tcontext_dense: list({float, int64, string}) >= 0 = []")
      .attr("feature_list_dense_types: list({float, int64, string}) >= 0 = []")
      .attr("context_dense_shapes: list(shape) >= 0 = []")
      .attr("feature_list_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr("feature_list_dense_shapes: list(shape) >= 0 = []")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        sequence_shapes(c, /*ragged=*/false, /*lengths=*/true);
      })
      .all_set_by_kernel();
  registry.add("ParseSequenceExampleV2")
      .input("serialized: string")
      .input("debug_name: string")
      .input("context_sparse_keys: string")
      .input("context_dense_keys: string")
      .input("context_ragged_keys: string")
      .input("feature_list_sparse_keys: string")
      .input("feature_list_dense_keys: string")
      .input("feature_list_ragged_keys: string")
      .input("feature_list_dense_missing_assumed_empty: bool")
      .input("context_dense_defaults: Tcontext_dense")
      .output("context_sparse_indices: Ncontext_sparse * int64")
      .output("context_sparse_values: context_sparse_types")
      .output("context_sparse_shapes: Ncontext_sparse * int64")
      .output("context_dense_values: Tcontext_dense")
      .output("context_ragged_values: context_ragged_value_types")
      .output("context_ragged_row_splits: context_ragged_split_types")
      .output("feature_list_sparse_indices: Nfeature_list_sparse * int64")
      .output("feature_list_sparse_values: feature_list_sparse_types")
      .output("feature_list_sparse_shapes: Nfeature_list_sparse * int64")
      .output("feature_list_dense_values: feature_list_dense_types")
      .output("feature_list_dense_lengths: Nfeature_list_dense * int64")
      .output("feature_list_ragged_values: feature_list_ragged_value_types")
      .output(
          "feature_list_ragged_outer_splits: feature_list_ragged_split_types")
      .output(
          "feature_list_ragged_inner_splits: feature_list_ragged_split_types")
      .attr("Ncontext_sparse: int >= 0 = 0")
      .attr("Tcontext_dense: list({float, int64, string}) >= 0 = []")
      .attr("context_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr(
          "context_ragged_value_types: list({float, int64, string}) >= 0 = []")
      .attr("context_ragged_split_types: list({int32, int64}) >= 0 = []")
      .attr("context_dense_shapes: list(shape) >= 0 = []")
      .attr("Nfeature_list_sparse: int >= 0 = 0")
      .attr("Nfeature_list_dense: int >= 0 = 0")
      .attr("feature_list_dense_types: list({float, int64, string}) >= 0 = []")
      .attr("feature_list_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr(
          "feature_list_ragged_value_types: list({float, int64, string}) >= 0 "
          "= []")
      .attr("feature_list_ragged_split_types: list({int32, int64}) >= 0 = []")
      .attr("feature_list_dense_shapes: list(shape) >= 0 = []")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        sequence_shapes(c, /*ragged=*/true, /*lengths=*/true);
      })
      .all_set_by_kernel();
  registry.add("ParseSingleSequenceExample")
      .input("serialized: string")
      .input("feature_list_dense_missing_assumed_empty: string")
      .input("context_sparse_keys: Ncontext_sparse * string")
      .input("context_dense_keys: Ncontext_dense * string")
      .input("feature_list_sparse_keys: Nfeature_list_sparse * string")
      .input("feature_list_dense_keys: Nfeature_list_dense * string")
      .input("context_dense_defaults: Tcontext_dense")
      .input("debug_name: string")
      .output("context_sparse_indices: Ncontext_sparse * int64")
      .output("context_sparse_values: context_sparse_types")
      .output("context_sparse_shapes: Ncontext_sparse * int64")
      .output("context_dense_values: Tcontext_dense")
      .output("feature_list_sparse_indices: Nfeature_list_sparse * int64")
      .output("feature_list_sparse_values: feature_list_sparse_types")
      .output("feature_list_sparse_shapes: Nfeature_list_sparse * int64")
      .output("feature_list_dense_values: feature_list_dense_types")
      .attr("Ncontext_sparse: int >= 0 = 0")
      .attr("Ncontext_dense: int >= 0 = 0")
      .attr("Nfeature_list_sparse: int >= 0 = 0")
      .attr("Nfeature_list_dense: int >= 0 = 0")
      .attr("context_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr("Tcontext_dense: list({float, int64, string}) >= 0 = []")
      .attr("feature_list_dense_types: list({float, int64, string}) >= 0 = []")
      .attr("context_dense_shapes: list(shape) >= 0 = []")
      .attr("feature_list_sparse_types: list({float, int64, string}) >= 0 = []")
      .attr("feature_list_dense_shapes: list(shape) >= 0 = []")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        c.with_rank(0, 0);
        sequence_shapes(c, /*ragged=*/false, /*lengths=*/false);
      })
      .all_set_by_kernel();
}

}  // namespace tern
