// tern: the command line of the library. `tern --help` lists what it does.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "tools/tern/graph.h"

int main(int argc, char** argv) {
  CLI::App app("Tern: TensorFlow's models and data without TensorFlow", "tern");
  app.require_subcommand(1);
  tern::command::add_graph_commands(app);
  try {
    CLI11_PARSE(app, argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "tern: " << error.what() << "\n";
    return 1;
  }
}
