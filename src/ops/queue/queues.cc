// queues.cc: queues, stacks, staging areas and accumulators of gradients.
// Handles that are references stand for the ops of resources, as those of
// tables do.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/queue.h"

namespace tern {
namespace {

void handle(InferContext& c) { c.set_output(0, Shape()); }
void reference(InferContext& c) { c.set_output(0, Shape{2}); }
void handle_given(InferContext& c) { c.with_rank(0, 0); }
void anything(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape::unknown());
}

void add_reference_ops(OpRegistry& registry) {
  registry.add("FIFOQueue")
      .output("handle: Ref(string)")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("PaddingFIFOQueue")
      .output("handle: Ref(string)")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("RandomShuffleQueue")
      .output("handle: Ref(string)")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("min_after_dequeue: int = 0")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("PriorityQueue")
      .output("handle: Ref(string)")
      .attr("component_types: list(type) >= 0 = []")
      .attr("shapes: list(shape) >= 0")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("QueueEnqueue")
      .input("handle: Ref(string)")
      .input("components: Tcomponents")
      .attr("Tcomponents: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext&) {});
  registry.add("QueueEnqueueMany")
      .input("handle: Ref(string)")
      .input("components: Tcomponents")
      .attr("Tcomponents: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext&) {});
  registry.add("QueueDequeue")
      .input("handle: Ref(string)")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer(anything);
  registry.add("QueueDequeueMany")
      .input("handle: Ref(string)")
      .input("n: int32")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer(anything);
  registry.add("QueueDequeueUpTo")
      .input("handle: Ref(string)")
      .input("n: int32")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kHostOnly)
      .infer(anything);
  registry.add("QueueClose")
      .input("handle: Ref(string)")
      .attr("cancel_pending_enqueues: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext&) {});
  registry.add("QueueSize")
      .input("handle: Ref(string)")
      .output("size: int32")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalar_output);
  registry.add("QueueIsClosed")
      .input("handle: Ref(string)")
      .output("is_closed: bool")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalar_output);
  registry.add("ConditionalAccumulator")
      .output("handle: Ref(string)")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .attr("shape: shape")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("reduction_type: {'MEAN', 'SUM'} = 'MEAN'")
      .traits(kStateful | kHostOnly)
      .infer(reference);
  registry.add("AccumulatorApplyGradient")
      .input("handle: Ref(string)")
      .input("local_step: int64")
      .input("gradient: dtype")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext&) {});
  registry.add("AccumulatorTakeGradient")
      .input("handle: Ref(string)")
      .input("num_required: int32")
      .output("average: dtype")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .no_grad()
      .traits(kHostOnly)
      .infer(anything);
  registry.add("AccumulatorNumAccumulated")
      .input("handle: Ref(string)")
      .output("num_accumulated: int32")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalar_output);
  registry.add("AccumulatorSetGlobalStep")
      .input("handle: Ref(string)")
      .input("new_global_step: int64")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext&) {});
}

}  // namespace

