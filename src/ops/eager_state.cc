#include <mutex>
#include <unordered_map>

#include "ops/apply.h"

namespace tern {
namespace {

/// State of eager stateful ops, by op and attrs (not by shape), as TensorFlow
/// caches its eager kernels.
struct EagerState {
  std::mutex mutex;
  std::unordered_map<std::string, KernelState> slots;
};

EagerState& eager_state() {
  static EagerState* state = new EagerState;
  return *state;
}

}  // namespace

void* KernelContext::find_state(const std::function<KernelState()>& make) {
  std::string key;
  if (!state_) {
    key = op_.name;
    for (const AttrValue& value :
         CallSignature::complete(op_, inputs_, attrs_))
      key += ';' + value.str();
  }
  EagerState& eager = eager_state();
  std::scoped_lock lock(eager.mutex);
  KernelState& slot = state_ ? *state_ : eager.slots[key];
  if (!slot) slot = make();
  held_state_ = slot;
  return held_state_.get();
}

void clear_eager_kernel_state() {
  EagerState& eager = eager_state();
  std::scoped_lock lock(eager.mutex);
  eager.slots.clear();
}

}  // namespace tern
