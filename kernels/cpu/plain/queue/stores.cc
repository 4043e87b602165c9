// Stacks, staging areas and accumulators of gradients.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kernels/cpu/plain/queue/resource_state.h"
#include "kernels/cpu/plain/queue/waiting.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"

namespace tern {
namespace {

Tensor own(const Tensor& tensor) { return tensor.with_shape(tensor.shape()); }

class TensorStack : public Resource {
 public:
  TensorStack(DType dtype, std::int64_t most) : dtype_(dtype), most_(most) {}
  std::string_view kind() const override { return "stack"; }

  void push(const Tensor& tensor) {
    std::scoped_lock lock(mutex_);
    check_open();
    if (!(tensor.dtype() == dtype_))
      throw InvalidArgumentError(
          "Must have type ", dtype_.name(), " but got ", tensor.dtype().name());
    if (most_ >= 0 && static_cast<std::int64_t>(tensors_.size()) >= most_)
      throw InvalidArgumentError(
          "Stack[] overflowed its max_size (", most_, ")");
    tensors_.push_back(own(tensor));
  }
  Tensor pop() {
    std::scoped_lock lock(mutex_);
    check_open();
    if (tensors_.empty())
      throw InvalidArgumentError("Stack[] is empty when calling Pop().");
    Tensor last = std::move(tensors_.back());
    tensors_.pop_back();
    return last;
  }
  void close() {
    std::scoped_lock lock(mutex_);
    tensors_.clear();
    closed_ = true;
  }

 private:
  void check_open() const {
    if (closed_) throw InvalidArgumentError("Stack[] has already been closed.");
  }

  DType dtype_;
  std::int64_t most_;
  std::mutex mutex_;
  std::vector<Tensor> tensors_;
  bool closed_ = false;
};

TensorStack& stack_at(const KernelContext& c) {
  return resource_at<TensorStack>(c, "stack");
}

/// Elements that one part of a program leaves for another.
class StagingArea {
 public:
  using Element = std::vector<Tensor>;

  void put(Element element, std::int64_t capacity, std::int64_t memory) {
    std::int64_t bytes = bytes_of(element);
    if (memory > 0 && bytes > memory)
      throw ResourceExhaustedError(
          "Attempted to insert tensors with combined "
          "size of '",
          bytes,
          "' bytes into Staging Area with a memory "
          "limit of '",
          memory,
          "'.");
    std::unique_lock lock(mutex_);
    wait_until(changed_, lock, [&] {
      return (capacity <= 0 ||
              static_cast<std::int64_t>(elements_.size()) < capacity) &&
             (memory <= 0 || bytes_ + bytes <= memory);
    });
    bytes_ += bytes;
    elements_.push_back(std::move(element));
    changed_.notify_all();
  }
  Element take() {
    std::unique_lock lock(mutex_);
    wait_until(changed_, lock, [&] { return !elements_.empty(); });
    Element element = std::move(elements_.front());
    elements_.pop_front();
    bytes_ -= bytes_of(element);
    changed_.notify_all();
    return element;
  }
  Element peek(std::int64_t index) {
    std::unique_lock lock(mutex_);
    wait_until(changed_, lock, [&] {
      return index < static_cast<std::int64_t>(elements_.size());
    });
    return elements_[static_cast<std::size_t>(index)];
  }
  std::int64_t size() {
    std::scoped_lock lock(mutex_);
    return static_cast<std::int64_t>(elements_.size());
  }
  void clear() {
    std::scoped_lock lock(mutex_);
    elements_.clear();
    bytes_ = 0;
    changed_.notify_all();
  }

 private:
  static std::int64_t bytes_of(const Element& element) {
    std::size_t bytes = 0;
    for (const Tensor& tensor : element) bytes += tensor.num_bytes();
    return static_cast<std::int64_t>(bytes);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Element> elements_;
  std::int64_t bytes_ = 0;
};

/// One area a process and name: the ops that put and those that take are
/// different nodes.
StagingArea& area_of(const KernelContext& c) {
  static std::mutex mutex;
  static auto& areas =
      *new std::unordered_map<std::string, std::unique_ptr<StagingArea>>();
  std::scoped_lock lock(mutex);
  auto& area = areas[c.attr<std::string>("container") + "/" +
                     c.attr<std::string>("shared_name")];
  if (!area) area = std::make_unique<StagingArea>();
  return *area;
}

void set_element(KernelContext& c, const StagingArea::Element& element) {
  if (static_cast<int>(element.size()) != c.num_outputs())
    throw InvalidArgumentError(
        "Mismatch stage/unstage: ", element.size(), " vs. ", c.num_outputs());
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Tensor& tensor = element[static_cast<std::size_t>(i)];
    if (!(tensor.dtype() == c.output_dtype(i)))
      throw InvalidArgumentError("Mismatch stage/unstage: ",
                                 tensor.dtype().name(),
                                 " vs. ",
                                 c.output_dtype(i).name());
    c.set_output(i, own(tensor));
  }
}

void stage(KernelContext& c) {
  StagingArea::Element element;
  for (int i = 0; i < c.num_inputs(); ++i) element.push_back(own(c.input(i)));
  area_of(c).put(std::move(element),
                 c.attr<std::int64_t>("capacity"),
                 c.attr<std::int64_t>("memory_limit"));
}

/// Gradients summed up until enough are there. Those of an earlier step than
/// the accumulator's are dropped.
class GradientAccumulator : public Resource {
 public:
  GradientAccumulator(DType dtype, Shape shape, bool mean)
      : dtype_(dtype), shape_(std::move(shape)), mean_(mean) {}
  std::string_view kind() const override { return "accumulator"; }

