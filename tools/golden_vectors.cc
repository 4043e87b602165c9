// golden_vectors [--ops A,B] DIR...: runs every case of golden vectors below
// the folders and compares what Tern computes with what TensorFlow computed.
// Prints each failure; the last line of stdout is "N passed, N failed, N
// skipped". Skipped are cases with a node whose op Tern lacks.

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tern/core/error.h"
#include "tools/golden/isolation.h"

namespace {

using tern::golden::Case;
using tern::golden::Result;

constexpr const char* kUsage =
    "usage: golden_vectors [--ops A,B] DIR...\n"
    "  --ops A,B  only cases of these ops\n";

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
  void add(const Case& c, const Result& result) {
    if (!result.missing_ops.empty()) {
      ++skipped_;
      for (const std::string& op : result.missing_ops) ++missing_[op];
    } else if (result.failures.empty()) {
      ++passed_;
    } else {
      ++failed_;
      ++failed_by_op_[c.op];
      for (const std::string& failure : result.failures)
        std::cout << "FAIL " << c.folder.filename().string() << ": " << failure
                  << std::endl;
    }
  }

  /// Whether nothing failed.
  bool print() const {
    print_counts("failed cases by op:", failed_by_op_);
    print_counts("skipped cases by op that is not registered:", missing_);
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

/// The chosen cases; what cannot be read is a failure.
std::vector<Case> read_cases(const Arguments& arguments, Report& report) {
  std::vector<Case> cases;
  for (const std::string& root : arguments.roots) {
    for (const auto& folder : tern::golden::find_cases(root)) {
      try {
        Case c = tern::golden::read_case(folder);
        if (arguments.ops.empty() || arguments.ops.contains(c.op))
          cases.push_back(std::move(c));
      } catch (const tern::Error& error) {
        Case unreadable;
        unreadable.folder = folder;
        unreadable.op = "?";
        report.add(unreadable, {{error.what()}, {}});
      }
    }
  }
  return cases;
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments arguments = parse(argc, argv);
  Report report;
  std::vector<Case> cases = read_cases(arguments, report);
  tern::golden::check_isolated(
      cases.size(),
      [&](std::size_t i) { return check(cases[i]); },
      [&](std::size_t i, const Result& result) {
        report.add(cases[i], result);
      });
  return report.print() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "golden_vectors: " << error.what() << "\n";
  return 2;
}
