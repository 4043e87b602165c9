// Queues as ops see them.

#include <algorithm>

#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/queue/resource_state.h"
#include "kernels/cpu/plain/queue/tensor_queue.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Element = TensorQueue::Element;

QueueSpec spec_of(const KernelContext& c) {
  QueueSpec spec;
  spec.name = c.op().name.substr(0, c.op().name.size() - 2);  // without V2
  spec.types = c.attr<std::vector<DType>>("component_types");
  spec.shapes = c.attr<std::vector<Shape>>("shapes");
  spec.capacity = c.attr<std::int64_t>("capacity");
  return spec;
}

template <class Change>
void make_queue(KernelContext& c, Change change) {
  set_resource(c, [&] {
    QueueSpec spec = spec_of(c);
    change(spec);
    return std::make_shared<TensorQueue>(std::move(spec));
  });
}

TensorQueue& queue_at(const KernelContext& c) {
  return resource_at<TensorQueue>(c, "queue");
}

void check_timeout(const KernelContext& c) {
  if (c.attr<std::int64_t>("timeout_ms") != -1)
    throw InvalidArgumentError("Timeout not supported yet.");
}

/// A tensor of its own over the same elements: who holds it may be a tape.
Tensor own(const Tensor& tensor) { return tensor.with_shape(tensor.shape()); }

void enqueue(KernelContext& c) {
  check_timeout(c);
  Element element;
  for (int i = 1; i < c.num_inputs(); ++i) element.push_back(own(c.input(i)));
  queue_at(c).enqueue({std::move(element)});
}

void enqueue_many(KernelContext& c) {
  check_timeout(c);
  for (int i = 1; i < c.num_inputs(); ++i)
    if (c.input(i).shape().rank() == 0 ||
        c.input(i).shape()[0] != c.input(1).shape()[0])
      throw InvalidArgumentError(
          "All input tensors must have the same size in the 0th dimension. "
          "Component ",
          i - 1,
          " has shape ",
          c.input(i).shape().debug_string(),
          ", and should have ",
          c.input(1).shape().rank() ? c.input(1).shape()[0] : 0,
          " rows");
  std::vector<Element> elements(
      static_cast<std::size_t>(c.input(1).shape()[0]));
  for (std::size_t row = 0; row < elements.size(); ++row)
    for (int i = 1; i < c.num_inputs(); ++i) {
      const auto at = static_cast<std::int64_t>(row);
      Tensor part = c.input(i).rows(at, at + 1);
      elements[row].push_back(part.with_shape(part.shape().slice(1)));
    }
  queue_at(c).enqueue(std::move(elements));
}

void dequeue(KernelContext& c) {
  check_timeout(c);
  Element element = std::move(queue_at(c).dequeue(1, 1)[0]);
  if (static_cast<int>(element.size()) != c.num_outputs())
    throw InvalidArgumentError(
        "The queue has ", element.size(), " components, not ", c.num_outputs());
  for (std::size_t i = 0; i < element.size(); ++i)
    c.set_output(static_cast<int>(i), own(element[i]));
}

/// The tensors of all elements at one place as rows; where the queue pads,
/// filled up with zeros to the largest.
Tensor stacked(const std::vector<Element>& elements,
               std::size_t component,
               const QueueSpec& spec) {
  const auto count = static_cast<std::int64_t>(elements.size());
  if (elements.empty()) {
    Shape empty = spec.shapes[component];
    for (int d = 0; d < empty.rank(); ++d)
      if (empty[d] < 0) empty.set_dim(d, 0);
    return Tensor::allocate(spec.types[component],
                            Shape({0}).concatenate(empty));
  }
  Shape shape = elements[0][component].shape();
  for (const Element& element : elements) {
    const Shape& other = element[component].shape();
    if (!spec.pads && !(other == shape))
      throw InvalidArgumentError("Shapes of elements differ: ",
                                 shape.debug_string(),
                                 " and ",
                                 other.debug_string());
    for (int d = 0; d < shape.rank(); ++d)
      shape.set_dim(d, std::max(shape[d], other[d]));
  }
  Tensor result = Tensor::allocate(spec.types[component],
                                   Shape({count}).concatenate(shape));
  RowCopier copy(result.dtype(), 1);
  for (std::int64_t i = 0; i < result.num_elements(); ++i)
    copy.clear(result.mutable_data(), i);
  const std::int64_t size = shape.num_elements();
  for (std::int64_t row = 0; row < count; ++row) {
    const Tensor& from = elements[static_cast<std::size_t>(row)][component];
    for (std::int64_t i = 0; i < from.num_elements(); ++i) {
      std::int64_t place = 0, stride = 1, rest = i;
      for (int d = shape.rank(); d-- > 0;) {
        place += rest % from.shape()[d] * stride;
        rest /= from.shape()[d];
        stride *= shape[d];
      }
      copy(from.raw_data(), i, result.mutable_data(), row * size + place);
    }
  }
  return result;
}

