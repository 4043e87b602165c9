// Calls of block programs: each node of a program resolves its own once for
// the shapes that it meets.

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "kernels/cpu/plain/math/block_run.h"

namespace tern::kernels {
namespace {

/// A call's plans: one for each shape that outputs have. As a rule that is
/// one. Of a fused reduction the first one is that of the reduced value.
class CallPlans {
 public:
  CallPlans(const KernelContext& context, const BlockLoops& loops)
      : inputs_(at(context.num_inputs())) {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      inputs_[i] = context.input(static_cast<int>(i)).shape();
    std::vector<bool> done(at(context.num_outputs()));
    if (context.op().name == "_TernFusedReduction") {
      reduction_.emplace(context);
      done.back() = true;
      add(context, loops, reduction_->domain, done, reduction_->value);
    }
    for (int k = 0; k < context.num_outputs(); ++k)
      if (!done[at(k)])
        add(context, loops, context.inferred_shape(k), done, -1);
  }

  bool fits(const KernelContext& context) const {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (context.input(static_cast<int>(i)).shape() != inputs_[i])
        return false;
    return true;
  }

  std::span<const BlockPlan> plans() const { return plans_; }
  const std::optional<FusedReduction>& reduction() const { return reduction_; }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  /// The plan of the domain, for all outputs that have this shape.
  void add(const KernelContext& context,
           const BlockLoops& loops,
           const Shape& domain,
           std::vector<bool>& done,
           int value) {
    std::vector<int> alike;
    for (int k = 0; k < context.num_outputs(); ++k)
      if (!done[at(k)] && context.inferred_shape(k) == domain) {
        alike.push_back(k);
        done[at(k)] = true;
      }
    plans_.emplace_back(context, loops, domain, alike, value);
  }

  InlinedVector<Shape, 8> inputs_;
  std::vector<BlockPlan> plans_;
  std::optional<FusedReduction> reduction_;
};

/// What a node keeps: the plans of the shapes that it met first.
class NodePlans {
 public:
  NodePlans() = default;
  NodePlans(NodePlans&&) noexcept {}  // before anything is kept

  /// Calls use(plans) with those for this call.
  template <class Use>
  void with(const KernelContext& context,
            const BlockLoops& loops,
            const Use& use) {
    for (const auto& entry : kept_) {
      const CallPlans* plans = entry.load(std::memory_order_acquire);
      if (!plans) break;
      if (plans->fits(context)) return use(*plans);
    }
    auto made = std::make_unique<const CallPlans>(context, loops);
    const CallPlans& plans = *made;
    {
      std::scoped_lock lock(mutex_);
      if (owned_.size() < kept_.size()) {
        kept_[owned_.size()].store(&plans, std::memory_order_release);
        owned_.push_back(std::move(made));
      }
    }
    use(plans);
  }

 private:
  static constexpr std::size_t kMaxKept = 16;

  std::array<std::atomic<const CallPlans*>, kMaxKept> kept_{};
  std::mutex mutex_;
  std::vector<std::unique_ptr<const CallPlans>> owned_;
};

template <class Use>
void with_plans(KernelContext& context,
                const BlockLoops& loops,
                const Use& use) {
  if (context.has_own_state())
    context.state<NodePlans>([] { return NodePlans(); })
        .with(context, loops, use);
  else
    use(CallPlans(context, loops));
}

}  // namespace

void run_block_program(KernelContext& context, const BlockLoops& loops) {
  with_plans(context, loops, [&](const CallPlans& call) {
    for (const BlockPlan& plan : call.plans())
      if (plan.elements() > 0) BlockRun(plan, context).run();
  });
}

void run_fused_reduction(KernelContext& context, const BlockLoops& loops) {
  with_plans(context, loops, [&](const CallPlans& call) {
    const FusedReduction& fused = *call.reduction();
    const BlockPlan& plan = call.plans()[0];
    const int result = context.num_outputs() - 1;
    const auto& outputs = plan.outputs();
    // A value that is an output, too, is read from there.
    auto full = std::find_if(outputs.begin(), outputs.end(), [&](int k) {
      return plan.output_slot(k) == fused.value;
    });
    BlockRun run(plan, context, fused.value);
    ReducedElements elements{.shape = plan.domain(),
                             .stored = full == outputs.end()
                                           ? nullptr
                                           : context.output(*full).raw_data(),
                             .producer = &run};
    const Reduction* reduction =
        loops.reduction(fused.op, plan.value_type().code);
    reduce_elements(elements, fused.axes, *reduction, context.output(result));
    for (const BlockPlan& other : call.plans().subspan(1))
      if (other.elements() > 0) BlockRun(other, context).run();
  });
}

}  // namespace tern::kernels
