#include <list>
#include <mutex>
#include <unordered_map>

#include "ops/apply.h"

namespace tern {
namespace {

struct StateKey {
  const OpDef* op;
  Attrs attrs;
  friend bool operator==(const StateKey&, const StateKey&) = default;
};

struct StateKeyHash {
  std::size_t operator()(const StateKey& key) const {
    std::size_t hash = std::hash<const void*>()(key.op);
    auto mix = [&](std::size_t value) { hash = hash * 1'000'003 + value; };
    for (const AttrValue& attr : key.attrs) {
      if (attr.holds<std::int64_t>())
        mix(static_cast<std::size_t>(attr.get<std::int64_t>()));
      else if (attr.holds<DType>())
        mix(static_cast<std::size_t>(attr.get<DType>().code));
      else if (attr.holds<std::string>())
        mix(std::hash<std::string>()(attr.get<std::string>()));
    }
    return hash;
  }
};

/// State of eager stateful ops, by op and attrs (not by shape), as TensorFlow
/// caches its eager kernels. After set_seed nearly every random op has seeds
/// of its own, so the slots unused for longest are given up.
class EagerState {
 public:
  KernelState find(StateKey key, const std::function<KernelState()>& make) {
    std::scoped_lock lock(mutex_);
    auto found = slots_.find(key);
    if (found != slots_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second.place);
      return found->second.state;
    }
    KernelState state = make();
    auto added = slots_.emplace(std::move(key), Slot{state, {}}).first;
    recent_.push_front(&added->first);
    added->second.place = recent_.begin();
    if (slots_.size() > kMostSlots) {
      slots_.erase(slots_.find(*recent_.back()));
      recent_.pop_back();
    }
    return state;
  }

  void clear() {
    std::scoped_lock lock(mutex_);
    slots_.clear();
    recent_.clear();
  }

 private:
  static constexpr std::size_t kMostSlots = 4096;
  using Recent = std::list<const StateKey*>;
  struct Slot {
    KernelState state;
    Recent::iterator place;
  };

  std::mutex mutex_;
  std::unordered_map<StateKey, Slot, StateKeyHash> slots_;
  Recent recent_;  // the last used first
};

EagerState& eager_state() {
  static EagerState* state = new EagerState;
  return *state;
}

/// A node's slot is made by whoever runs it first.
KernelState node_state(KernelState& slot,
                       const std::function<KernelState()>& make) {
  static std::mutex mutex;
  std::scoped_lock lock(mutex);
  if (!slot) slot = make();
  return slot;
}

}  // namespace

void* KernelContext::find_state(const std::function<KernelState()>& make) {
  // A node's state stays for good, and so may the context of its calls.
  if (state_ && held_state_) return held_state_.get();
  held_state_ =
      state_ ? node_state(*state_, make)
             : eager_state().find(
                   {&op_, CallSignature::complete(op_, inputs_, attrs_)}, make);
  return held_state_.get();
}

void clear_eager_kernel_state() { eager_state().clear(); }

}  // namespace tern
