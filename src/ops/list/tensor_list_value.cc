#include "ops/apply.h"
#include "ops/list/tensor_list.h"
#include "tern/core/error.h"

namespace tern {

TensorList::TensorList(DType element_dtype,
                       Shape element_shape,
                       std::int64_t size,
                       std::int64_t max_size)
    : element_dtype_(element_dtype),
      element_shape_(std::move(element_shape)),
      size_(size),
      max_size_(max_size),
      elements_(std::make_shared<Elements>()) {
  elements_->tensors.resize(static_cast<std::size_t>(size));
}

TensorList::TensorList(DType element_dtype,
                       Shape element_shape,
                       std::vector<Tensor> elements)
    : TensorList(element_dtype, std::move(element_shape)) {
  size_ = static_cast<std::int64_t>(elements.size());
  elements_->tensors = std::move(elements);
}

Tensor TensorList::get(std::int64_t i) const {
  std::scoped_lock lock(elements_->mutex);
  return elements_->tensors[static_cast<std::size_t>(i)];
}

std::vector<Tensor> TensorList::copy_locked(std::int64_t count) const {
  auto begin = elements_->tensors.begin();
  return {begin, begin + count};
}

std::vector<Tensor> TensorList::elements() const {
  std::scoped_lock lock(elements_->mutex);
  return copy_locked(size_);
}

TensorList TensorList::with_elements(std::vector<Tensor> elements) const {
  TensorList list(element_dtype_, element_shape_, std::move(elements));
  list.max_size_ = max_size_;
  return list;
}

TensorList TensorList::push(Tensor element) const {
  std::unique_lock lock(elements_->mutex);
  auto size = static_cast<std::size_t>(size_);
  // What others pushed beyond this list's end goes when they are gone.
  if (elements_.use_count() == 1) elements_->tensors.resize(size);
  if (elements_->tensors.size() == size) {
    elements_->tensors.push_back(std::move(element));
    lock.unlock();
    TensorList list = *this;
    ++list.size_;
    return list;
  }
  std::vector<Tensor> elements = copy_locked(size_);
  elements.push_back(std::move(element));
  return with_elements(std::move(elements));
}

TensorList TensorList::pop() const {
  {
    std::scoped_lock lock(elements_->mutex);
    // Frees what an earlier pop left for its own input.
    if (elements_.use_count() == 1)
      elements_->tensors.resize(static_cast<std::size_t>(size_));
  }
  TensorList list = *this;
  --list.size_;
  return list;
}

TensorList TensorList::resize(std::int64_t size) const {
  std::vector<Tensor> elements;
  {
    std::scoped_lock lock(elements_->mutex);
    elements = copy_locked(std::min(size, size_));
  }
  elements.resize(static_cast<std::size_t>(size));
  return with_elements(std::move(elements));
}

TensorList TensorList::set(std::int64_t i, Tensor element, bool consume) const {
  auto position = static_cast<std::size_t>(i);
  if (consume && elements_.use_count() == 1) {
    elements_->tensors[position] = std::move(element);
    return *this;
  }
  std::vector<Tensor> changed = elements();
  changed[position] = std::move(element);
  return with_elements(std::move(changed));
}

const TensorList& list_of(const Variant& value) {
  auto* list = dynamic_cast<const TensorList*>(value.value().get());
  if (!list)
    throw InvalidArgumentError(
        "Input handle is not a list. Saw: '",
        value.value() ? value.value()->kind() : "nothing",
        "'");
  return *list;
}

const TensorList& list_of(const Tensor& handle) {
  if (handle.num_elements() != 1)
    throw InvalidArgumentError("Input list must be a scalar. Saw: ",
                               handle.shape().debug_string());
  return list_of(*handle.data<Variant>());
}

Tensor tensor_of(TensorList list) {
  Tensor handle = Tensor::allocate(variant, {});
  *handle.data<Variant>() =
      Variant(std::make_shared<TensorList>(std::move(list)));
  return handle;
}

namespace {

Tensor zeros_like_element(const Tensor& element) {
  if (!element.defined()) return {};
  return execute(raw<"ZerosLike">.def(), {&element, 1}, {})[0];
}

Tensor add_elements(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  if (a.dtype() == variant) return add_variants(a, b);
  Tensor pair[] = {a, b};
  return execute(raw<"AddV2">.def(), pair, {})[0];
}

TensorList add_lists(const TensorList& a, const TensorList& b) {
  if (!(a.element_dtype() == b.element_dtype()))
    throw InvalidArgumentError(
        "Trying to add two lists of tensors of different dtypes. One is ",
        a.element_dtype().name(),
        " and the other is ",
        b.element_dtype().name());
  if (a.size() != b.size())
    throw InvalidArgumentError(
        "Trying to add two lists of tensors with different number of elements. "
        "One is ",
        a.size(),
        " and the other is ",
        b.size());
  std::vector<Tensor> sums = a.elements();
  std::vector<Tensor> others = b.elements();
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] = add_elements(sums[i], others[i]);
  return TensorList(a.element_dtype(),
                    a.element_shape().merge(b.element_shape()),
                    std::move(sums));
}

}  // namespace

Tensor zeros_like_variant(const Tensor& lists) {
  Tensor result = Tensor::allocate(variant, lists.shape());
  for (std::int64_t i = 0; i < lists.num_elements(); ++i) {
    const TensorList& list = list_of(lists.data<Variant>()[i]);
    std::vector<Tensor> elements = list.elements();
    for (Tensor& element : elements) element = zeros_like_element(element);
    result.data<Variant>()[i] = Variant(
        std::make_shared<TensorList>(list.with_elements(std::move(elements))));
  }
  return result;
}

Tensor add_variants(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()))
    throw InvalidArgumentError("Trying to add variants of shapes ",
                               a.shape().debug_string(),
                               " and ",
                               b.shape().debug_string());
  Tensor result = Tensor::allocate(variant, a.shape());
  for (std::int64_t i = 0; i < a.num_elements(); ++i)
    result.data<Variant>()[i] = Variant(std::make_shared<TensorList>(add_lists(
        list_of(a.data<Variant>()[i]), list_of(b.data<Variant>()[i]))));
  return result;
}

}  // namespace tern
