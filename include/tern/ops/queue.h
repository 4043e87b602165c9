#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {
namespace queue {

/// Elements of one or several tensors that threads hand on to one another. A
/// copy is another handle to the same queue. Who finds it full or empty waits;
/// a CancellationScope ends that.
class Queue {
 public:
  const Tensor& handle() const { return handle_; }
  const std::vector<DType>& dtypes() const { return types_; }

  /// Throws CancelledError once the queue is closed, InvalidArgumentError for
  /// tensors of other dtypes or shapes.
  void enqueue(const Tensors& components) const;
  /// One element a row.
  void enqueue_many(const Tensors& components) const;
  /// Throws OutOfRangeError where the queue is closed and has too few
  /// elements.
  Tensors dequeue() const;
  /// n elements as rows; needs the shapes of elements.
  Tensors dequeue_many(const Tensor& n) const;
  /// Fewer than n, too, once the queue is closed.
  Tensors dequeue_up_to(const Tensor& n) const;
  Tensor size() const;
  Tensor is_closed() const;
  void close(bool cancel_pending_enqueues = false) const;

 protected:
  Queue(Tensor handle, std::vector<DType> types)
      : handle_(std::move(handle)), types_(std::move(types)) {}

 private:
  Tensor handle_;
  std::vector<DType> types_;
};

/// First in, first out. capacity -1: no limit.
class FIFOQueue : public Queue {
 public:
  FIFOQueue(std::int64_t capacity,
            std::vector<DType> dtypes,
            std::vector<Shape> shapes = {});
};

/// Elements of a batch are filled up with zeros to the largest.
class PaddingFIFOQueue : public Queue {
 public:
  PaddingFIFOQueue(std::int64_t capacity,
                   std::vector<DType> dtypes,
                   std::vector<Shape> shapes);
};

/// In random order; min_after_dequeue elements stay for it to choose from.
class RandomShuffleQueue : public Queue {
 public:
  RandomShuffleQueue(std::int64_t capacity,
                     std::int64_t min_after_dequeue,
                     std::vector<DType> dtypes,
                     std::vector<Shape> shapes = {},
                     std::int64_t seed = 0);
};

/// The first component is an int64 priority, the least leaves first.
class PriorityQueue : public Queue {
 public:
  PriorityQueue(std::int64_t capacity,
                std::vector<DType> types,
                std::vector<Shape> shapes);

 private:
  static std::vector<DType> with_priority(std::vector<DType> types);
};

}  // namespace queue

/// reduction_type: "MEAN" or "SUM".
struct AccumulatorOptions {
  std::string reduction_type = "MEAN";
};

/// Sums gradients up until enough of them are there.
class ConditionalAccumulator {
 public:
  ConditionalAccumulator(DType dtype,
                         const Shape& shape = Shape::unknown(),
                         AccumulatorOptions options = {});
  /// Dropped if local_step is less than the accumulator's.
  void apply_grad(const Tensor& grad, std::int64_t local_step = 0) const;
  /// Waits for num_required gradients; starts anew.
  Tensor take_grad(std::int64_t num_required) const;
  Tensor num_accumulated() const;
  void set_global_step(std::int64_t step) const;

 private:
  Tensor handle_;
  DType dtype_;
};

}  // namespace tern