void register_queues_ops(OpRegistry& registry) {
  registry.add("FIFOQueueV2")
      .output("handle: resource")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("PaddingFIFOQueueV2")
      .output("handle: resource")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("RandomShuffleQueueV2")
      .output("handle: resource")
      .attr("component_types: list(type) >= 1")
      .attr("shapes: list(shape) >= 0 = []")
      .attr("capacity: int = -1")
      .attr("min_after_dequeue: int = 0")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("PriorityQueueV2")
      .output("handle: resource")
      .attr("component_types: list(type) >= 0 = []")
      .attr("shapes: list(shape) >= 0")
      .attr("capacity: int = -1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("QueueEnqueueV2")
      .input("handle: resource")
      .input("components: Tcomponents")
      .attr("Tcomponents: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_given);
  registry.add("QueueEnqueueManyV2")
      .input("handle: resource")
      .input("components: Tcomponents")
      .attr("Tcomponents: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_given);
  registry.add("QueueDequeueV2")
      .input("handle: resource")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(anything)
      .all_set_by_kernel();
  registry.add("QueueDequeueManyV2")
      .input("handle: resource")
      .input("n: int32")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("n")
      .infer(anything)
      .all_set_by_kernel();
  registry.add("QueueDequeueUpToV2")
      .input("handle: resource")
      .input("n: int32")
      .output("components: component_types")
      .attr("component_types: list(type) >= 1")
      .attr("timeout_ms: int = -1")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("n")
      .infer(anything)
      .all_set_by_kernel();
  registry.add("QueueCloseV2")
      .input("handle: resource")
      .attr("cancel_pending_enqueues: bool = false")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_given);
  registry.add("QueueSizeV2")
      .input("handle: resource")
      .output("size: int32")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(scalar_output);
  registry.add("QueueIsClosedV2")
      .input("handle: resource")
      .output("is_closed: bool")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(scalar_output);

  registry.add("StackV2")
      .input("max_size: int32")
      .output("handle: resource")
      .attr("elem_type: type")
      .attr("stack_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("max_size")
      .infer(handle);
  registry.add("StackPushV2")
      .input("handle: resource")
      .input("elem: T")
      .output("output: T")
      .attr("T: type")
      .attr("swap_memory: bool = false")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer([](InferContext& c) { c.set_output(0, c.input(1)); })
      .forwards();
  registry.add("StackPopV2")
      .input("handle: resource")
      .output("elem: elem_type")
      .attr("elem_type: type")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(anything)
      .set_by_kernel();
  registry.add("StackCloseV2")
      .input("handle: resource")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle_given);

  registry.add("Stage")
      .input("values: dtypes")
      .attr("capacity: int >= 0 = 0")
      .attr("memory_limit: int >= 0 = 0")
      .attr("dtypes: list(type) >= 1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer([](InferContext&) {});
  registry.add("Unstage")
      .output("values: dtypes")
      .attr("capacity: int >= 0 = 0")
      .attr("memory_limit: int >= 0 = 0")
      .attr("dtypes: list(type) >= 1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(anything)
      .all_set_by_kernel();
  registry.add("StagePeek")
      .input("index: int32")
      .output("values: dtypes")
      .attr("capacity: int >= 0 = 0")
      .attr("memory_limit: int >= 0 = 0")
      .attr("dtypes: list(type) >= 1")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("index")
      .infer(anything)
      .all_set_by_kernel();
  registry.add("StageSize")
      .output("size: int32")
      .attr("capacity: int >= 0 = 0")
      .attr("memory_limit: int >= 0 = 0")
      .attr("dtypes: list(type)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(scalar_output);
  registry.add("StageClear")
      .attr("capacity: int >= 0 = 0")
      .attr("memory_limit: int >= 0 = 0")
      .attr("dtypes: list(type)")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer([](InferContext&) {});

  registry.add("ResourceConditionalAccumulator")
      .output("handle: resource")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .attr("shape: shape")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("reduction_type: {'MEAN', 'SUM'} = 'MEAN'")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(handle);
  registry.add("ResourceAccumulatorApplyGradient")
      .input("handle: resource")
      .input("local_step: int64")
      .input("gradient: dtype")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("local_step")
      .infer(handle_given);
  registry.add("ResourceAccumulatorTakeGradient")
      .input("handle: resource")
      .input("num_required: int32")
      .output("average: dtype")
      .attr(
          "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("num_required")
      .infer(anything)
      .set_by_kernel();
  registry.add("ResourceAccumulatorNumAccumulated")
      .input("handle: resource")
      .output("num_accumulated: int32")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer(scalar_output);
  registry.add("ResourceAccumulatorSetGlobalStep")
      .input("handle: resource")
      .input("new_global_step: int64")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .host("new_global_step")
      .infer(handle_given);
  add_reference_ops(registry);
}

namespace queue {

void Queue::enqueue(const Tensors& components) const {
  Tensors inputs{handle_};
  for (std::size_t i = 0; i < components.size(); ++i)
    inputs.push_back(i < types_.size() ? components[i].as_dtype(types_[i])
                                       : components[i]);
  raw<"QueueEnqueueV2">(inputs);
}

void Queue::enqueue_many(const Tensors& components) const {
  Tensors inputs{handle_};
  for (std::size_t i = 0; i < components.size(); ++i)
    inputs.push_back(i < types_.size() ? components[i].as_dtype(types_[i])
                                       : components[i]);
  raw<"QueueEnqueueManyV2">(inputs);
}

Tensors Queue::dequeue() const {
  return raw<"QueueDequeueV2">.outputs({handle_},
                                       {{"component_types", types_}});
}

Tensors Queue::dequeue_many(const Tensor& n) const {
  return raw<"QueueDequeueManyV2">.outputs({handle_, n},
                                           {{"component_types", types_}});
}

Tensors Queue::dequeue_up_to(const Tensor& n) const {
  return raw<"QueueDequeueUpToV2">.outputs({handle_, n},
                                           {{"component_types", types_}});
}

Tensor Queue::size() const { return raw<"QueueSizeV2">(handle_); }
Tensor Queue::is_closed() const { return raw<"QueueIsClosedV2">(handle_); }

void Queue::close(bool cancel_pending_enqueues) const {
  raw<"QueueCloseV2">(handle_,
                      {{"cancel_pending_enqueues", cancel_pending_enqueues}});
}

FIFOQueue::FIFOQueue(std::int64_t capacity,
                     std::vector<DType> dtypes,
                     std::vector<Shape> shapes)
    : Queue(raw<"FIFOQueueV2">(Tensors{},
                               {{"component_types", dtypes},
                                {"shapes", shapes},
                                {"capacity", capacity}}),
            dtypes) {}

PaddingFIFOQueue::PaddingFIFOQueue(std::int64_t capacity,
                                   std::vector<DType> dtypes,
                                   std::vector<Shape> shapes)
    : Queue(raw<"PaddingFIFOQueueV2">(Tensors{},
                                      {{"component_types", dtypes},
                                       {"shapes", shapes},
                                       {"capacity", capacity}}),
            dtypes) {}

RandomShuffleQueue::RandomShuffleQueue(std::int64_t capacity,
                                       std::int64_t min_after_dequeue,
                                       std::vector<DType> dtypes,
                                       std::vector<Shape> shapes,
                                       std::int64_t seed)
    : Queue(
          raw<"RandomShuffleQueueV2">(Tensors{},
                                      {{"component_types", dtypes},
                                       {"shapes", shapes},
                                       {"capacity", capacity},
                                       {"min_after_dequeue", min_after_dequeue},
                                       {"seed", seed}}),
          dtypes) {}

PriorityQueue::PriorityQueue(std::int64_t capacity,
                             std::vector<DType> types,
                             std::vector<Shape> shapes)
    : Queue(raw<"PriorityQueueV2">(Tensors{},
                                   {{"component_types", types},
                                    {"shapes", shapes},
                                    {"capacity", capacity}}),
            with_priority(types)) {}

std::vector<DType> PriorityQueue::with_priority(std::vector<DType> types) {
  types.insert(types.begin(), int64);
  return types;
}

}  // namespace queue

ConditionalAccumulator::ConditionalAccumulator(DType dtype,
                                               const Shape& shape,
                                               AccumulatorOptions options)
    : handle_(raw<"ResourceConditionalAccumulator">(
          Tensors{},
          {{"dtype", dtype},
           {"shape", shape},
           {"reduction_type", options.reduction_type}})),
      dtype_(dtype) {}

void ConditionalAccumulator::apply_grad(const Tensor& grad,
                                        std::int64_t local_step) const {
  raw<"ResourceAccumulatorApplyGradient">(
      handle_,
      Tensor(std::vector<std::int64_t>{local_step}, Shape()),
      grad.as_dtype(dtype_));
}

Tensor ConditionalAccumulator::take_grad(std::int64_t num_required) const {
  return raw<"ResourceAccumulatorTakeGradient">(
      handle_,
      Tensor(static_cast<std::int32_t>(num_required)),
      {{"dtype", dtype_}});
}

Tensor ConditionalAccumulator::num_accumulated() const {
  return raw<"ResourceAccumulatorNumAccumulated">(handle_);
}

void ConditionalAccumulator::set_global_step(std::int64_t step) const {
  raw<"ResourceAccumulatorSetGlobalStep">(
      handle_, Tensor(std::vector<std::int64_t>{step}, Shape()));
}

}  // namespace tern
