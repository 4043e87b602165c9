#pragma once

#include <CLI/App.hpp>

namespace tern::command {

/// `tern graph show` and `tern graph run`.
void add_graph_commands(CLI::App& app);

}  // namespace tern::command
