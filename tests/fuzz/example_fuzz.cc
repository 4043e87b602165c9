// Bytes as an Example and as a SequenceExample, alone and in a batch.

#include <string>
#include <string_view>
#include <vector>

#include "op_target.h"
#include "tern/ops/parsing.h"

using namespace tern;

void use(std::string_view bytes) {
  const Tensor one(bytes);
  const Tensor batch(std::vector<std::string>(2, std::string(bytes)));
  const io::FeatureSpecs features = {
      {"a", io::VarLenFeature{float32}},
      {"b", io::FixedLenFeature{{2}, int64, Tensor{1, 2}}},
      {"c", io::FixedLenSequenceFeature{{2}, string, true}},
      {"d", io::RaggedFeature{float32, "a"}}};
  attempt([&] { io::parse_single_example(one, features); });
  attempt([&] { io::parse_example(batch, features); });
  const io::FeatureSpecs lists = {
      {"v", io::FixedLenSequenceFeature{{2}, float32, true}},
      {"w", io::VarLenFeature{int64}},
      {"x", io::RaggedFeature{float32, "v"}}};
  const io::FeatureSpecs context = {{"a", io::VarLenFeature{float32}}};
  attempt([&] { io::parse_sequence_example(batch, context, lists); });
}
