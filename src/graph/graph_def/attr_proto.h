#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/proto/graph.pb.h"
#include "ops/op_def.h"

namespace tern {

/// Finds the graph of a function by its name and attrs; null where there is
/// none.
using FunctionResolver = std::function<std::shared_ptr<const GraphFunction>(
    const proto::NameAttrList&)>;

/// A node's attr as the signature wants it. Throws InvalidArgumentError when
/// the message holds another kind of value, and what the value's own
/// conversion throws.
AttrValue attr_from_proto(const proto::AttrValue& proto,
                          const AttrDef& def,
                          const FunctionResolver& resolve);

/// The message of a value; unset for an unset one.
proto::AttrValue to_proto(const AttrValue& value);

}  // namespace tern
