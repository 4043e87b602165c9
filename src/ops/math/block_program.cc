#include "ops/math/block_program.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tern {
namespace {

/// Single ops by name, then those of several.
constexpr BlockOp kOps[] = {
    {{"Abs"}, 1, false},
    {{"Acos"}, 1, false},
    {{"Acosh"}, 1, false},
    {{"AddV2"}, 2, true},
    {{"Asin"}, 1, false},
    {{"Asinh"}, 1, false},
    {{"Atan"}, 1, false},
    {{"Atan2"}, 2, false},
    {{"Atanh"}, 1, false},
    {{"Cast"}, 1, false},
    {{"Ceil"}, 1, false},
    {{"Cos"}, 1, false},
    {{"Cosh"}, 1, false},
    {{"DivNoNan"}, 2, false},
    {{"Elu"}, 1, false},
    {{"EluGrad"}, 2, false},
    {{"Equal"}, 2, true},
    {{"Erf"}, 1, false},
    {{"Erfc"}, 1, false},
    {{"Exp"}, 1, false},
    {{"Expm1"}, 1, false},
    {{"Floor"}, 1, false},
    {{"FloorDiv"}, 2, false},
    {{"FloorMod"}, 2, false},
    {{"IsFinite"}, 1, false},
    {{"IsInf"}, 1, false},
    {{"IsNan"}, 1, false},
    {{"Less"}, 2, true},
    {{"LessEqual"}, 2, true},
    {{"Log"}, 1, false},
    {{"Log1p"}, 1, false},
    {{"LogicalAnd"}, 2, false},
    {{"LogicalNot"}, 1, false},
    {{"LogicalOr"}, 2, false},
    {{"Maximum"}, 2, true},
    {{"Minimum"}, 2, true},
    {{"Mul"}, 2, true},
    {{"MulNoNan"}, 2, false},
    {{"Neg"}, 1, false},
    {{"NotEqual"}, 2, true},
    {{"Pow"}, 2, false},
    {{"RealDiv"}, 2, false},
    {{"Reciprocal"}, 1, false},
    {{"ReciprocalGrad"}, 2, false},
    {{"Relu"}, 1, false},
    {{"Relu6"}, 1, false},
    {{"Relu6Grad"}, 2, false},
    {{"ReluGrad"}, 2, false},
    {{"Round"}, 1, false},
    {{"Rsqrt"}, 1, false},
    {{"RsqrtGrad"}, 2, false},
    {{"SelectV2"}, 3, true},
    {{"Selu"}, 1, false},
    {{"SeluGrad"}, 2, false},
    {{"Sigmoid"}, 1, false},
    {{"SigmoidGrad"}, 2, false},
    {{"Sign"}, 1, false},
    {{"Sin"}, 1, false},
    {{"Sinh"}, 1, false},
    {{"Softplus"}, 1, false},
    {{"SoftplusGrad"}, 2, false},
    {{"Softsign"}, 1, false},
    {{"SoftsignGrad"}, 2, false},
    {{"Sqrt"}, 1, false},
    {{"SqrtGrad"}, 2, false},
    {{"Square"}, 1, false},
    {{"SquaredDifference"}, 2, false},
    {{kRandomStep}, 3, false},
    {{"Sub"}, 2, true},
    {{"Tan"}, 1, false},
    {{"Tanh"}, 1, false},
    {{"TanhGrad"}, 2, false},
    {{"Xdivy"}, 2, false},
    {{"Xlog1py"}, 2, false},
    {{"Xlogy"}, 2, false},
    // With the roundings of the single ops.
    {{"AddV2", "AddV2"}, 3, false},
    {{"AddV2", "Mul"}, 3, false},
    {{"AddV2", "Sub"}, 3, false},
    {{"AddV2", "Sub"}, 3, false, true},
    {{"Mul", "AddV2"}, 3, false},
    {{"Mul", "Mul"}, 3, false},
    {{"Mul", "Sub"}, 3, false},
    {{"Mul", "Sub"}, 3, false, true},
    {{"Sub", "AddV2"}, 3, false},
    {{"Sub", "Mul"}, 3, false},
    {{"Sub", "Sub"}, 3, false},
    {{"Sub", "Sub"}, 3, false, true},
    {{"Mul", "AddV2", "Mul", "AddV2"}, 5, false},
};
constexpr std::size_t kSingleOps = std::size(kOps) - 13;

constexpr std::string_view kReductions[] = {
    "All", "Any", "L2Loss", "Max", "Mean", "Min", "Prod", "Sum"};

bool is_narrow(DType type) { return type == float16 || type == bfloat16; }

/// Pairs of dtypes that models meet.
bool has_cast(DType from, DType to) {
  if (is_narrow(from)) return to == float32;
  if (is_narrow(to)) return from == float32;
  auto is_plain = [](DType type) {
    return type == float32 || type == float64 || type == int32 ||
           type == int64 || type == bool_;
  };
  return is_plain(from) && is_plain(to) && !(from == to);
}

}  // namespace

