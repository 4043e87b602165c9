#include "tern/ops/queue.h"

#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Types = std::vector<DType>;
using Shapes = std::vector<Shape>;

/// A queue of vectors of two floats that holds three.
Input filled_queue() {
  return made([] {
    queue::FIFOQueue queue(5, {float32}, {Shape{2}});
    queue.enqueue_many({Tensor{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}});
    return queue.handle();
  });
}

Input stack(bool filled) {
  return made([filled] {
    Tensor stack = raw<"StackV2">(Tensor(-1), {{"elem_type", float32}});
    if (filled) raw<"StackPushV2">(stack, Tensor{1.0, 2.0}.as_dtype(float32));
    return stack;
  });
}

Tensor handle_of_accumulator() {
  Tensor handle = raw<"ResourceConditionalAccumulator">(
      Tensors{}, {{"dtype", float32}, {"shape", Shape{2}}});
  raw<"ResourceAccumulatorApplyGradient">(
      handle,
      Tensor(std::vector<std::int64_t>{0}, Shape()),
      Tensor{1.0, 2.0}.as_dtype(float32));
  return handle;
}

Input accumulator() { return made(handle_of_accumulator); }

Input long_scalar(std::int64_t number) {
  return made(
      [number] { return Tensor(std::vector<std::int64_t>{number}, Shape()); });
}

void add_queues(Samples& samples) {
  const Sample::NamedAttrs types = {{"component_types", Types{float32}},
                                    {"shapes", Shapes{Shape{2}}}};
  for (const char* op : {"FIFOQueueV2",
                         "PaddingFIFOQueueV2",
                         "RandomShuffleQueueV2",
                         "PriorityQueueV2"})
    samples.of(op).add(std::vector<Input>{}, types, kRandomResult);
  samples.of("QueueEnqueueV2")
      .add({filled_queue(), random({2})}, kFixedTypes | kHasEffects);
  samples.of("QueueEnqueueManyV2")
      .add({filled_queue(), random({2, 2})}, kFixedTypes | kHasEffects);
  const Sample::NamedAttrs one = {{"component_types", Types{float32}}};
  samples.of("QueueDequeueV2").add(filled_queue(), one, kFixedTypes);
  for (const char* op : {"QueueDequeueManyV2", "QueueDequeueUpToV2"})
    samples.of(op).add({filled_queue(), axis(2)}, one, kFixedTypes);
  samples.of("QueueCloseV2").add(filled_queue());
  samples.of("QueueSizeV2").add(filled_queue());
  samples.of("QueueIsClosedV2").add(filled_queue());
}

void add_stores(Samples& samples) {
  samples.of("StackV2").add(axis(3), {{"elem_type", float32}}, kRandomResult);
  samples.of("StackPushV2")
      .add({stack(false), random({2})}, kFixedTypes | kNoFiniteDifferences);
  samples.of("StackPopV2")
      .add(stack(true), {{"elem_type", float32}}, kFixedTypes);
  samples.of("StackCloseV2").add(stack(true));
  // Areas are known by their names alone, so a call changes the next one.
  auto area = [](const char* name) {
    return Sample::NamedAttrs{{"dtypes", Types{float32}},
                              {"shared_name", name}};
  };
  samples.of("Stage").add(
      random({2}), area("samples"), kFixedTypes | kHasEffects);
  for (const char* op : {"Unstage", "StagePeek"}) {
    std::vector<Input> inputs;
    if (std::string_view(op) == "StagePeek") inputs.push_back(axis(0));
    samples.of(op).add(inputs, area("samples"), kNotRunnable);
  }
  samples.of("StageSize").add(std::vector<Input>{}, area("empty"));
  samples.of("StageClear").add(std::vector<Input>{}, area("empty"));

  samples.of("ResourceConditionalAccumulator")
      .add(std::vector<Input>{},
           {{"dtype", float32}, {"shape", Shape{2}}},
           kRandomResult | kFixedTypes);
  samples.of("ResourceAccumulatorApplyGradient")
      .add({accumulator(), long_scalar(0), random({2})},
           {{"dtype", float32}},
           kFixedTypes);
  samples.of("ResourceAccumulatorTakeGradient")
      .add({accumulator(), axis(1)}, {{"dtype", float32}}, kFixedTypes);
  samples.of("ResourceAccumulatorNumAccumulated").add(accumulator());
  samples.of("ResourceAccumulatorSetGlobalStep")
      .add({accumulator(), long_scalar(3)});
}

/// Only graphs have references; there these stand for the ops above.
void add_references(Samples& samples) {
  const Sample::NamedAttrs types = {{"component_types", Types{float32}},
                                    {"shapes", Shapes{Shape{2}}}};
  for (const char* op :
       {"FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "PriorityQueue"})
    samples.of(op).add(std::vector<Input>{}, types, kNotRunnable);
  samples.of("ConditionalAccumulator")
      .add(std::vector<Input>{},
           {{"dtype", float32}, {"shape", Shape{2}}},
           kNotRunnable);
}

}  // namespace

void add_queue_samples(Samples& samples) {
  add_queues(samples);
  add_stores(samples);
  add_references(samples);
}

}  // namespace tern
