// SequenceExamples to columns: a context as of an Example, and lists of
// features, one feature a step.

#include <unordered_map>

#include "kernels/cpu/plain/parsing/value_list.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Keys = std::vector<std::string>;

struct Columns {
  Keys sparse_keys, dense_keys, ragged_keys;
  std::vector<DType> sparse_types, dense_types, ragged_types, split_types;
  std::vector<Shape> dense_shapes;
};

struct Request {
  Columns context, lists;
  std::vector<Tensor> context_defaults;
  std::vector<bool> missing_assumed_empty;  // one a dense list
  bool has_lengths = true;  // whether lengths of dense lists are asked for
};

/// Values of all steps of all examples.
struct StepRows {
  explicit StepRows(DType dtype) : steps(dtype) {}
  ValueRows steps;
  std::vector<std::int64_t> ends{0};  // of each example, in steps

  std::int64_t most_steps() const {
    std::int64_t most = 0;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i)
      most = std::max(most, ends[i + 1] - ends[i]);
    return most;
  }
};

template <class Rows>
std::vector<Rows> rows_of(const std::vector<DType>& types) {
  std::vector<Rows> rows;
  for (DType type : types) rows.emplace_back(type);
  return rows;
}

void check_keys(const Columns& columns, const char* kind) {
  auto contains = [](const Keys& keys, const std::string& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  auto refuse = [&](const std::string& key, const char* a, const char* b) {
    throw InvalidArgumentError(
        kind, " feature ", key, " cannot be both ", a, " and ", b);
  };
  for (const std::string& key : columns.sparse_keys)
    if (contains(columns.dense_keys, key)) refuse(key, "dense", "sparse");
  for (const std::string& key : columns.ragged_keys) {
    if (contains(columns.dense_keys, key)) refuse(key, "ragged", "dense");
    if (contains(columns.sparse_keys, key)) refuse(key, "ragged", "sparse");
  }
  if (columns.sparse_keys.size() != columns.sparse_types.size() ||
      columns.dense_keys.size() != columns.dense_types.size() ||
      columns.dense_keys.size() != columns.dense_shapes.size() ||
      columns.ragged_keys.size() != columns.ragged_types.size())
    throw InvalidArgumentError(
        kind, " features: as many keys as types and shapes are needed");
}

std::int64_t elements_of(const Shape& shape) {
  if (!shape.is_fully_known())
    throw InvalidArgumentError("dense shapes must be fully defined, got ",
                               shape.debug_string());
  return shape.num_elements();
}

class SequenceParser {
 public:
  SequenceParser(Request request,
                 std::span<const std::string> names,
                 bool batched)
      : request_(std::move(request)),
        names_(names),
        batched_(batched),
        sparse_(rows_of<ValueRows>(request_.context.sparse_types)),
        dense_(rows_of<ValueRows>(request_.context.dense_types)),
        ragged_(rows_of<ValueRows>(request_.context.ragged_types)),
        sparse_lists_(rows_of<StepRows>(request_.lists.sparse_types)),
        dense_lists_(rows_of<StepRows>(request_.lists.dense_types)),
        ragged_lists_(rows_of<StepRows>(request_.lists.ragged_types)) {
    check_keys(request_.context, "Context");
    check_keys(request_.lists, "Sequence");
    check_defaults();
    note_keys(request_.context, features_);
    note_keys(request_.lists, lists_);
  }

  void parse(std::span<const std::string> examples) {
    for (row_ = 0; row_ < examples.size(); ++row_) {
      find(examples[row_]);
      append_context();
      append_lists();
    }
  }

  void set_outputs(KernelContext& c) {
    set_context_outputs(c);
    for (const StepRows& list : sparse_lists_)
      sparse_list_parts_.push_back(sparse_list(list));
    put_each(c, sparse_list_parts_, [](auto& p) { return p.indices; });
    put_each(c, sparse_list_parts_, [](auto& p) { return p.values; });
    put_each(c, sparse_list_parts_, [](auto& p) { return p.shape; });
    for (std::size_t k = 0; k < dense_lists_.size(); ++k) put(c, dense_list(k));
    if (request_.has_lengths)
      for (std::size_t k = 0; k < dense_lists_.size(); ++k)
        put(c, dense_lengths(k));
    for (const StepRows& list : ragged_lists_)
      put(c, list.steps.values.tensor({list.steps.values.size()}));
    for (std::size_t k = 0; k < ragged_lists_.size(); ++k) {
      const DType dtype = request_.lists.split_types[k];
      Tensor splits = splits_tensor(ragged_lists_[k].ends, dtype);
      put(c, batched_ ? splits : splits.rows(1, 2).with_shape({}));
    }
    for (std::size_t k = 0; k < ragged_lists_.size(); ++k)
      put(c,
          splits_tensor(ragged_lists_[k].steps.ends,
                        request_.lists.split_types[k]));
  }

 private:
  template <class Map>
  static void note_keys(const Columns& columns, Map& map) {
    for (const Keys* keys :
         {&columns.sparse_keys, &columns.dense_keys, &columns.ragged_keys})
      for (const std::string& key : *keys) map[key] = {};
  }

  void check_defaults() const {
    for (std::size_t k = 0; k < request_.context_defaults.size(); ++k) {
      const Tensor& value = request_.context_defaults[k];
      const Shape& shape = request_.context.dense_shapes[k];
      elements_of(shape);
      if (value.num_elements() > 0 && !(value.shape() == shape))
        throw InvalidArgumentError("default_value[",
                                   k,
                                   "].shape() == ",
                                   value.shape().debug_string(),
                                   " != context_dense_shapes[",
                                   k,
                                   "] == ",
                                   shape.debug_string());
    }
    for (const Shape& shape : request_.lists.dense_shapes) elements_of(shape);
  }

  std::string name() const {
    return names_.empty() ? "<unknown>" : names_[row_];
  }

  void find(const std::string& example) {
    for (auto& [key, feature] : features_) feature = {};
    for (auto& [key, list] : lists_) list = {};
    const bool ok =
        io::visit_features(
            example,
            [&](std::string_view key, const io::FeatureBytes& feature) {
              auto it = features_.find(key);
              if (it != features_.end()) it->second = feature;
            }) &&
        io::visit_feature_lists(
            example, [&](std::string_view key, std::string_view list) {
              auto it = lists_.find(key);
              if (it != lists_.end()) it->second = {true, list};
            });
    if (!ok)
      throw InvalidArgumentError("Invalid protocol message input, example id: ",
                                 name());
  }

  void append_feature(const std::string& key, ValueRows& rows) const {
    const io::FeatureBytes& feature = features_.find(key)->second;
    if (feature.dtype.code != 0) {
      if (!(feature.dtype == rows.values.dtype()))
        throw InvalidArgumentError("Name: ",
                                   name(),
                                   ", Context feature '",
                                   key,
                                   "': Data types don't match. Expected type: ",
                                   rows.values.dtype().name(),
                                   ", Actual type: ",
                                   feature.dtype.name());
      if (!rows.values.append(feature)) refuse_values(key);
    }
    rows.end_row();
  }

  [[noreturn]] void refuse_values(const std::string& key) const {
    throw InvalidArgumentError(
        "Name: ", name(), ", Key: ", key, ".  Can't parse serialized Example.");
  }

  void append_context() {
    for (std::size_t k = 0; k < sparse_.size(); ++k)
      append_feature(request_.context.sparse_keys[k], sparse_[k]);
    for (std::size_t k = 0; k < ragged_.size(); ++k)
      append_feature(request_.context.ragged_keys[k], ragged_[k]);
    for (std::size_t k = 0; k < dense_.size(); ++k) {
      const std::string& key = request_.context.dense_keys[k];
      ValueRows& rows = dense_[k];
      append_feature(key, rows);
      const std::int64_t wanted = elements_of(request_.context.dense_shapes[k]);
      const bool missing = features_.find(key)->second.dtype.code == 0;
      const Tensor& value = request_.context_defaults[k];
      if (missing && value.num_elements() > 0) {
        rows.values.append(value);
        rows.ends.back() = rows.values.size();
      }
      const std::int64_t count =
          rows.ends.back() - rows.ends[rows.ends.size() - 2];
      if (count != wanted)
        throw InvalidArgumentError(
            "Inconsistent max number of elements for feature ",
            key,
            ": expected ",
            wanted,
            ", but found ",
            count);
    }
  }

  void append_steps(const std::string& key, StepRows& rows) const {
    std::int64_t step = 0;
    const bool ok = io::visit_steps(
        lists_.find(key)->second.bytes, [&](const io::FeatureBytes& feature) {
          if (feature.dtype.code != 0) {
            if (!(feature.dtype == rows.steps.values.dtype()))
              throw InvalidArgumentError(
                  "Name: ",
                  name(),
                  ", Feature list: ",
                  key,
                  ", Index: ",
                  step,
                  ".  Data types don't match. Expected type: ",
                  rows.steps.values.dtype().name());
            if (!rows.steps.values.append(feature)) refuse_values(key);
          }
          rows.steps.end_row();
          ++step;
        });
    if (!ok) refuse_values(key);
    rows.ends.push_back(rows.steps.rows());
  }

  void append_lists() {
    for (std::size_t k = 0; k < sparse_lists_.size(); ++k)
      append_steps(request_.lists.sparse_keys[k], sparse_lists_[k]);
    for (std::size_t k = 0; k < ragged_lists_.size(); ++k)
      append_steps(request_.lists.ragged_keys[k], ragged_lists_[k]);
    for (std::size_t k = 0; k < dense_lists_.size(); ++k) {
      const std::string& key = request_.lists.dense_keys[k];
      if (!lists_.find(key)->second.present &&
          !request_.missing_assumed_empty[k])
        throw InvalidArgumentError(
            "Name: ",
            name(),
            ", Feature list '",
            key,
            "' is required but could not be found.  Did you mean to include "
            "it in feature_list_dense_missing_assumed_empty or "
            "feature_list_dense_defaults?");
      StepRows& rows = dense_lists_[k];
      append_steps(key, rows);
      const auto& steps = rows.steps.ends;
      const auto begin = static_cast<std::size_t>(rows.ends.end()[-2]);
      const std::int64_t count = steps.back() - steps[begin];
      const std::int64_t found = rows.ends.back() - rows.ends.end()[-2];
      if (count != found * elements_of(request_.lists.dense_shapes[k]))
        throw InvalidArgumentError(
            "Feature list '",
            key,
            "' has an unexpected number of values.  Total values size: ",
            count,
            " is not consistent with output shape: ",
            Shape({-1})
                .concatenate(request_.lists.dense_shapes[k])
                .debug_string());
    }
  }

  void put(KernelContext& c, Tensor tensor) {
    c.set_output(next_output_++, std::move(tensor));
  }
  template <class Parts, class Pick>
  void put_each(KernelContext& c, const Parts& parts, Pick pick) {
    for (const SparseParts& part : parts) put(c, pick(part));
  }

  void set_context_outputs(KernelContext& c) {
    std::vector<SparseParts> parts;
    for (const ValueRows& rows : sparse_)
      parts.push_back(sparse_parts(rows, batched_));
    put_each(c, parts, [](auto& p) { return p.indices; });
    put_each(c, parts, [](auto& p) { return p.values; });
    put_each(c, parts, [](auto& p) { return p.shape; });
    for (std::size_t k = 0; k < dense_.size(); ++k) {
      Shape shape = request_.context.dense_shapes[k];
      if (batched_) shape.insert(0, dense_[k].rows());
      put(c, dense_[k].values.tensor(shape));
    }
    for (const ValueRows& rows : ragged_)
      put(c, rows.values.tensor({rows.values.size()}));
    for (std::size_t k = 0; k < ragged_.size(); ++k)
      put(c,
          splits_tensor(
              batched_ ? ragged_[k].ends : std::vector<std::int64_t>(),
              request_.context.split_types[k]));
  }

  /// [examples, most steps, most values], without the first for one example.
  SparseParts sparse_list(const StepRows& list) const {
    const std::int64_t count = list.steps.values.size();
    const int rank = batched_ ? 3 : 2;
    SparseParts parts{Tensor::allocate(int64, {count, rank}),
                      list.steps.values.tensor({count}),
                      Tensor::allocate(int64, {rank})};
    auto* index = parts.indices.data<std::int64_t>();
    for (std::size_t row = 0; row + 1 < list.ends.size(); ++row)
      for (std::int64_t step = list.ends[row]; step < list.ends[row + 1];
           ++step) {
        const auto at = static_cast<std::size_t>(step);
        const std::int64_t values =
            list.steps.ends[at + 1] - list.steps.ends[at];
        for (std::int64_t k = 0; k < values; ++k) {
          if (batched_) *index++ = static_cast<std::int64_t>(row);
          *index++ = step - list.ends[row];
          *index++ = k;
        }
      }
    auto* dims = parts.shape.data<std::int64_t>();
    if (batched_) *dims++ = static_cast<std::int64_t>(list.ends.size()) - 1;
    *dims++ = list.most_steps();
    *dims = list.steps.longest();
    return parts;
  }

  Tensor dense_list(std::size_t k) const {
    const StepRows& list = dense_lists_[k];
    const Shape& element = request_.lists.dense_shapes[k];
    Shape shape = Shape({list.most_steps()}).concatenate(element);
    if (batched_)
      shape.insert(0, static_cast<std::int64_t>(list.ends.size()) - 1);
    std::vector<std::int64_t> ends;
    for (std::int64_t step : list.ends)
      ends.push_back(list.steps.ends[static_cast<std::size_t>(step)]);
    return list.steps.values.padded(
        ends, list.most_steps() * elements_of(element), {}, shape);
  }

  Tensor dense_lengths(std::size_t k) const {
    std::vector<std::int64_t> lengths;
    const std::vector<std::int64_t>& ends = dense_lists_[k].ends;
    for (std::size_t row = 0; row + 1 < ends.size(); ++row)
      lengths.push_back(ends[row + 1] - ends[row]);
    Tensor result(lengths);
    return batched_ ? result : result.with_shape({});
  }

  struct ListBytes {
    bool present = false;
    std::string_view bytes = {};
  };

  Request request_;
  std::span<const std::string> names_;
  bool batched_;
  std::size_t row_ = 0;
  int next_output_ = 0;
  std::vector<ValueRows> sparse_, dense_, ragged_;
  std::vector<StepRows> sparse_lists_, dense_lists_, ragged_lists_;
  std::vector<SparseParts> sparse_list_parts_;
  std::unordered_map<std::string_view, io::FeatureBytes> features_;
  std::unordered_map<std::string_view, ListBytes> lists_;
};

Keys strings_of(const Tensor& tensor) {
  auto values = tensor.values<std::string>();
  return {values.begin(), values.end()};
}

/// Reads inputs in the order of the signature.
class Inputs {
 public:
  explicit Inputs(KernelContext& c, int first) : c_(c), next_(first) {}
  Keys keys() { return strings_of(c_.input(next_++)); }
  /// As many scalars as `attr` says.
  Keys scalar_keys(const char* attr) {
    Keys keys;
    for (std::int64_t k = 0; k < c_.attr<std::int64_t>(attr); ++k) {
      const Tensor& key = c_.input(next_++);
      if (key.num_elements() != 1)
        throw InvalidArgumentError("Expected a key to be a scalar, got shape: ",
                                   key.shape().debug_string());
      keys.push_back(key.values<std::string>()[0]);
    }
    return keys;
  }
  std::vector<Tensor> tensors(std::size_t count) {
    std::vector<Tensor> result;
    for (std::size_t k = 0; k < count; ++k) result.push_back(c_.input(next_++));
    return result;
  }
  const Tensor& tensor() { return c_.input(next_++); }

 private:
  KernelContext& c_;
  int next_;
};

void read_types(const KernelContext& c, Request& request) {
  using Types = std::vector<DType>;
  request.context.sparse_types = c.attr<Types>("context_sparse_types");
  request.context.dense_types = c.attr<Types>("Tcontext_dense");
  request.context.dense_shapes =
      c.attr<std::vector<Shape>>("context_dense_shapes");
  request.lists.sparse_types = c.attr<Types>("feature_list_sparse_types");
  request.lists.dense_types = c.attr<Types>("feature_list_dense_types");
  request.lists.dense_shapes =
      c.attr<std::vector<Shape>>("feature_list_dense_shapes");
}

std::vector<bool> assumed_empty(const Keys& keys, const Keys& names) {
  std::vector<bool> result;
  for (const std::string& key : keys)
    result.push_back(std::find(names.begin(), names.end(), key) != names.end());
  return result;
}

void run(KernelContext& c,
         Request request,
         std::span<const std::string> names) {
  const Shape& shape = c.input(0).shape();
  if (shape.rank() > 1)
    throw InvalidArgumentError(
        "Expected serialized to be a scalar or vector, got shape: ",
        shape.debug_string());
  if (!names.empty() &&
      names.size() != static_cast<std::size_t>(c.input(0).num_elements()))
    throw InvalidArgumentError(
        "Expected debug_name to have as many entries as serialized, got ",
        names.size(),
        " vs. ",
        c.input(0).num_elements());
  SequenceParser parser(std::move(request), names, shape.rank() == 1);
  parser.parse(c.in<std::string>(0));
  parser.set_outputs(c);
}

void parse_sequence_example(KernelContext& c) {
  Request request;
  read_types(c, request);
  request.context.sparse_keys = c.attr<Keys>("context_sparse_keys");
  request.context.dense_keys = c.attr<Keys>("context_dense_keys");
  request.lists.sparse_keys = c.attr<Keys>("feature_list_sparse_keys");
  request.lists.dense_keys = c.attr<Keys>("feature_list_dense_keys");
  request.missing_assumed_empty =
      assumed_empty(request.lists.dense_keys,
                    c.attr<Keys>("feature_list_dense_missing_assumed_empty"));
  request.context_defaults =
      Inputs(c, 2).tensors(request.context.dense_types.size());
  run(c, std::move(request), c.in<std::string>(1));
}

void parse_sequence_example_v2(KernelContext& c) {
  using Types = std::vector<DType>;
  Request request;
  read_types(c, request);
  request.context.ragged_types = c.attr<Types>("context_ragged_value_types");
  request.context.split_types = c.attr<Types>("context_ragged_split_types");
  request.lists.ragged_types = c.attr<Types>("feature_list_ragged_value_types");
  request.lists.split_types = c.attr<Types>("feature_list_ragged_split_types");
  Inputs inputs(c, 2);
  for (Columns* columns : {&request.context, &request.lists}) {
    columns->sparse_keys = inputs.keys();
    columns->dense_keys = inputs.keys();
    columns->ragged_keys = inputs.keys();
  }
  const Tensor& empty = inputs.tensor();
  if (empty.num_elements() !=
      static_cast<std::int64_t>(request.lists.dense_keys.size()))
    throw InvalidArgumentError(
        "Expected len(feature_list_dense_missing_assumed_empty) == "
        "len(feature_list_dense_keys) but got: ",
        empty.num_elements(),
        " vs. ",
        request.lists.dense_keys.size());
  for (bool missing : empty.values<bool>())
    request.missing_assumed_empty.push_back(missing);
  request.context_defaults = inputs.tensors(request.context.dense_types.size());
  run(c, std::move(request), c.in<std::string>(1));
}

void parse_single_sequence_example(KernelContext& c) {
  Request request;
  read_types(c, request);
  request.has_lengths = false;
  Inputs inputs(c, 1);
  const Keys empty = inputs.keys();
  request.context.sparse_keys = inputs.scalar_keys("Ncontext_sparse");
  request.context.dense_keys = inputs.scalar_keys("Ncontext_dense");
  request.lists.sparse_keys = inputs.scalar_keys("Nfeature_list_sparse");
  request.lists.dense_keys = inputs.scalar_keys("Nfeature_list_dense");
  request.missing_assumed_empty =
      assumed_empty(request.lists.dense_keys, empty);
  request.context_defaults = inputs.tensors(request.context.dense_types.size());
  if (c.input(0).shape().rank() != 0)
    throw InvalidArgumentError(
        "Expected serialized to be a scalar, got shape: ",
        c.input(0).shape().debug_string());
  run(c, std::move(request), inputs.tensor().values<std::string>());
}

}  // namespace

void register_parse_sequence_example_kernels(KernelRegistry& registry) {
  registry.add("ParseSequenceExample", {}, parse_sequence_example);
  registry.add("ParseSequenceExampleV2", {}, parse_sequence_example_v2);
  registry.add("ParseSingleSequenceExample", {}, parse_single_sequence_example);
}

}  // namespace tern
