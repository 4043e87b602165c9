// tensor_list.cc: lists of tensors as variant values: what loops stack.

#include "ops/list/tensor_list.h"

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// What the rule knows of the list in input `i`.
HandleInfo list_info(const InferContext& c, int i = 0) {
  const Tensor list = c.input_dtype(i) == variant ? c.value(i) : Tensor();
  if (!list.defined() || list.num_elements() != 1) return c.handle(i);
  const TensorList& value = list_of(list);
  return {value.element_dtype(), value.element_shape()};
}

/// Output `o` is a list like the one in input 0.
void same_list(InferContext& c, int o = 0) {
  c.set_output(o, Shape());
  c.set_output_handle(o, list_info(c));
}

/// The shape of elements that both the list and shape input `i` allow.
Shape element_shape(InferContext& c, int i) {
  Shape listed = list_info(c).shape;
  Shape asked = c.value_as_partial_shape(i);
  if (!listed.is_compatible_with(asked))
    throw InvalidArgumentError("Incompatible shapes during merge: ",
                               asked.debug_string(),
                               " vs. ",
                               listed.debug_string());
  return listed.merge(asked);
}

/// A new list whose element shape is in input `i`.
void new_list(InferContext& c, int i) {
  c.set_output(0, Shape());
  c.set_output_handle(
      0, {c.attr<DType>("element_dtype"), c.value_as_partial_shape(i)});
}

InferFunction new_list_of(int i) {
  return [i](InferContext& c) { new_list(c, i); };
}

/// A vector of elements: [count, element...].
void stacked(InferContext& c, std::int64_t count, int shape_input) {
  Shape element = element_shape(c, shape_input);
  if (element.has_rank()) element.insert(0, count);
  c.set_output(0, element);
}

/// Elements joined along their first dimension, whose sum is not known.
void joined(InferContext& c, Shape element) {
  if (element.has_rank() && element.rank() > 0) element.set_dim(0, -1);
  c.set_output(0, element);
  c.set_output(1, {-1});
}

// Gradients. A list's gradient is a list of the elements' gradients.

Tensor reserve_like(const Tensor& list, const Tensor& item) {
  return raw<"TensorListReserve">(
      raw<"TensorListElementShape">(list, {{"shape_type", int32}}),
      raw<"TensorListLength">(list),
      {{"element_dtype", item.dtype()}});
}

Tensor get_item(const Tensor& list, const Tensor& index, const Tensor& like) {
  return raw<"TensorListGetItem">(
      list, index, shape_of(like), {{"element_dtype", like.dtype()}});
}

/// The shape of one row of `x`.
Tensor row_shape(const Tensor& x) { return dims_of(shape_of(x), 1); }

void push_back_gradient(GradContext& g) {
  Tensors popped = raw<"TensorListPopBack">.outputs(
      {g.dy(), shape_of(g.input(1))}, {{"element_dtype", g.input(1).dtype()}});
  g.set(0, popped[0]);
  g.set(1, popped[1]);
}

void pop_back_gradient(GradContext& g) {
  DType dtype = g.output(1).dtype();
  Tensor list = g.has_dy(0) ? g.dy(0)
                            : raw<"EmptyTensorList">(
                                  raw<"TensorListElementShape">(
                                      g.output(0), {{"shape_type", int32}}),
                                  Tensor::from_literal(-1),
                                  {{"element_dtype", dtype}});
  g.set(0, raw<"TensorListPushBack">(list, g.dy(1)));
}

void stack_gradient(GradContext& g) {
  Tensor dy = g.dy();
  g.set(0, raw<"TensorListFromTensor">(dy, row_shape(dy)));
}

void from_tensor_gradient(GradContext& g) {
  const Tensor& tensor = g.input(0);
  std::int64_t rows = tensor.shape().rank() > 0 ? tensor.shape()[0] : -1;
  g.set(0,
        raw<"TensorListStack">(
            g.dy(),
            row_shape(tensor),
            {{"element_dtype", tensor.dtype()}, {"num_elements", rows}}));
}

void get_item_gradient(GradContext& g) {
  Tensor dy = g.dy();
  g.set(0,
        raw<"TensorListSetItem">(reserve_like(g.input(0), dy), g.input(1), dy));
}

void set_item_gradient(GradContext& g) {
  const Tensor& index = g.input(1);
  const Tensor& item = g.input(2);
  Tensor dlist = g.dy();
  if (g.needs(0)) {
    Tensor rest =
        raw<"TensorListSetItem">(dlist, index, raw<"ZerosLike">(item));
    if (g.attr<bool>("resize_if_index_out_of_bounds"))
      rest = raw<"TensorListResize">(rest, raw<"TensorListLength">(g.input(0)));
    g.set(0, rest);
  }
  if (g.needs(2)) g.set(2, get_item(dlist, index, item));
}

