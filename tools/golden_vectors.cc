// golden_vectors [--ops A,B] DIR...: runs every case of golden vectors below
// the folders (single ops: case.json and graph.pb; Keras: case.json alone;
// whole graphs: frozen_model.pb) and compares what Tern computes with what
// TensorFlow and Keras computed. Prints each failure; the last line of stdout
// is "N passed, N failed, N skipped". Skipped are cases with an op or a class
// that Tern lacks.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "graph/graph_def/graph_def.h"
#include "tern/core/error.h"
#include "tools/golden/check_graph.h"
#include "tools/golden/isolation.h"
#include "tools/golden/keras/case.h"

namespace {

using tern::golden::GraphCase;
using tern::golden::Result;

/// One case of either layout.
struct Item {
  std::string name;
  std::string op;  // whose count a failure adds to
  std::function<Result()> check;
};

constexpr const char* kUsage =
    "usage: golden_vectors [--ops A,B] DIR...\n"
    "  --ops A,B  only cases of these ops, Keras classes or kinds, only graphs "
    "with one of them\n";

struct Arguments {
  std::set<std::string> ops;
  std::vector<std::string> roots;
};

std::set<std::string> split(const std::string& list) {
  std::set<std::string> names;
  std::istringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) names.insert(name);
  return names;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--ops" && i + 1 < argc) {
      arguments.ops = split(argv[++i]);
    } else if (argument == "--help") {
      std::cout << kUsage;
      std::exit(0);
    } else if (argument.starts_with("-")) {
      throw tern::InvalidArgumentError(
          "unknown option ", argument, "\n", kUsage);
    } else {
      arguments.roots.push_back(argument);
    }
  }
  if (arguments.roots.empty())
    throw tern::InvalidArgumentError("no folder given\n", kUsage);
  return arguments;
}

class Report {
 public:
  void add(const Item& item, const Result& result) {
    for (const std::string& op : result.missing_ops) ++missing_[op];
    if (!result.failures.empty()) {
      ++failed_;
      ++failed_by_op_[item.op];
      for (const std::string& failure : result.failures)
        std::cout << "FAIL " << item.name << ": " << failure << std::endl;
    } else if (!result.missing_ops.empty()) {
      ++skipped_;
    } else {
      ++passed_;
    }
  }

  /// Whether nothing failed.
  bool print() const {
    print_counts("failed cases by op:", failed_by_op_);
    print_counts("skipped cases by what is not there:", missing_);
    std::cout << passed_ << " passed, " << failed_ << " failed, " << skipped_
              << " skipped" << std::endl;
    return failed_ == 0;
  }

 private:
  static void print_counts(const char* title,
                           const std::map<std::string, int>& counts) {
    if (counts.empty()) return;
    std::cout << title;
    for (const auto& [op, count] : counts)
      std::cout << " " << op << "(" << count << ")";
    std::cout << "\n";
  }

  int passed_ = 0, failed_ = 0, skipped_ = 0;
  std::map<std::string, int> failed_by_op_, missing_;
};

/// Adds what `read` gives, unless it gives nothing; what cannot be read is a
/// failure.
void add_item(const std::filesystem::path& folder,
              std::vector<Item>& items,
              Report& report,
              const std::function<std::optional<Item>()>& read) {
  try {
    if (std::optional<Item> item = read()) items.push_back(std::move(*item));
  } catch (const std::exception& error) {
    report.add({folder.filename().string(), "?", nullptr},
               {{error.what()}, {}});
  }
}

bool has_one_of(const tern::proto::GraphDef& def,
                const std::set<std::string>& ops) {
  return std::any_of(def.node().begin(),
                     def.node().end(),
                     [&](const auto& node) { return ops.contains(node.op()); });
}

std::optional<Item> read_op_case(const std::filesystem::path& folder,
                                 const std::set<std::string>& ops) {
  tern::golden::Case c = tern::golden::read_case(folder);
  if (!ops.empty() && !ops.contains(c.op)) return {};
  return Item{folder.filename().string(), c.op, [c] { return check(c); }};
}

std::optional<Item> read_keras_case(const std::filesystem::path& folder,
                                    const std::set<std::string>& ops) {
  tern::golden::KerasCase c(folder.string());
  bool chosen = ops.empty() || ops.contains(c.kind());
  for (const auto& covered : c.facts()["covers"].items())
    chosen = chosen || ops.contains(covered.get<std::string>());
  if (!chosen) return {};
  return Item{
      folder.filename().string(), c.kind(), [c] { return check_keras(c); }};
}

std::optional<Item> read_graph(const std::filesystem::path& folder,
                               const std::string& root,
                               const std::set<std::string>& ops) {
  std::string file = (folder / "frozen_model.pb").string();
  if (!ops.empty() && !has_one_of(tern::read_graph_def(file), ops)) return {};
  GraphCase c = tern::golden::read_graph_case(folder, root);
  return Item{c.name, "(graph)", [c] { return check_graph(c); }};
}

/// The chosen cases.
std::vector<Item> read_items(const Arguments& arguments, Report& report) {
  std::vector<Item> items;
  for (const std::string& root : arguments.roots) {
    for (const auto& folder : tern::golden::find_cases(root))
      add_item(folder, items, report, [&] {
        return std::filesystem::exists(folder / "graph.pb")
                   ? read_op_case(folder, arguments.ops)
                   : read_keras_case(folder, arguments.ops);
      });
    for (const auto& folder : tern::golden::find_graph_cases(root))
      add_item(folder, items, report, [&] {
        return read_graph(folder, root, arguments.ops);
      });
  }
  return items;
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments arguments = parse(argc, argv);
  Report report;
  std::vector<Item> items = read_items(arguments, report);
  tern::golden::check_isolated(
      items.size(),
      [&](std::size_t i) { return items[i].check(); },
      [&](std::size_t i, const Result& result) {
        report.add(items[i], result);
      });
  return report.print() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "golden_vectors: " << error.what() << "\n";
  return 2;
}
