#include "ops/cpu_isa.h"

#include <cstdlib>
#include <string>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "tern/core/error.h"

namespace tern {
namespace {

#if defined(__x86_64__)
/// clang 14's __builtin_cpu_supports does not know it.
bool cpu_has_f16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
}
#endif

/// The features of x86-64-v<level> that tell it from the level below.
bool cpu_has_level(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (level) {
    case 2:
      return __builtin_cpu_supports("sse4.2") &&
             __builtin_cpu_supports("popcnt");
    case 3:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi2") && cpu_has_f16c();
    case 4:
      return __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
  }
  return false;
#else
  return level == 0;
#endif
}

std::string built_isas() {
  std::string names;
  for (const CpuIsaEntry& isa : cpu_isa_entries())
    names.append(names.empty() ? "" : ", ").append(isa.name);
  return names;
}

const CpuIsaEntry& named_isa(std::string_view name) {
  for (const CpuIsaEntry& isa : cpu_isa_entries()) {
    if (isa.name != name) continue;
    if (!cpu_supports(isa))
      throw FailedPreconditionError(
          "TERN_CPU_ISA is \"", name, "\", but this CPU has no x86-64-", name);
    return isa;
  }
  throw InvalidArgumentError(
      "TERN_CPU_ISA is \"", name, "\"; this build of Tern has ", built_isas());
}

const CpuIsaEntry& best_isa() {
  const CpuIsaEntry* best = nullptr;
  for (const CpuIsaEntry& isa : cpu_isa_entries())
    if (cpu_supports(isa) && (!best || isa.level > best->level)) best = &isa;
  if (!best)
    throw FailedPreconditionError("This CPU runs none of the x86-64 levels ",
                                  "that this build of Tern has: ",
                                  built_isas());
  return *best;
}

}  // namespace

bool cpu_supports(const CpuIsaEntry& isa) {
  for (int level = 2; level < isa.level; ++level)
    if (!cpu_has_level(level)) return false;
  return cpu_has_level(isa.level);
}

const CpuIsaEntry& selected_cpu_isa() {
  static const CpuIsaEntry& isa = []() -> const CpuIsaEntry& {
    const char* wanted = std::getenv("TERN_CPU_ISA");
    return wanted && *wanted ? named_isa(wanted) : best_isa();
  }();
  return isa;
}

}  // namespace tern
