#pragma once

// What the examples read from their command lines: options "--name value", and
// where their data is.

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tern/core/error.h"

struct Option {
  std::string name;   // without the dashes
  std::string value;  // what stands for its value in the usage text
  std::string help;
  std::variant<std::string*, int*, std::optional<int>*> target;
};

/// Fills the options' targets from the command line. Prints a usage text and
/// ends the program for --help, and for what it does not understand.
class CommandLine {
 public:
  CommandLine(std::string program, std::vector<Option> options)
      : program_(std::move(program)), options_(std::move(options)) {}

  void parse(int argc, char** argv) const {
    for (int i = 1; i < argc; ++i) {
      const std::string name = argv[i];
      if (name == "--help" || name == "-h") print_usage(std::cout, 0);
      const Option* option = find(name);
      if (!option || i + 1 == argc) print_usage(std::cerr, 2);
      set(*option, argv[++i]);
    }
  }

 private:
  const Option* find(const std::string& name) const {
    for (const Option& option : options_)
      if (name == "--" + option.name) return &option;
    return nullptr;
  }

  void set(const Option& option, const std::string& value) const {
    if (auto* text = std::get_if<std::string*>(&option.target)) {
      **text = value;
      return;
    }
    std::size_t length = 0;
    int number = 0;
    try {
      number = std::stoi(value, &length);
    } catch (const std::logic_error&) {
    }
    if (length == 0 || length != value.size()) {
      std::cerr << "--" << option.name << " wants a number, got \"" << value
                << "\"\n";
      print_usage(std::cerr, 2);
    }
    if (auto* target = std::get_if<int*>(&option.target))
      **target = number;
    else
      *std::get<std::optional<int>*>(option.target) = number;
  }

  [[noreturn]] void print_usage(std::ostream& out, int status) const {
    out << "usage: " << program_;
    for (const Option& option : options_)
      out << " [--" << option.name << " " << option.value << "]";
    for (const Option& option : options_)
      out << "\n  --" << option.name << std::string(9 - option.name.size(), ' ')
          << option.help;
    out << "\n";
    std::exit(status);
  }

  std::string program_;
  std::vector<Option> options_;
};

/// The folder that holds `file`: the one given with --data, else
/// $TERN_DATA/name, $TERN_DATA or `installed` (if there is such a place),
/// whichever has it first. Throws an error that says where it was looked for,
/// and `advice` on how to get it.
inline std::string find_data(const std::string& file,
                             const std::string& given,
                             const std::string& name,
                             const std::string& installed,
                             const std::string& advice) {
  const char* variable = std::getenv("TERN_DATA");
  std::vector<std::string> folders;
  std::string failures;
  if (!given.empty()) {
    folders = {given};
  } else if (variable) {
    folders = {std::string(variable) + "/" + name, variable, installed};
  } else {
    folders = {installed};
    failures = "$TERN_DATA is not set";
  }
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    if (std::filesystem::exists(folder + "/" + file)) return folder;
    failures += (failures.empty() ? "not in " : ", not in ") + folder;
  }
  throw tern::NotFoundError(file, ": no such file (", failures, "); ", advice);
}
