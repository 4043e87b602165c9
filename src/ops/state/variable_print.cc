#include <ostream>

#include "tern/core/error.h"
#include "tern/core/print.h"
#include "tern/ops/variable.h"

namespace tern {

std::string repr(const Variable& variable) {
  std::string text = detail::concat("<tf.Variable '",
                                    variable.name(),
                                    "' shape=",
                                    variable.shape(),
                                    " dtype=",
                                    variable.dtype().name());
  Tensor value = variable.read();
  if (value.is_symbolic()) return text + ">";
  return text + ", numpy=" + numpy_text(value) + ">";
}

std::ostream& operator<<(std::ostream& stream, const Variable& variable) {
  return stream << repr(variable);
}

}  // namespace tern
