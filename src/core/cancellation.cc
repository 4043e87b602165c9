#include "tern/core/cancellation.h"

#include "tern/core/error.h"

namespace tern {
namespace {

/// Programs ask at each run: no call to find it.
[[gnu::tls_model(
    "initial-exec")]] constinit thread_local const CancellationScope*
    innermost = nullptr;

}  // namespace

CancellationScope::CancellationScope(const Cancellation& cancellation)
    : outer_(innermost), requested_(cancellation.requested_) {
  innermost = this;
}

CancellationScope::~CancellationScope() { innermost = outer_; }

bool CancellationScope::is_active() { return innermost != nullptr; }

void CancellationScope::check() {
  for (const CancellationScope* scope = innermost; scope; scope = scope->outer_)
    if (scope->requested_->load(std::memory_order_relaxed))
      throw CancelledError("the run was cancelled");
}

}  // namespace tern
