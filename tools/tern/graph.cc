#include "tools/tern/graph.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "io/npy.h"
#include "tern/core/error.h"
#include "tern/core/print.h"
#include "tern/graph/v1.h"
#include "tools/tern/show_graph.h"

namespace tern::command {
namespace {

namespace v1 = compat::v1;

/// "name=file" taken apart at the first '=' (names of nodes have none).
std::pair<std::string, std::string> parse_feed(const std::string& text) {
  std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InvalidArgumentError(
        "--feed ", text, ": expected NAME=FILE.npy, as in image:0=pixels.npy");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// "x" means "x:0", unless x has no outputs: then it is only run.
std::string tensor_name(const v1::Graph& graph, const std::string& name) {
  if (name.find(':') != std::string::npos) return name;
  try {
    graph.get_tensor_by_name(name + ":0");
  } catch (const NotFoundError&) {
    return name;
  }
  return name + ":0";
}

/// "scope/x:1" → "scope_x_1.npy", "scope/x:0" → "scope_x.npy".
std::string file_name(std::string tensor) {
  if (tensor.ends_with(":0")) tensor.resize(tensor.size() - 2);
  for (char& c : tensor)
    if (c == '/' || c == ':') c = '_';
  return tensor + ".npy";
}

struct RunArguments {
  std::string graph;
  std::vector<std::string> feeds;
  std::vector<std::string> fetches;
  std::string outdir;
};

void run(const RunArguments& arguments) {
  v1::Graph graph = v1::import_graph_def(arguments.graph, {.name = ""});
  v1::Feeds feeds;
  for (const std::string& text : arguments.feeds) {
    auto [name, file] = parse_feed(text);
    feeds.emplace_back(tensor_name(graph, name), io::read_npy(file));
  }
  std::vector<v1::Fetch> fetches;
  std::vector<std::string> names;
  for (const std::string& name : arguments.fetches) {
    names.push_back(tensor_name(graph, name));
    fetches.emplace_back(names.back());
  }
  Tensors values = v1::Session(graph).run(fetches, feeds);
  if (!arguments.outdir.empty())
    std::filesystem::create_directories(arguments.outdir);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!values[i].defined()) continue;
    if (arguments.outdir.empty()) {
      std::cout << names[i] << " = " << str(values[i]) << "\n";
      continue;
    }
    auto path = std::filesystem::path(arguments.outdir) / file_name(names[i]);
    io::write_npy(path.string(), values[i]);
    std::cout << path.string() << "\n";
  }
}

}  // namespace

void add_graph_commands(CLI::App& app) {
  CLI::App* graph = app.add_subcommand(
      "graph", "look at and run GraphDef files (.pb, .pbtxt)");
  graph->require_subcommand(1);

  auto shown = std::make_shared<ShowArguments>();
  CLI::App* show = graph->add_subcommand(
      "show", "list nodes, inputs, outputs and ops, and which of them lack");
  show->add_option("graph,--graph", shown->graph, "the GraphDef file")
      ->required();
  show->add_flag("--dot", shown->dot, "write Graphviz's language instead");
  show->callback([shown] { show_graph(*shown, std::cout); });

  auto given = std::make_shared<RunArguments>();
  CLI::App* runs = graph->add_subcommand(
      "run", "compute tensors of a graph; print them or write .npy files");
  runs->add_option("graph,--graph", given->graph, "the GraphDef file")
      ->required();
  runs->add_option("--feed", given->feeds, "NAME=FILE.npy, several times")
      ->allow_extra_args(false);
  runs->add_option("--fetch", given->fetches, "NAME, several times")
      ->allow_extra_args(false)
      ->required();
  runs->add_option("--outdir", given->outdir, "write here; made if missing");
  runs->callback([given] { run(*given); });
}

}  // namespace tern::command