void dequeue_rows(KernelContext& c, bool up_to) {
  check_timeout(c);
  TensorQueue& queue = queue_at(c);
  const QueueSpec& spec = queue.spec();
  const std::int64_t count = c.host_int(1);
  if (count < 0)
    throw InvalidArgumentError(
        up_to ? "DequeueUpTo" : "DequeueMany", " requires n >= 0, got ", count);
  auto is_open = [&](const Shape& shape) {
    return spec.pads ? !shape.has_rank() : !shape.is_fully_known();
  };
  if (spec.shapes.empty() ||
      std::any_of(spec.shapes.begin(), spec.shapes.end(), is_open))
    throw InvalidArgumentError(
        spec.name,
        "'s DequeueMany and DequeueUpTo require the components to have "
        "specified shapes.");
  if (static_cast<int>(spec.types.size()) != c.num_outputs())
    throw InvalidArgumentError("The queue has ",
                               spec.types.size(),
                               " components, not ",
                               c.num_outputs());
  auto elements =
      queue.dequeue(up_to ? std::min<std::int64_t>(1, count) : count, count);
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, stacked(elements, static_cast<std::size_t>(i), spec));
}

}  // namespace

void register_queues_kernels(KernelRegistry& registry) {
  registry.add("FIFOQueueV2", {}, [](KernelContext& c) {
    make_queue(c, [](QueueSpec&) {});
  });
  registry.add("PaddingFIFOQueueV2", {}, [](KernelContext& c) {
    make_queue(c, [](QueueSpec& spec) { spec.pads = true; });
  });
  registry.add("RandomShuffleQueueV2", {}, [](KernelContext& c) {
    make_queue(c, [&](QueueSpec& spec) {
      spec.order = QueueOrder::kRandom;
      spec.min_after_dequeue = c.attr<std::int64_t>("min_after_dequeue");
      const auto seed =
          static_cast<std::uint64_t>(c.attr<std::int64_t>("seed"));
      const auto more =
          static_cast<std::uint64_t>(c.attr<std::int64_t>("seed2"));
      spec.seed = seed || more ? seed * 0x9e3779b97f4a7c15 + more
                               : std::random_device()();
    });
  });
  registry.add("PriorityQueueV2", {}, [](KernelContext& c) {
    make_queue(c, [](QueueSpec& spec) {
      spec.order = QueueOrder::kPriority;
      spec.types.insert(spec.types.begin(), int64);
      spec.shapes.insert(spec.shapes.begin(), Shape());
    });
  });
  registry.add("QueueEnqueueV2", {}, enqueue);
  registry.add("QueueEnqueueManyV2", {}, enqueue_many);
  registry.add("QueueDequeueV2", {}, dequeue);
  registry.add("QueueDequeueManyV2", {}, [](KernelContext& c) {
    dequeue_rows(c, /*up_to=*/false);
  });
  registry.add("QueueDequeueUpToV2", {}, [](KernelContext& c) {
    dequeue_rows(c, /*up_to=*/true);
  });
  registry.add("QueueCloseV2", {}, [](KernelContext& c) {
    queue_at(c).close(c.attr<bool>("cancel_pending_enqueues"));
  });
  registry.add("QueueSizeV2", {}, [](KernelContext& c) {
    c.out<std::int32_t>()[0] = static_cast<std::int32_t>(queue_at(c).size());
  });
  registry.add("QueueIsClosedV2", {}, [](KernelContext& c) {
    c.out<bool>()[0] = queue_at(c).is_closed();
  });
}

}  // namespace tern
