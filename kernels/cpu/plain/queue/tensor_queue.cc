#include "kernels/cpu/plain/queue/tensor_queue.h"

#include <algorithm>

#include "kernels/cpu/plain/queue/waiting.h"
#include "tern/core/error.h"

namespace tern {

TensorQueue::TensorQueue(QueueSpec spec)
    : spec_(std::move(spec)), random_(spec_.seed) {
  if (!spec_.shapes.empty() && spec_.shapes.size() != spec_.types.size())
    throw InvalidArgumentError(
        "If specified, shapes must have the same number "
        "of entries as component_types: ",
        spec_.shapes.size(),
        " vs. ",
        spec_.types.size());
  if (spec_.capacity >= 0 && spec_.min_after_dequeue >= spec_.capacity)
    throw InvalidArgumentError(
        "min_after_dequeue must be < capacity when capacity is >= 0, but got "
        "min_after_dequeue = ",
        spec_.min_after_dequeue,
        " and capacity = ",
        spec_.capacity);
}

void TensorQueue::check(const Element& element) const {
  if (element.size() != spec_.types.size())
    throw InvalidArgumentError("Wrong number of components in tuple. Expected ",
                               spec_.types.size(),
                               ", got ",
                               element.size());
  for (std::size_t i = 0; i < element.size(); ++i) {
    if (!(element[i].dtype() == spec_.types[i]))
      throw InvalidArgumentError("Type mismatch in tuple component ",
                                 i,
                                 ". Expected ",
                                 spec_.types[i].name(),
                                 ", got ",
                                 element[i].dtype().name());
    if (!spec_.shapes.empty() &&
        !element[i].shape().is_compatible_with(spec_.shapes[i]))
      throw InvalidArgumentError("Shape mismatch in tuple component ",
                                 i,
                                 ". Expected ",
                                 spec_.shapes[i].debug_string(),
                                 ", got ",
                                 element[i].shape().debug_string());
  }
}

bool TensorQueue::has_room() const {
  return spec_.capacity < 0 ||
         static_cast<std::int64_t>(elements_.size()) < spec_.capacity;
}

void TensorQueue::enqueue(std::vector<Element> elements) {
  for (const Element& element : elements) check(element);
  std::unique_lock lock(mutex_);
  if (closed_)
    throw CancelledError(spec_.name, " '", spec_.name, "' is closed.");
  for (Element& element : elements) {
    wait_until(changed_, lock, [&] { return has_room() || cancelled_; });
    if (cancelled_)
      throw CancelledError(spec_.name, " '", spec_.name, "' is closed.");
    elements_.push_back(std::move(element));
    changed_.notify_all();
  }
}

std::int64_t TensorQueue::available() const {
  // What must stay behind, stays only as long as more may come.
  const std::int64_t kept = closed_ ? 0 : spec_.min_after_dequeue;
  return static_cast<std::int64_t>(elements_.size()) - kept;
}

TensorQueue::Element TensorQueue::take() {
  auto at = elements_.begin();
  if (spec_.order == QueueOrder::kRandom) {
    at += static_cast<std::ptrdiff_t>(random_() % elements_.size());
  } else if (spec_.order == QueueOrder::kPriority) {
    at = std::min_element(
        at, elements_.end(), [](const Element& a, const Element& b) {
          return a[0].item<std::int64_t>() < b[0].item<std::int64_t>();
        });
  }
  Element element = std::move(*at);
  elements_.erase(at);
  changed_.notify_all();
  return element;
}

std::vector<TensorQueue::Element> TensorQueue::dequeue(std::int64_t least,
                                                       std::int64_t most) {
  std::vector<Element> taken;
  std::unique_lock lock(mutex_);
  // Elements are taken as they come, since more may be wanted than fit in.
  while (static_cast<std::int64_t>(taken.size()) < most) {
    wait_until(changed_, lock, [&] { return available() > 0 || closed_; });
    if (available() <= 0) break;
    taken.push_back(take());
  }
  if (static_cast<std::int64_t>(taken.size()) >= least) return taken;
  const std::size_t found = taken.size();
  for (std::size_t i = taken.size(); i-- > 0;)
    elements_.push_front(std::move(taken[i]));
  throw OutOfRangeError(spec_.name,
                        " '",
                        spec_.name,
                        "' is closed and has insufficient elements (requested ",
                        most,
                        ", current size ",
                        found,
                        ")");
}

void TensorQueue::close(bool cancel_pending_enqueues) {
  std::scoped_lock lock(mutex_);
  closed_ = true;
  cancelled_ = cancelled_ || cancel_pending_enqueues;
  changed_.notify_all();
}

bool TensorQueue::is_closed() {
  std::scoped_lock lock(mutex_);
  return closed_;
}

std::int64_t TensorQueue::size() {
  std::scoped_lock lock(mutex_);
  return static_cast<std::int64_t>(elements_.size());
}

}  // namespace tern
