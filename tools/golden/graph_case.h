#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern::golden {

/// A value that a case records: output `output` of the node.
struct Record {
  std::string node;
  int output = 0;
  std::filesystem::path file;  // without ".csv", ".shape"
};

/// One folder of whole graphs: `frozen_model.pb` and, as text, what each node
/// gave when TensorFlow ran it.
struct GraphCase {
  std::filesystem::path folder;
  std::string name;  // below the folder of all cases
  std::vector<Record> values;
  std::vector<Record> placeholders;
};

GraphCase read_graph_case(const std::filesystem::path& folder,
                          const std::filesystem::path& root);

/// Folders below `root` that hold a frozen_model.pb, sorted.
std::vector<std::filesystem::path> find_graph_cases(
    const std::filesystem::path& root);

/// Of some large tensors, shapes alone are recorded.
bool has_values(const Record& record);
Shape recorded_shape(const Record& record);

/// The recorded tensor, of the dtype that the graph gives it.
Tensor load(const Record& record, DType dtype);

}  // namespace tern::golden
