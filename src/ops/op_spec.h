#pragma once

#include <string_view>

#include "ops/op_def.h"

namespace tern {

/// Parses "features: T", "values: N * T", "x: Ref(T)" against the attrs known
/// so far; attrs may follow, so names are resolved by `resolve`.
struct ArgSpec {
  std::string name;
  std::string number;  // attr of the repetition, empty for one tensor
  std::string type;    // a dtype's name or an attr's
  bool is_ref = false;
};
ArgSpec parse_arg_spec(std::string_view spec);

/// Parses "T: {half, float} = DT_FLOAT", "N: int >= 1", "f: func".
AttrDef parse_attr_spec(std::string_view spec);

}  // namespace tern
