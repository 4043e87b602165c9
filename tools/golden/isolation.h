#pragma once

#include <cstddef>
#include <functional>

#include "tools/golden/check.h"

namespace tern::golden {

/// Calls check(0) .. check(count - 1) in a process of their own and hands each
/// result to report(i, result) in this one. A check that kills its process
/// becomes a failure that names the signal, and the rest goes on in a new one.
/// This process must not have run a kernel yet: threads do not survive a fork.
void check_isolated(
    std::size_t count,
    const std::function<Result(std::size_t)>& check,
    const std::function<void(std::size_t, const Result&)>& report);

}  // namespace tern::golden
