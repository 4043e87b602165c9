#include "kernels/cpu/plain/list/tensor_array.h"

#include <numeric>

#include "kernels/cpu/plain/list/tensor_list_elements.h"
#include "kernels/cpu/plain/math/row_arithmetic.h"
#include "tern/core/error.h"

namespace tern {

template <class... Parts>
void TensorArrayCell::fail(const Parts&... parts) const {
  throw InvalidArgumentError("TensorArray ", options_.name, ": ", parts...);
}

void TensorArrayCell::check_open() const {
  if (closed_) fail("Tensor has already been closed.");
}

std::int64_t TensorArrayCell::size() {
  std::scoped_lock lock(mutex_);
  check_open();
  return static_cast<std::int64_t>(elements_.size());
}

TensorArrayCell::Element& TensorArrayCell::writable(std::int64_t index) {
  auto size = static_cast<std::int64_t>(elements_.size());
  if (index < 0 || (index >= size && !options_.dynamic_size))
    fail("Tried to write to index ",
         index,
         " but array is not resizeable and size is: ",
         size);
  // An index out of a damaged file must not exhaust the memory.
  constexpr std::int64_t kMaxElements = std::int64_t{1} << 27;
  if (index >= kMaxElements)
    throw ResourceExhaustedError(
        "TensorArray ", options_.name, ": index ", index, " is too large");
  if (index >= size) elements_.resize(static_cast<std::size_t>(index) + 1);
  return elements_[static_cast<std::size_t>(index)];
}

void TensorArrayCell::check_value(std::int64_t index,
                                  const Tensor& value) const {
  if (!(value.dtype() == options_.dtype))
    fail("Could not write to TensorArray index ",
         index,
         " because the value dtype is ",
         value.dtype().name(),
         " but TensorArray dtype is ",
         options_.dtype.name(),
         ".");
  if (!value.shape().is_compatible_with(options_.element_shape))
    fail("Could not write to TensorArray index ",
         index,
         " because the value shape is ",
         value.shape().debug_string(),
         " which is incompatible with the TensorArray's inferred element "
         "shape: ",
         options_.element_shape.debug_string(),
         " (consider setting infer_shape=False).");
}

void TensorArrayCell::write(std::int64_t index, const Tensor& value) {
  std::scoped_lock lock(mutex_);
  check_open();
  Element& element = writable(index);
  check_value(index, value);
  if (element.state == State::kCleared)
    fail("Could not write to TensorArray index ",
         index,
         " because it has already been read.");
  if (element.state == State::kSet && !options_.adds_writes)
    fail("Could not write to TensorArray index ",
         index,
         " because it has already been written to.");
  if (options_.identical_element_shapes)
    options_.element_shape = options_.element_shape.merge(value.shape());
  if (element.state == State::kUnset) {
    // A tensor of its own: tapes tell the element from what was put in.
    element = {State::kSet, value.with_shape(value.shape()), value.shape()};
    return;
  }
  if (!(element.value.shape() == value.shape()))
    fail("Could not aggregate to TensorArray index ",
         index,
         " because the existing shape is ",
         element.value.shape().debug_string(),
         " but the new input shape is ",
         value.shape().debug_string(),
         ".");
  Tensor sum = element.value.clone();
  row_function(RowOperation::kAdd, sum.dtype())(
      sum.mutable_data(), value.raw_data(), sum.num_elements());
  element.value = std::move(sum);
}

Tensor TensorArrayCell::read(std::int64_t index) {
  std::scoped_lock lock(mutex_);
  check_open();
  if (index < 0 || index >= static_cast<std::int64_t>(elements_.size()))
    fail("Tried to read from index ",
         index,
         " but array size is: ",
         elements_.size());
  Element& element = elements_[static_cast<std::size_t>(index)];
  if (element.state == State::kCleared)
    fail("Could not read index ",
         index,
         " twice because it was cleared after a previous read (perhaps try "
         "setting clear_after_read = false?).");
  if (element.state == State::kUnset) {
    Shape shape = options_.element_shape.is_compatible_with(element.shape)
                      ? options_.element_shape.merge(element.shape)
                      : element.shape;
    if (!shape.is_fully_known())
      fail("Could not read from TensorArray index ",
           index,
           ".  Furthermore, the element shape is not fully defined: ",
           shape.debug_string(),
           ".");
    return zeros_of(options_.dtype, shape);
  }
  Tensor value = element.value.with_shape(element.value.shape());
  if (options_.clear_after_read)
    element = {State::kCleared, Tensor(), element.shape};
  return value;
}

std::shared_ptr<TensorArrayCell> TensorArrayCell::gradients(
    const std::string& source) {
  std::scoped_lock lock(mutex_);
  check_open();
  std::shared_ptr<TensorArrayCell>& made = gradients_[source];
  if (made) return made;
  Options options = options_;
  options.name += "@" + source;
  options.dynamic_size = false;
  options.clear_after_read = true;
  options.adds_writes = true;
  made = std::make_shared<TensorArrayCell>(
      options, static_cast<std::int64_t>(elements_.size()));
  for (std::size_t i = 0; i < elements_.size(); ++i)
    made->elements_[i].shape = elements_[i].shape;
  return made;
}

void TensorArrayCell::close() {
  std::scoped_lock lock(mutex_);
  elements_.clear();
  gradients_.clear();
  closed_ = true;
}

namespace {

TensorArrayCell& array_of(const KernelContext& c) {
  auto* array =
      dynamic_cast<TensorArrayCell*>(c.in<ResourceHandle>(0)[0].object().get());
  if (!array)
    throw InvalidArgumentError(c.op().name,
                               ": the handle does not stand for a TensorArray");
  return *array;
}

void set_handle(KernelContext& c,
                const std::shared_ptr<TensorArrayCell>& array) {
  c.out<ResourceHandle>()[0] =
      ResourceHandle(array, array->dtype(), array->element_shape());
}

/// The flow comes last among the inputs and goes on as output `o`.
void pass_flow(KernelContext& c, int o = 0) {
  c.out<float>(o)[0] = c.in<float>(c.num_inputs() - 1)[0];
}

void make_array(KernelContext& c) {
  std::int64_t size = c.in<std::int32_t>(0)[0];
  if (size < 0) throw InvalidArgumentError("Size should be >= 0, got ", size);
  TensorArrayCell::Options options;
  options.name = c.attr<std::string>("tensor_array_name");
  options.dtype = c.attr<DType>("dtype");
  options.element_shape = c.attr<Shape>("element_shape");
  options.dynamic_size = c.attr<bool>("dynamic_size");
  options.clear_after_read = c.attr<bool>("clear_after_read");
  options.identical_element_shapes = c.attr<bool>("identical_element_shapes");
  set_handle(c, std::make_shared<TensorArrayCell>(std::move(options), size));
  c.out<float>(1)[0] = 0;
}

void make_gradient_array(KernelContext& c) {
  set_handle(c, array_of(c).gradients(c.attr<std::string>("source")));
  pass_flow(c, 1);
}

void check_read_dtype(const KernelContext& c, const TensorArrayCell& array) {
  DType dtype = c.attr<DType>("dtype");
  if (!(dtype == array.dtype()))
    throw InvalidArgumentError("TensorArray dtype is ",
                               array.dtype().name(),
                               " but Op requested dtype ",
                               dtype.name(),
                               ".");
}

void read(KernelContext& c) {
  TensorArrayCell& array = array_of(c);
  check_read_dtype(c, array);
  c.set_output(0, array.read(c.in<std::int32_t>(1)[0]));
}

/// Elements of one shape, but for their first `skipped` dimensions, one after
/// another under `shape`.
void join(KernelContext& c,
          const std::vector<Tensor>& elements,
          const Shape& shape,
          int skipped) {
  ElementAppender rows(c.allocate_output(0, shape));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Shape& found = elements[i].shape();
    if (!(found.slice(skipped) == elements[0].shape().slice(skipped)))
      throw InvalidArgumentError(
          "TensorArray has inconsistent shapes.  Index 0 has shape: ",
          elements[0].shape().debug_string(),
          " but index ",
          i,
          " has shape: ",
          found.debug_string());
    rows.append(elements[i]);
  }
}

void gather(KernelContext& c) {
  TensorArrayCell& array = array_of(c);
  check_read_dtype(c, array);
  std::vector<Tensor> elements;
  for (std::int32_t index : c.in<std::int32_t>(1))
    elements.push_back(array.read(index));
  Shape element = array.element_shape();
  if (element.is_compatible_with(c.attr<Shape>("element_shape")))
    element = element.merge(c.attr<Shape>("element_shape"));
  if (!elements.empty()) element = elements[0].shape();
  if (!element.is_fully_known())
    throw UnimplementedError(
        "TensorArray has size zero, but element shape ",
        element.debug_string(),
        " is not fully defined. Currently only static shapes are supported "
        "when packing zero-size TensorArrays.");
  join(c,
       elements,
       Shape({static_cast<std::int64_t>(elements.size())}).concatenate(element),
       /*skipped=*/0);
}

void concat(KernelContext& c) {
  TensorArrayCell& array = array_of(c);
  check_read_dtype(c, array);
  std::vector<Tensor> elements;
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0, size = array.size(); i < size; ++i) {
    elements.push_back(array.read(i));
    if (elements.back().shape().rank() == 0)
      throw InvalidArgumentError(
          "Concat saw a scalar shape at index ",
          i,
          " but requires at least vectors.  Did you mean to call pack?");
    lengths.push_back(elements.back().shape()[0]);
  }
  Shape rest = elements.empty() ? c.attr<Shape>("element_shape_except0")
                                : elements[0].shape().slice(1);
  if (!rest.is_fully_known())
    throw UnimplementedError(
        "TensorArray has size zero, but element_shape_except0 ",
        rest.debug_string(),
        " is not fully defined. Currently only static shapes are supported "
        "when concatenating zero-size TensorArrays.");
  std::int64_t total =
      std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  join(c, elements, Shape({total}).concatenate(rest), /*skipped=*/1);
  Tensor& out =
      c.allocate_output(1, Shape({static_cast<std::int64_t>(lengths.size())}));
  std::copy(lengths.begin(), lengths.end(), out.data<std::int64_t>());
}

