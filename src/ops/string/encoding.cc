// encoding.cc: base64, and names of the files of a sharded set.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

void scalars_only(InferContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, Shape());
}

}  // namespace

void register_encoding_ops(OpRegistry& registry) {
  registry.add("DecodeBase64")
      .input("input: string")
      .output("output: string")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("EncodeBase64")
      .input("input: string")
      .output("output: string")
      .attr("pad: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("ShardedFilename")
      .input("basename: string")
      .input("shard: int32")
      .input("num_shards: int32")
      .output("filename: string")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalars_only);
  registry.add("ShardedFilespec")
      .input("basename: string")
      .input("num_shards: int32")
      .output("filename: string")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalars_only);
}

namespace io {

Tensor decode_base64(const Tensor& input) { return raw<"DecodeBase64">(input); }

Tensor encode_base64(const Tensor& input, bool pad) {
  return raw<"EncodeBase64">(input, {{"pad", pad}});
}

}  // namespace io
}  // namespace tern
