#include "tern/ops/timestamp.h"

#include "ops/apply.h"
#include "ops/infer_context.h"

namespace tern {

void register_timestamp_ops(OpRegistry& registry) {
  registry.add("Timestamp")
      .output("ts: double")
      .infer(scalar_output)
      .no_grad()
      .traits(kStateful | kHostOnly);
}

Tensor timestamp() { return raw<"Timestamp">(); }

}  // namespace tern
