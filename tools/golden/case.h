#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"

namespace tern::golden {

struct Tolerance {
  double rtol = 0;
  double atol = 0;
};

/// File names by tensor name ("op:0"), in the order of the file; an empty name
/// stands for null: no gradient.
using Files = std::vector<std::pair<std::string, std::string>>;

struct GradientCase {
  Files cotangents;  // of the first gradient
  Files v;           // of the second gradient: factors of the first
  Files expected;
  Tolerance tolerance;
};

struct ExpectedError {
  std::string stage;  // "import" or "run"
  std::string code;
  std::string message_contains;
};

/// One folder of golden vectors: `case.json`, `graph.pb` and tensors.
struct Case {
  std::filesystem::path folder;
  std::string op;
  Files feeds;
  Files file_feeds;  // fed is the path of the file
  std::vector<std::string> init;
  std::vector<std::string> targets;
  std::vector<Files> runs;  // fetches of each run in one session
  bool ends = false;        // one more run must raise OutOfRange
  Tolerance tolerance;
  std::map<std::string, DType> dtypes;  // true dtypes of .npy files
  std::vector<std::string> sign_free;
  std::vector<std::string> set_free;
  std::optional<GradientCase> grad;
  std::optional<GradientCase> grad2;
  std::optional<ExpectedError> error;

  /// The tensor of a file of this case.
  Tensor load(const std::string& file) const;
};

/// Throws NotFoundError, DataLossError for what is no case.
Case read_case(const std::filesystem::path& folder);

/// Folders below `root` (or itself) that hold a case.json, sorted.
std::vector<std::filesystem::path> find_cases(
    const std::filesystem::path& root);

}  // namespace tern::golden
