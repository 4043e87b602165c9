#pragma once

// What targets that call ops share. A target includes this and defines `use`.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tern/core/allocator.h"
#include "tern/core/error.h"

/// Calls what is fuzzed with one input.
void use(std::string_view bytes);

/// Runs it; an error is an answer, too.
template <class F>
void attempt(F function) {
  try {
    function();
  } catch (const tern::Error&) {
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  // What small inputs may ask for; more is an error soon.
  static const bool limited = [] {
    tern::cpu_allocator().set_limit(256 << 20);
    return true;
  }();
  static_cast<void>(limited);
  use({reinterpret_cast<const char*>(data), size});
  return 0;
}
