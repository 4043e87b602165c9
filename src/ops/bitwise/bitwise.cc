// bitwise.cc: shifts, counts and reinterpretation of bits.

#include "tern/ops/bitwise.h"

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr const char* kInteger =
    "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}";
constexpr const char* kBits =
    "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, "
    "uint64, int8, int16, complex64, complex128, qint8, quint8, qint16, "
    "quint16, qint32}";

void infer_bitcast(InferContext& c) {
  Shape shape = c.input(0);
  const DType from = c.input_dtype(0), to = c.attr<DType>("type");
  const auto size = static_cast<std::int64_t>(from.size());
  const auto wanted = static_cast<std::int64_t>(to.size());
  if (!shape.has_rank()) return c.set_output(0, Shape::unknown());
  if (size > wanted) {
    shape.append(size / wanted);
  } else if (size < wanted) {
    const std::int64_t parts = wanted / size;
    if (shape.rank() == 0 || (shape[-1] >= 0 && shape[-1] != parts))
      throw InvalidArgumentError("Cannot bitcast from ",
                                 static_cast<int>(from.code),
                                 " to ",
                                 static_cast<int>(to.code));
    shape.erase(shape.rank() - 1);
  }
  c.set_output(0, shape);
}

}  // namespace

void register_bitwise_ops(OpRegistry& registry) {
  for (const char* name : {"LeftShift", "RightShift"})
    registry.add(name)
        .input("x: T")
        .input("y: T")
        .output("z: T")
        .attr(kInteger)
        .infer(broadcast_inputs)
        .traits(kElementwise)
        .no_grad();
  registry.add("PopulationCount")
      .input("x: T")
      .output("y: uint8")
      .attr(kInteger)
      .infer(same_as_input)
      .traits(kElementwise)
      .no_grad();
  registry.add("Bitcast")
      .input("input: T")
      .output("output: type")
      .attr(detail::concat("T: ", kBits))
      .attr(detail::concat("type: ", kBits))
      .infer(infer_bitcast);
}

Tensor bitcast(const Tensor& input, DType type) {
  return raw<"Bitcast">(input, {{"type", type}});
}

namespace bitwise {

Tensor bitwise_and(const Tensor& x, const Tensor& y) {
  return raw<"BitwiseAnd">(x, y);
}
Tensor bitwise_or(const Tensor& x, const Tensor& y) {
  return raw<"BitwiseOr">(x, y);
}
Tensor bitwise_xor(const Tensor& x, const Tensor& y) {
  return raw<"BitwiseXor">(x, y);
}
Tensor invert(const Tensor& x) { return raw<"Invert">(x); }
Tensor left_shift(const Tensor& x, const Tensor& y) {
  return raw<"LeftShift">(x, y);
}
Tensor right_shift(const Tensor& x, const Tensor& y) {
  return raw<"RightShift">(x, y);
}
Tensor population_count(const Tensor& x) { return raw<"PopulationCount">(x); }

}  // namespace bitwise
}  // namespace tern