void write(KernelContext& c) {
  array_of(c).write(c.in<std::int32_t>(1)[0], c.input(2));
  pass_flow(c);
}

void scatter(KernelContext& c) {
  TensorArrayCell& array = array_of(c);
  const Tensor& value = c.input(2);
  auto indices = c.in<std::int32_t>(1);
  if (value.shape().rank() == 0 ||
      value.shape()[0] != static_cast<std::int64_t>(indices.size()))
    throw InvalidArgumentError(
        "Expected values to have first dimension equal to the number of "
        "indices, but it has shape ",
        value.shape().debug_string(),
        " and there are ",
        indices.size(),
        " indices");
  for (std::size_t i = 0; i < indices.size(); ++i) {
    auto row = static_cast<std::int64_t>(i);
    array.write(indices[i],
                value.rows(row, row + 1).with_shape(value.shape().slice(1)));
  }
  pass_flow(c);
}

void split(KernelContext& c) {
  TensorArrayCell& array = array_of(c);
  const Tensor& value = c.input(1);
  auto lengths = c.in<std::int64_t>(2);
  std::int64_t total = 0;
  bool negative = false;
  for (std::int64_t length : lengths) {
    negative = negative || length < 0;
    total += length;
  }
  if (value.shape().rank() == 0 || negative || total != value.shape()[0])
    throw InvalidArgumentError(
        "Expected sum of lengths to be equal to values.shape[0], but sum of "
        "lengths is ",
        total,
        " and value's shape is: ",
        value.shape().debug_string());
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    array.write(static_cast<std::int64_t>(i),
                value.rows(begin, begin + lengths[i]));
    begin += lengths[i];
  }
  pass_flow(c);
}

void size(KernelContext& c) {
  c.out<std::int32_t>()[0] = static_cast<std::int32_t>(array_of(c).size());
}

void close(KernelContext& c) { array_of(c).close(); }

}  // namespace

void register_tensor_array_kernels(KernelRegistry& registry) {
  registry.add("TensorArrayV3", {}, make_array);
  registry.add("TensorArrayGradV3", {}, make_gradient_array);
  registry.add("TensorArrayReadV3", {}, read);
  registry.add("TensorArrayGatherV3", {}, gather);
  registry.add("TensorArrayConcatV3", {}, concat);
  registry.add("TensorArrayWriteV3", {}, write);
  registry.add("TensorArrayScatterV3", {}, scatter);
  registry.add("TensorArraySplitV3", {}, split);
  registry.add("TensorArraySizeV3", {}, size);
  registry.add("TensorArrayCloseV3", {}, close);
}

}  // namespace tern
