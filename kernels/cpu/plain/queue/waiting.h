#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tern/core/cancellation.h"

namespace tern {

/// Blocks until `ready()`, which runs under the lock. Throws CancelledError
/// where this thread was asked to stop.
template <class Ready>
void wait_until(std::condition_variable& changed,
                std::unique_lock<std::mutex>& lock,
                Ready ready) {
  constexpr std::chrono::milliseconds kLookRound(20);
  while (!ready()) {
    if (!CancellationScope::is_active()) {
      changed.wait(lock);
      continue;
    }
    changed.wait_for(lock, kLookRound);
    CancellationScope::check();
  }
}

}  // namespace tern
