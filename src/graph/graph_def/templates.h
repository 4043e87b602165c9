#pragma once

#include <string>

#include "io/proto/graph.pb.h"

namespace tern {

using AttrMap = google::protobuf::Map<std::string, proto::AttrValue>;

/// Whether types or lengths of arguments are attrs that each call gives.
bool is_template(const proto::OpDef& signature);

/// The function that a template is for the attrs of a call, defaults where it
/// gives none: placeholders ("$T" in a text) replaced, the name its own for
/// each set of values. Throws InvalidArgumentError for attrs that are missing
/// or no types, UnimplementedError for arguments that stand for lists.
proto::FunctionDef instantiate(const proto::FunctionDef& definition,
                               const AttrMap& attrs);

}  // namespace tern
