#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "tern/core/resource.h"
#include "tern/core/tensor.h"

namespace tern {

/// The value of a tensor list: tensors of one dtype whose shapes fit
/// `element_shape`. A list never changes; the functions that change one give a
/// new list, which shares the elements: a push takes constant time however
/// many lists there are, since each sees only its own first `size()` elements.
class TensorList : public VariantValue {
 public:
  /// `size` elements that are not set yet. max_size -1: no limit.
  TensorList(DType element_dtype,
             Shape element_shape,
             std::int64_t size = 0,
             std::int64_t max_size = -1);
  TensorList(DType element_dtype,
             Shape element_shape,
             std::vector<Tensor> elements);
  std::string_view kind() const override { return "TensorList"; }

  DType element_dtype() const { return element_dtype_; }
  const Shape& element_shape() const { return element_shape_; }
  std::int64_t size() const { return size_; }
  std::int64_t max_size() const { return max_size_; }

  /// Element i, undefined when it was never set.
  Tensor get(std::int64_t i) const;
  std::vector<Tensor> elements() const;

  TensorList push(Tensor element) const;
  /// Without the last element; the list must not be empty.
  TensorList pop() const;
  /// Grows by unset elements or loses the last ones.
  TensorList resize(std::int64_t size) const;
  /// With element i replaced. Copies the elements, unless the caller says that
  /// nobody will look at this list again (`consume`) and none shares them.
  TensorList set(std::int64_t i, Tensor element, bool consume) const;
  TensorList with_elements(std::vector<Tensor> elements) const;

 private:
  /// What lists share. The mutex guards `tensors`, which may hold more than a
  /// list sees.
  struct Elements {
    std::mutex mutex;
    std::vector<Tensor> tensors;
  };
  std::vector<Tensor> copy_locked(std::int64_t count) const;

  DType element_dtype_;
  Shape element_shape_;
  std::int64_t size_ = 0;
  std::int64_t max_size_ = -1;
  std::shared_ptr<Elements> elements_;
};

/// The list in a variant element. Throws InvalidArgumentError for anything
/// else.
const TensorList& list_of(const Variant& variant);
/// The list in a variant scalar.
const TensorList& list_of(const Tensor& handle);
/// A variant scalar that holds `list`.
Tensor tensor_of(TensorList list);

/// Lists of zeros for the lists of a variant tensor; unset elements stay so.
Tensor zeros_like_variant(const Tensor& lists);
/// Lists added element by element; an unset element counts as zero.
Tensor add_variants(const Tensor& a, const Tensor& b);

/// A shape as list ops take it: -1 for what is not known, a scalar -1 for an
/// unknown rank.
Tensor element_shape_tensor(const Shape& shape);

}  // namespace tern
