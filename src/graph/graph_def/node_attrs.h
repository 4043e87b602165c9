#pragma once

#include <string>

#include "graph/graph_def/attr_proto.h"
#include "graph/graph_def/notes.h"
#include "ops/op_def.h"

namespace tern {

/// The attrs of a NodeDef in the order of the signature, completed with its
/// defaults and checked; what they do not hold goes to `notes`. Names with an
/// underscore in front are notes of graph transformations, not part of the
/// signature. Throws InvalidArgumentError.
Attrs read_attrs(const proto::NodeDef& def,
                 const OpDef& op,
                 const FunctionResolver& resolve,
                 NodeNotes& notes);

struct AttrExport {
  /// Leaves out what equals the signature's default.
  bool strip_defaults = false;
};

/// The reverse: all attrs of the node, those an import had not found left out.
void write_attrs(const Node& node,
                 const AttrExport& options,
                 proto::NodeDef* def);

}  // namespace tern
