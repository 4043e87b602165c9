#include "graph/program/layout.h"

#include <thread>

#include "ops/execute_on_device.h"
#include "ops/state/handle_info.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

bool is_on_host(std::span<const Tensor> arguments) {
  return current_device().is_host() && all_on_host(arguments);
}

/// One for each thread that may run at once, and a few for callers that wait
/// for a core.
std::size_t max_frames() {
  static const std::size_t count = std::thread::hardware_concurrency() + 4;
  return count;
}

}  // namespace

Layout::Argument::Argument(const Tensor& tensor) {
  if (!tensor.defined()) return;  // nobody uses it
  dtype = tensor.dtype();
  shape = tensor.shape();
  handle = handle_info(tensor);
}

bool Layout::Argument::fits(const Tensor& tensor) const {
  if (!tensor.defined()) return dtype == DType{};
  if (tensor.dtype() != dtype || tensor.shape() != shape) return false;
  if (dtype != resource || tensor.num_elements() != 1) return true;
  const auto& found = *tensor.data<ResourceHandle>();
  return found.dtype() == handle.dtype && found.shape() == handle.shape;
}

Layout::Layout(const Program& program, std::span<const Tensor> arguments)
    : program_(program),
      on_host_(is_on_host(arguments)),
      arguments_(arguments.begin(), arguments.end()),
      plan_(on_host_ ? plan_layout(program, arguments)
                     : plain_layout(program)) {}

Layout::~Layout() = default;

bool Layout::fits(std::span<const Tensor> arguments) const {
  if (arguments.size() != arguments_.size()) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!arguments_[i].fits(arguments[i])) return false;
  return is_on_host(arguments) == on_host_;
}

std::unique_ptr<Frame> Layout::take_frame() {
  {
    std::scoped_lock lock(mutex_);
    if (!frames_.empty()) {
      std::unique_ptr<Frame> frame = std::move(frames_.back());
      frames_.pop_back();
      return frame;
    }
  }
  return std::make_unique<Frame>(program_, plan_);
}

void Layout::give_back(std::unique_ptr<Frame> frame) {
  std::scoped_lock lock(mutex_);
  if (frames_.size() < max_frames()) frames_.push_back(std::move(frame));
}

}  // namespace tern