void resize_gradient(GradContext& g) {
  g.set(0,
        raw<"TensorListResize">(g.dy(), raw<"TensorListLength">(g.input(0))));
}

void concat_gradient(GradContext& g) {
  Tensor dy = g.dy(0);
  Tensor element =
      raw<"TensorListElementShape">(g.input(0), {{"shape_type", int32}});
  g.set(0, raw<"TensorListSplit">(dy, element, g.output(1)));
}

void split_gradient(GradContext& g) {
  const Tensor& tensor = g.input(0);
  Tensor rows =
      raw<"ExpandDims">(Tensor::from_literal(-1), Tensor::from_literal(0));
  Tensor element = join_dims({rows, row_shape(tensor)});
  g.set(0,
        raw<"TensorListConcatV2">(
            g.dy(), element, g.input(2), {{"element_dtype", tensor.dtype()}}));
}

void gather_gradient(GradContext& g) {
  Tensor dy = g.dy();
  const Tensor& list = g.input(0);
  g.set(0,
        raw<"TensorListScatterV2">(
            dy,
            g.input(1),
            raw<"TensorListElementShape">(list, {{"shape_type", int32}}),
            raw<"TensorListLength">(list)));
}

Tensor gathered(const Tensor& dlist,
                const Tensor& indices,
                const Tensor& tensor) {
  return raw<"TensorListGather">(
      dlist, indices, row_shape(tensor), {{"element_dtype", tensor.dtype()}});
}

void scatter_gradient(GradContext& g) {
  g.set(0, gathered(g.dy(), g.input(1), g.input(0)));
}

void scatter_into_gradient(GradContext& g) {
  Tensor dlist = g.dy();
  const Tensor& tensor = g.input(1);
  const Tensor& indices = g.input(2);
  if (g.needs(0))
    g.set(0,
          raw<"TensorListScatterIntoExistingList">(
              dlist, raw<"ZerosLike">(tensor), indices));
  if (g.needs(1)) g.set(1, gathered(dlist, indices, tensor));
}

void register_creation(OpRegistry& registry) {
  registry.add("EmptyTensorList")
      .input("element_shape: shape_type")
      .input("max_num_elements: int32")
      .output("handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"element_shape", "max_num_elements"})
      .infer(new_list_of(0))
      .no_grad();

  registry.add("TensorListReserve")
      .input("element_shape: shape_type")
      .input("num_elements: int32")
      .output("handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"element_shape", "num_elements"})
      .infer(new_list_of(0))
      .no_grad();

  registry.add("TensorListFromTensor")
      .input("tensor: element_dtype")
      .input("element_shape: shape_type")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host("element_shape")
      .infer(new_list_of(1))
      .grad(from_tensor_gradient)
      .grad_reads({});

  registry.add("TensorListSplit")
      .input("tensor: element_dtype")
      .input("element_shape: shape_type")
      .input("lengths: int64")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"element_shape", "lengths"})
      .infer(new_list_of(1))
      .grad(split_gradient)
      .grad_reads({"lengths"});

  registry.add("TensorListScatter")
      .input("tensor: element_dtype")
      .input("indices: int32")
      .input("element_shape: shape_type")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"indices", "element_shape"})
      .infer(new_list_of(2))
      .grad(scatter_gradient)
      .grad_reads({"indices"});

  registry.add("TensorListScatterV2")
      .input("tensor: element_dtype")
      .input("indices: int32")
      .input("element_shape: shape_type")
      .input("num_elements: int32")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"indices", "element_shape", "num_elements"})
      .infer(new_list_of(2))
      .grad(scatter_gradient)
      .grad_reads({"indices"});
}

