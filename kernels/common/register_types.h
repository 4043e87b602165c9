#pragma once

namespace tern {

/// Calls function(T{}) for each type of the list: registering one kernel a
/// dtype.
template <class... T, class Function>
void for_each_type(Function function) {
  (function(T{}), ...);
}

}  // namespace tern
