// hash.cc: strings and rows of bytes as integers, the same as TensorFlow's.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

void check_method(const Tensor& method) {
  if (!method.defined() || method.num_elements() != 1) return;
  if (method.values<std::string>()[0] != "farmhash64")
    throw InvalidArgumentError("Unsupported fingerprint method: ",
                               method.values<std::string>()[0]);
}

/// 8 bytes for each row.
void fingerprint_shape(InferContext& c) {
  const Shape& data = c.with_rank_at_least(0, 1);
  c.with_rank(1, 0);
  check_method(c.value(1));
  c.set_output(0, Shape{data.has_rank() ? data[0] : -1, 8});
}

void strong_hash_shape(InferContext& c) {
  if (c.attr<std::vector<std::int64_t>>("key").size() != 2)
    throw InvalidArgumentError("Key must have 2 elements");
  same_as_input(c);
}

}  // namespace

void register_hash_ops(OpRegistry& registry) {
  registry.add("StringToHashBucket")
      .input("string_tensor: string")
      .output("output: int64")
      .attr("num_buckets: int >= 1")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("StringToHashBucketFast")
      .input("input: string")
      .output("output: int64")
      .attr("num_buckets: int >= 1")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("StringToHashBucketStrong")
      .input("input: string")
      .output("output: int64")
      .attr("num_buckets: int >= 1")
      .attr("key: list(int)")
      .no_grad()
      .traits(kHostOnly)
      .infer(strong_hash_shape);
  registry.add("Fingerprint")
      .input("data: T")
      .input("method: string")
      .output("fingerprint: uint8")
      .attr("T: type")
      .no_grad()
      .traits(kHostOnly)
      .host("method")
      .infer(fingerprint_shape);
}

namespace strings {

Tensor to_hash_bucket(const Tensor& input, std::int64_t num_buckets) {
  return raw<"StringToHashBucket">(input, {{"num_buckets", num_buckets}});
}

Tensor to_hash_bucket_fast(const Tensor& input, std::int64_t num_buckets) {
  return raw<"StringToHashBucketFast">(input, {{"num_buckets", num_buckets}});
}

Tensor to_hash_bucket_strong(const Tensor& input,
                             std::int64_t num_buckets,
                             const Ints& key) {
  return raw<"StringToHashBucketStrong">(
      input, {{"num_buckets", num_buckets}, {"key", key.values()}});
}

}  // namespace strings

Tensor fingerprint(const Tensor& data, std::string_view method) {
  return raw<"Fingerprint">(data, Tensor(std::string(method)));
}

}  // namespace tern