void register_changes(OpRegistry& registry) {
  registry.add("TensorListPushBack")
      .input("input_handle: variant")
      .input("tensor: element_dtype")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .infer([](InferContext& c) { same_list(c); })
      .grad(push_back_gradient)
      .grad_reads({});

  registry.add("TensorListPushBackBatch")
      .input("input_handles: variant")
      .input("tensor: element_dtype")
      .output("output_handles: variant")
      .attr("element_dtype: type")
      .infer([](InferContext& c) {
        c.set_output(0, c.input(0));
        c.set_output_handle(0, list_info(c));
      })
      .no_grad();

  registry.add("TensorListPopBack")
      .input("input_handle: variant")
      .input("element_shape: int32")
      .output("output_handle: variant")
      .output("tensor: element_dtype")
      .attr("element_dtype: type")
      .host("element_shape")
      .infer([](InferContext& c) {
        same_list(c);
        c.set_output(1, element_shape(c, 1));
      })
      .grad(pop_back_gradient)
      .grad_reads({"output_handle"})
      .set_by_kernel(1);

  registry.add("TensorListSetItem")
      .input("input_handle: variant")
      .input("index: int32")
      .input("item: element_dtype")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .attr("resize_if_index_out_of_bounds: bool = false")
      .host("index")
      .infer([](InferContext& c) { same_list(c); })
      .grad(set_item_gradient)
      .grad_reads({"input_handle", "index"});

  registry.add("TensorListResize")
      .input("input_handle: variant")
      .input("size: int32")
      .output("output_handle: variant")
      .host("size")
      .infer([](InferContext& c) { same_list(c); })
      .grad(resize_gradient)
      .grad_reads({"input_handle"});

  registry.add("TensorListScatterIntoExistingList")
      .input("input_handle: variant")
      .input("tensor: element_dtype")
      .input("indices: int32")
      .output("output_handle: variant")
      .attr("element_dtype: type")
      .host("indices")
      .infer([](InferContext& c) { same_list(c); })
      .grad(scatter_into_gradient)
      .grad_reads({"indices"});

  registry.add("TensorListConcatLists")
      .input("input_a: variant")
      .input("input_b: variant")
      .output("output: variant")
      .attr("element_dtype: type")
      .infer([](InferContext& c) {
        c.set_output(0, c.input(0).merge(c.input(1)));
        c.set_output_handle(0, list_info(c));
      })
      .no_grad();
}

void register_reading(OpRegistry& registry) {
  registry.add("TensorListLength")
      .input("input_handle: variant")
      .output("length: int32")
      .host_output("length")
      .infer(scalar_output)
      .no_grad();

  registry.add("TensorListElementShape")
      .input("input_handle: variant")
      .output("element_shape: shape_type")
      .attr("shape_type: {int32, int64}")
      .host_output("element_shape")
      .infer([](InferContext& c) {
        Shape element = list_info(c).shape;
        c.set_output(
            0, element.has_rank() ? Shape{element.rank()} : Shape::unknown());
      })
      .no_grad()
      .set_by_kernel();

  registry.add("TensorListGetItem")
      .input("input_handle: variant")
      .input("index: int32")
      .input("element_shape: Tshape")
      .output("item: element_dtype")
      .attr("element_dtype: type")
      .attr("Tshape: {int32, int64} = DT_INT32")
      .host({"index", "element_shape"})
      .infer([](InferContext& c) { c.set_output(0, element_shape(c, 2)); })
      .grad(get_item_gradient)
      .grad_reads({"input_handle", "index"})
      .set_by_kernel();

  registry.add("TensorListStack")
      .input("input_handle: variant")
      .input("element_shape: int32")
      .output("tensor: element_dtype")
      .attr("element_dtype: type")
      .attr("num_elements: int = -1")
      .host("element_shape")
      .infer([](InferContext& c) {
        stacked(c, c.attr<std::int64_t>("num_elements"), 1);
      })
      .grad(stack_gradient)
      .grad_reads({})
      .set_by_kernel();

  registry.add("TensorListGather")
      .input("input_handle: variant")
      .input("indices: int32")
      .input("element_shape: int32")
      .output("values: element_dtype")
      .attr("element_dtype: type")
      .host({"indices", "element_shape"})
      .infer([](InferContext& c) {
        const Shape& indices = c.with_rank(1, 1);
        stacked(c, indices.has_rank() ? indices[0] : -1, 2);
      })
      .grad(gather_gradient)
      .grad_reads({"input_handle", "indices"})
      .set_by_kernel();

  registry.add("TensorListConcat")
      .input("input_handle: variant")
      .output("tensor: element_dtype")
      .output("lengths: int64")
      .attr("element_dtype: type")
      .attr("element_shape: shape = { unknown_rank: true }")
      .infer([](InferContext& c) {
        joined(c, list_info(c).shape.merge(c.attr<Shape>("element_shape")));
      })
      .grad(concat_gradient)
      .grad_reads({"input_handle", "lengths"})
      .all_set_by_kernel();

  registry.add("TensorListConcatV2")
      .input("input_handle: variant")
      .input("element_shape: shape_type")
      .input("leading_dims: int64")
      .output("tensor: element_dtype")
      .output("lengths: int64")
      .attr("element_dtype: type")
      .attr("shape_type: {int32, int64}")
      .host({"element_shape", "leading_dims"})
      .infer([](InferContext& c) { joined(c, element_shape(c, 1)); })
      .grad(concat_gradient)
      .grad_reads({"input_handle", "lengths"})
      .all_set_by_kernel();
}

}  // namespace

void register_tensor_list_ops(OpRegistry& registry) {
  register_creation(registry);
  register_changes(registry);
  register_reading(registry);
}

}  // namespace tern
