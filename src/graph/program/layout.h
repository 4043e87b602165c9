#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "graph/program/frame.h"
#include "graph/program/layout_plan.h"
#include "ops/infer_context.h"

namespace tern {

/// A program fitted to arguments of certain shapes. Immutable but for the
/// frames it keeps for reuse.
class Layout {
 public:
  Layout(const Program& program, std::span<const Tensor> arguments);
  ~Layout();

  /// Whether it serves arguments like these.
  bool fits(std::span<const Tensor> arguments) const;

  const Program& program() const { return program_; }
  const LayoutPlan& plan() const { return plan_; }

  /// A frame to run in, and back; a bounded number is kept.
  std::unique_ptr<Frame> take_frame();
  void give_back(std::unique_ptr<Frame> frame);

 private:
  struct Argument {
    explicit Argument(const Tensor& tensor);
    bool fits(const Tensor& tensor) const;
    DType dtype;
    Shape shape;
    HandleInfo handle;
  };

  const Program& program_;
  bool on_host_;
  std::vector<Argument> arguments_;
  LayoutPlan plan_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Frame>> frames_;
};

}  // namespace tern
