#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/resource.h"

namespace tern {

/// Which element leaves first.
enum class QueueOrder { kFirstIn, kRandom, kPriority };

struct QueueSpec {
  std::string name;
  std::vector<DType> types;
  std::vector<Shape> shapes;   // of one element; none: any
  std::int64_t capacity = -1;  // negative: no limit
  QueueOrder order = QueueOrder::kFirstIn;
  bool pads = false;  // whether elements of a batch may differ in shape
  std::int64_t min_after_dequeue = 0;
  std::uint64_t seed = 0;
};

/// Elements of several tensors, handed on between threads. Who finds it full
/// or empty waits.
class TensorQueue : public Resource {
 public:
  using Element = std::vector<Tensor>;

  explicit TensorQueue(QueueSpec spec);
  std::string_view kind() const override { return "queue"; }
  const QueueSpec& spec() const { return spec_; }

  /// Throws InvalidArgumentError for tensors that do not fit, CancelledError
  /// once the queue is closed.
  void enqueue(std::vector<Element> elements);
  /// At least `least` elements, at most `most`. Throws OutOfRangeError where
  /// the queue is closed and has fewer.
  std::vector<Element> dequeue(std::int64_t least, std::int64_t most);
  /// No more elements come in; those that wait for room give up if
  /// `cancel_pending_enqueues`.
  void close(bool cancel_pending_enqueues);
  bool is_closed();
  std::int64_t size();

 private:
  void check(const Element& element) const;
  bool has_room() const;
  Element take();
  std::int64_t available() const;

  const QueueSpec spec_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Element> elements_;
  std::mt19937_64 random_;
  bool closed_ = false;
  bool cancelled_ = false;
};

}  // namespace tern