  void apply(std::int64_t step, const Tensor& gradient) {
    if (!(gradient.dtype() == dtype_) ||
        !gradient.shape().is_compatible_with(shape_))
      throw InvalidArgumentError("Shape mismatch: expected ",
                                 shape_.debug_string(),
                                 " of ",
                                 dtype_.name(),
                                 ", got ",
                                 gradient.shape().debug_string(),
                                 " of ",
                                 gradient.dtype().name());
    std::scoped_lock lock(mutex_);
    if (step < step_) return;
    const auto values = wide_values<double>(gradient);
    if (count_ == 0) {
      found_ = gradient.shape();
      sum_.assign(values.size(), 0.0);
    } else if (!(found_ == gradient.shape())) {
      throw InvalidArgumentError("Shape mismatch: expected ",
                                 found_.debug_string(),
                                 ", got ",
                                 gradient.shape().debug_string());
    }
    for (std::size_t i = 0; i < values.size(); ++i) sum_[i] += values[i];
    ++count_;
    changed_.notify_all();
  }

  Tensor take(std::int64_t required) {
    if (required < 1)
      throw InvalidArgumentError("Argument num_required must be positive, got ",
                                 required);
    std::unique_lock lock(mutex_);
    wait_until(changed_, lock, [&] { return count_ >= required; });
    if (mean_)
      for (double& value : sum_) value /= static_cast<double>(count_);
    Tensor result = tensor_of_values(dtype_, found_, sum_);
    count_ = 0;
    ++step_;
    return result;
  }
  std::int64_t count() {
    std::scoped_lock lock(mutex_);
    return count_;
  }
  void set_step(std::int64_t step) {
    std::scoped_lock lock(mutex_);
    step_ = step;
  }

 private:
  DType dtype_;
  Shape shape_;
  bool mean_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t count_ = 0, step_ = 0;
  Shape found_;
  std::vector<double> sum_;
};

GradientAccumulator& accumulator_at(const KernelContext& c) {
  return resource_at<GradientAccumulator>(c, "accumulator");
}

}  // namespace

void register_stores_kernels(KernelRegistry& registry) {
  registry.add("StackV2", {}, [](KernelContext& c) {
    const std::int64_t most = c.host_int(0);
    set_resource(c, [&] {
      return std::make_shared<TensorStack>(c.attr<DType>("elem_type"), most);
    });
  });
  registry.add("StackPushV2", {}, [](KernelContext& c) {
    stack_at(c).push(c.input(1));
    c.forward(1);
  });
  registry.add("StackPopV2", {}, [](KernelContext& c) {
    c.set_output(0, stack_at(c).pop());
  });
  registry.add(
      "StackCloseV2", {}, [](KernelContext& c) { stack_at(c).close(); });

  registry.add("Stage", {}, stage);
  registry.add("Unstage", {}, [](KernelContext& c) {
    set_element(c, area_of(c).take());
  });
  registry.add("StagePeek", {}, [](KernelContext& c) {
    const std::int64_t index = c.host_int(0);
    if (index < 0)
      throw InvalidArgumentError("StagePeek: index ", index, " is negative");
    set_element(c, area_of(c).peek(index));
  });
  registry.add("StageSize", {}, [](KernelContext& c) {
    c.out<std::int32_t>()[0] = static_cast<std::int32_t>(area_of(c).size());
  });
  registry.add("StageClear", {}, [](KernelContext& c) { area_of(c).clear(); });

  registry.add("ResourceConditionalAccumulator", {}, [](KernelContext& c) {
    set_resource(c, [&] {
      return std::make_shared<GradientAccumulator>(
          c.attr<DType>("dtype"),
          c.attr<Shape>("shape"),
          c.attr<std::string>("reduction_type") == "MEAN");
    });
  });
  registry.add("ResourceAccumulatorApplyGradient", {}, [](KernelContext& c) {
    accumulator_at(c).apply(c.host_int(1), c.input(2));
  });
  registry.add("ResourceAccumulatorTakeGradient", {}, [](KernelContext& c) {
    c.set_output(0, accumulator_at(c).take(c.host_int(1)));
  });
  registry.add("ResourceAccumulatorNumAccumulated", {}, [](KernelContext& c) {
    c.out<std::int32_t>()[0] =
        static_cast<std::int32_t>(accumulator_at(c).count());
  });
  registry.add("ResourceAccumulatorSetGlobalStep", {}, [](KernelContext& c) {
    accumulator_at(c).set_step(c.host_int(1));
  });
}

}  // namespace tern
