#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "ops/apply.h"
#include "ops/harness/results.h"
#include "ops/harness/samples.h"
#include "ops/math/block_program.h"

namespace tern {
namespace {

Attrs one_step(const BlockStep& step,
               const std::vector<DType>& types,
               DType result) {
  const OpDef& op = OpRegistry::global().get("_TernFusedElementwise");
  std::vector<std::int32_t> sources = {static_cast<std::int32_t>(types.size())};
  for (std::size_t i = 0; i < types.size(); ++i)
    sources.push_back(static_cast<std::int32_t>(i));
  return detail::attrs_by_name(
      op,
      {{"Tin", types},
       {"Tout", std::vector<DType>{result}},
       {"steps", steps_tensor({&step, 1})},
       {"nodes", Tensor("node")},
       {"sources", Tensor(std::span<const std::int32_t>(sources))}});
}

bool gives_bool(std::string_view op) {
  return op.starts_with("Is") || op.starts_with("Less") ||
         op.starts_with("Logical") || op == "Equal" || op == "NotEqual";
}

TEST_CASE("Every step of a block program gives the bits of its ops") {
  const OpDef& op = OpRegistry::global().get("_TernFusedElementwise");
  std::vector<double> numbers = {
      -2.5, -0.0, 0.0, 0.5, 1, 3, harness::kInf, -harness::kInf, harness::kNaN};
  const DType all[] = {
      float32, float64, float16, bfloat16, int32, int64, bool_};
  int checked = 0;
  for (std::size_t k = 0; k < block_ops().size(); ++k) {
    const BlockOp& entry = block_ops()[k];
    const std::string_view op_of_step = entry.ops[0];
    if (op_of_step == kRandomStep) continue;  // see below
    for (DType type : all)
      for (DType to : all) {
        DType result = op_of_step == "Cast"     ? to
                       : gives_bool(op_of_step) ? bool_
                                                : type;
        if (!(result == to) || !has_block_loop(static_cast<int>(k), type, to))
          continue;
        std::vector<double> finite(numbers.begin(), numbers.end() - 3);
        const auto& used = type.is_floating() ? numbers : finite;
        std::vector<int> operands(static_cast<std::size_t>(entry.operands));
        std::iota(operands.begin(), operands.end(), 0);
        BlockStep step =
            block_step(static_cast<int>(k), type, to, entry.operands, operands);
        Tensors inputs;
        for (int i = 0; i < entry.operands; ++i) {
          std::vector<double> turned(used);
          std::rotate(turned.begin(),
                      turned.begin() + i * 2 % static_cast<int>(turned.size()),
                      turned.end());
          bool condition = op_of_step == "SelectV2" && i == 0;
          inputs.push_back(harness::tensor_of_numbers(
              condition ? bool_ : type, Shape({turned.size()}), turned));
        }
        std::vector<DType> types;
        for (const Tensor& input : inputs) types.push_back(input.dtype());
        Attrs attrs = one_step(step, types, to);
        INFO("step " << k << ", " << op_of_step << " of " << type.name()
                     << " to " << to.name());
        CHECK(harness::same_bits(apply(op, inputs, attrs)[0],
                                 op.decompose(inputs, attrs)[0]));
        ++checked;
      }
  }
  CHECK(checked > 250);
}

TEST_CASE("Random numbers in a block program are those of the op") {
  const OpDef& op = OpRegistry::global().get("_TernFusedElementwise");
  const std::uint64_t key[] = {17}, counter[] = {3, 1};
  for (DType type : {float32, float64, float16, bfloat16})
    for (std::int64_t columns : {1, 43, 128, 1000, 70'000}) {
      const std::int64_t dims[] = {3, columns};
      Tensors inputs = {Tensor(std::span<const std::int64_t>(dims)),
                        Tensor(std::span<const std::uint64_t>(key)),
                        Tensor(std::span<const std::uint64_t>(counter))};
      const int operands[] = {0, 1, 2};
      BlockStep step =
          block_step(find_block_op(kRandomStep), type, type, 3, operands);
      const std::int32_t sources[] = {1, ~0};
      Attrs attrs = detail::attrs_by_name(
          op,
          {{"Tin", std::vector<DType>{int64, uint64, uint64}},
           {"Tout", std::vector<DType>{type}},
           {"steps", steps_tensor({&step, 1})},
           {"nodes", Tensor("node")},
           {"sources", Tensor(std::span<const std::int32_t>(sources))}});
      Tensor numbers = apply(op, inputs, attrs)[0];
      INFO(columns << " columns of " << type.name());
      CHECK(numbers.shape() == Shape({3, columns}));
      CHECK(harness::same_bits(numbers, op.decompose(inputs, attrs)[0]));
    }
}

}  // namespace
}  // namespace tern
