#pragma once

#include <memory>
#include <string_view>

#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {

/// Gives the handle of what `make` makes: a node of a graph stands for one
/// object over all runs, as do eager calls with one shared name; other calls
/// make a new one.
template <class Make>
void set_resource(KernelContext& c, Make make) {
  using Pointer = decltype(make());
  const int shared = c.op().find_attr("shared_name");
  const bool lasts =
      c.has_own_state() ||
      (shared >= 0 && !c.attr<std::string>("shared_name").empty());
  Pointer object = lasts ? c.state<Pointer>(make) : make();
  *c.out<ResourceHandle>().data() = ResourceHandle(object);
}

/// What is behind the handle in input 0. Throws InvalidArgumentError for other
/// resources.
template <class T>
T& resource_at(const KernelContext& c, std::string_view kind) {
  const auto& object = c.input(0).data<ResourceHandle>()->object();
  auto* found = dynamic_cast<T*>(object.get());
  if (!found)
    throw InvalidArgumentError(
        "The handle is of ",
        object ? "a " + std::string(object->kind()) : std::string("nothing"),
        ", not of a ",
        kind);
  return *found;
}

}  // namespace tern