std::span<const BlockOp> block_ops() { return kOps; }

int find_block_op(std::string_view op) {
  const BlockOp* end = kOps + kSingleOps;
  const BlockOp* found = std::lower_bound(
      kOps, end, op, [](const BlockOp& entry, std::string_view name) {
        return entry.ops[0] < name;
      });
  return found != end && found->ops[0] == op ? static_cast<int>(found - kOps)
                                             : -1;
}

int find_block_pair(std::string_view inner,
                    std::string_view outer,
                    bool reversed) {
  for (std::size_t i = kSingleOps; i < std::size(kOps); ++i)
    if (kOps[i].ops[0] == inner && kOps[i].ops[1] == outer &&
        kOps[i].ops[2].empty() && kOps[i].reversed == reversed)
      return static_cast<int>(i);
  return -1;
}

int find_block_affine_pair() { return static_cast<int>(std::size(kOps)) - 1; }

bool has_block_loop(int op, DType type, DType result_type) {
  const BlockOp& entry = kOps[op];
  if (entry.ops[0] == "Cast") return has_cast(type, result_type);
  if (entry.ops[0].starts_with("Logical")) return type == bool_;
  if (type == float32) return true;
  if (type == float64) return entry.ops[2].empty();
  if (is_narrow(type)) return entry.is_single();
  return entry.takes_integers && (type == int32 || type == int64);
}

int find_block_reduction(std::string_view op) {
  auto found = std::find(std::begin(kReductions), std::end(kReductions), op);
  return found == std::end(kReductions)
             ? -1
             : static_cast<int>(found - std::begin(kReductions));
}

bool has_block_reduction(std::string_view op, DType type) {
  if (find_block_reduction(op) < 0) return false;
  if (op.starts_with('A')) return type == bool_;
  if (type == int32 || type == int64) return op != "L2Loss" && op != "Prod";
  return type == float32 || type == float64 || is_narrow(type);
}

BlockStep block_step(int op,
                     DType type,
                     DType result_type,
                     int target,
                     std::span<const int> operands) {
  BlockStep step{op, type.code, result_type.code, target, {-1, -1, -1, -1, -1}};
  std::copy(operands.begin(), operands.end(), step.operands);
  return step;
}

Tensor steps_tensor(std::span<const BlockStep> steps) {
  constexpr std::size_t kInts = sizeof(BlockStep) / sizeof(std::int32_t);
  std::vector<std::int32_t> numbers;
  for (const BlockStep& step : steps) {
    auto ints = std::bit_cast<std::array<std::int32_t, kInts>>(step);
    numbers.insert(numbers.end(), ints.begin(), ints.end());
  }
  return Tensor(std::span<const std::int32_t>(numbers),
                Shape({steps.size(), kInts}));
}

}  // namespace tern
