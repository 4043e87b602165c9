#pragma once

#include <utility>

#include "ops/apply.h"

namespace tern::keras {

/// What `make` gives when run now, unseen by tapes, also while a function is
/// being traced: variables start with values, not with symbols (TensorFlow's
/// init_scope).
template <class F>
Tensor initial_value(F make) {
  RecordingPause unseen;
  InterpreterScope now(nullptr);
  return make();
}

}  // namespace tern::keras
