#pragma once

#include <span>

namespace tern {

class KernelRegistry;

/// The vectorised CPU kernels as compiled for one instruction set.
struct CpuIsaEntry {
  const char* name;  // "v2", "v3", "v4"; "generic" where there is one set only
  int level;         // of x86-64-v<level>; 0 for generic
  void (*entry)(KernelRegistry& registry);
};

/// The sets of this build. Defined by the build.
std::span<const CpuIsaEntry> cpu_isa_entries();

/// Whether this CPU can run the set: ask before calling its entry.
bool cpu_supports(const CpuIsaEntry& isa);

/// The highest set that this CPU supports, or the one that the environment
/// variable TERN_CPU_ISA names. Decided at the first call. Throws
/// InvalidArgumentError if this build has no set of that name,
/// FailedPreconditionError if this CPU cannot run it.
const CpuIsaEntry& selected_cpu_isa();

}  // namespace tern
