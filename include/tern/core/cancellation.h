#pragma once

#include <atomic>
#include <memory>

namespace tern {

/// Asks runs to stop: copies stand for the same request. Thread-safe.
///
///     Cancellation stop;
///     std::thread worker([stop] {
///       CancellationScope scope(stop);
///       model.fit(x, y);  // throws CancelledError
///     });
///     stop.cancel();
class Cancellation {
 public:
  Cancellation() : requested_(std::make_shared<std::atomic<bool>>(false)) {}

  void cancel() const { requested_->store(true, std::memory_order_relaxed); }
  bool is_requested() const {
    return requested_->load(std::memory_order_relaxed);
  }

 private:
  friend class CancellationScope;
  std::shared_ptr<std::atomic<bool>> requested_;
};

/// While it lives, functions and sessions that this thread runs look before
/// each node whether they are asked to stop, and then throw CancelledError.
/// What was assigned before stays assigned. An inner scope adds to outer ones.
class CancellationScope {
 public:
  explicit CancellationScope(const Cancellation& cancellation);
  ~CancellationScope();
  CancellationScope(const CancellationScope&) = delete;

  /// Whether this thread has a scope at all.
  static bool is_active();
  /// Throws CancelledError if a scope of this thread was asked to stop.
  static void check();

 private:
  const CancellationScope* outer_;
  std::shared_ptr<std::atomic<bool>> requested_;
};

}  // namespace tern
