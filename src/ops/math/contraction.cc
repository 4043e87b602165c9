// tensordot and einsum: transposes and reshapes around matrix products.

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"

namespace tern {
namespace {

using Axes = std::vector<std::int64_t>;
using Labels = std::vector<int>;

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

Labels concatenate(Labels a, const Labels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A tensor with a name for each dimension; equal names are equal sizes.
struct Labelled {
  Tensor x;
  Labels labels;

  std::int64_t axis(int label) const {
    return std::find(labels.begin(), labels.end(), label) - labels.begin();
  }
  Axes axes(const Labels& some) const {
    Axes result;
    for (int label : some) result.push_back(axis(label));
    return result;
  }
};

/// A dimension to reshape to: the product of some dimensions of a tensor.
struct Extent {
  Tensor source;
  Axes axes;

  /// -1 when it is not known before running.
  std::int64_t known() const {
    std::int64_t product = 1;
    for (std::int64_t axis : axes) {
      std::int64_t size = source.shape()[static_cast<int>(axis)];
      if (size < 0) return -1;
      product *= size;
    }
    return product;
  }
  /// An int64 vector of one element.
  Tensor at_run_time() const {
    Tensor dims = raw<"GatherV2">(
        raw<"Shape">(source, {{"out_type", int64}}), Tensor(axes), Tensor(0));
    return raw<"Prod">(dims, Tensor{0}, {{"keep_dims", true}});
  }
};

Tensor reshape_to(const Tensor& x, const std::vector<Extent>& extents) {
  std::vector<std::int64_t> dims;
  for (const Extent& extent : extents) dims.push_back(extent.known());
  // Reshape finds one unknown dimension, but not beside one of size 0.
  auto unknown = std::count(dims.begin(), dims.end(), -1);
  auto empty = std::count(dims.begin(), dims.end(), 0);
  if (unknown == 0 || (unknown == 1 && empty == 0))
    return x.shape() == Shape(dims) ? x : raw<"Reshape">(x, Tensor(dims));
  Tensors parts;
  for (const Extent& extent : extents) parts.push_back(extent.at_run_time());
  parts.push_back(Tensor(0));
  return raw<"Reshape">(x, raw<"ConcatV2">(parts));
}

Tensor transpose_to(const Labelled& a, const Labels& order) {
  Axes axes = a.axes(order);
  if (std::is_sorted(axes.begin(), axes.end())) return a.x;
  return raw<"Transpose">(a.x, Tensor(axes));
}

/// a summed over the labels that nobody else needs.
Labelled sum_out(const Labelled& a, const Labels& needed) {
  Axes summed;
  Labels left;
  for (int label : a.labels)
    if (contains(needed, label))
      left.push_back(label);
    else
      summed.push_back(a.axis(label));
  if (summed.empty()) return a;
  return {raw<"Sum">(a.x, Tensor(summed)), left};
}

/// [batch..., rows, columns] with groups of labels merged.
Tensor as_matrices(const Labelled& a,
                   const Labels& batch,
                   const Labels& rows,
                   const Labels& columns) {
  std::vector<Extent> extents;
  for (int label : batch) extents.push_back({a.x, {a.axis(label)}});
  extents.push_back({a.x, a.axes(rows)});
  extents.push_back({a.x, a.axes(columns)});
  return reshape_to(
      transpose_to(a, concatenate(concatenate(batch, rows), columns)), extents);
}

/// The product summed over the labels that both have and `kept` lacks.
Labelled contract(const Labelled& left,
                  const Labelled& right,
                  const Labels& kept) {
  Labelled a = sum_out(left, concatenate(kept, right.labels));
  Labelled b = sum_out(right, concatenate(kept, left.labels));
  Labels batch, contracted, rows, columns;
  for (int label : a.labels) {
    if (!contains(b.labels, label))
      rows.push_back(label);
    else
      (contains(kept, label) ? batch : contracted).push_back(label);
  }
  for (int label : b.labels)
    if (!contains(a.labels, label)) columns.push_back(label);

  Tensor product = matmul(as_matrices(a, batch, rows, contracted),
                          as_matrices(b, batch, contracted, columns));
  std::vector<Extent> extents;
  for (std::size_t i = 0; i < batch.size(); ++i)
    extents.push_back({product, {static_cast<std::int64_t>(i)}});
  for (int label : rows) extents.push_back({a.x, {a.axis(label)}});
  for (int label : columns) extents.push_back({b.x, {b.axis(label)}});
  return {reshape_to(product, extents),
          concatenate(concatenate(batch, rows), columns)};
}

int known_rank(const Tensor& x, const char* function) {
  if (!x.shape().has_rank())
    throw InvalidArgumentError(function,
                               ": the ranks of the operands must be "
                               "known");
  return x.shape().rank();
}

/// A literal operand takes the other's dtype before it is taken apart.
std::pair<Tensor, Tensor> same_dtype(const Tensor& a, const Tensor& b) {
  if (a.is_weak()) return {a.as_dtype(b.dtype()), b};
  if (b.is_weak()) return {a, b.as_dtype(a.dtype())};
  return {a, b};
}

/// einsum's equation: labels of each operand and of the result.
struct Equation {
  std::vector<Labels> operands;
  Labels result;
};

std::optional<int> repeated_label(const Labels& labels) {
  for (int label : labels)
    if (std::count(labels.begin(), labels.end(), label) > 1) return label;
  return std::nullopt;
}

/// The diagonal along dimensions of the same label, for as long as there are
/// any: [.., n, .., n, ..] becomes [n, ..].
Labelled take_diagonals(Labelled operand) {
  while (auto label = repeated_label(operand.labels)) {
    Axes order;
    Labels rest;
    for (std::size_t i = 0; i < operand.labels.size(); ++i) {
      if (operand.labels[i] == *label && order.size() < 2)
        order.push_back(static_cast<std::int64_t>(i));
      else
        rest.push_back(operand.labels[i]);
    }
    const Axes twice = order;
    const Shape& shape = operand.x.shape();
    std::int64_t n = shape[static_cast<int>(twice[0])];
    std::int64_t m = shape[static_cast<int>(twice[1])];
    if (n >= 0 && m >= 0 && n != m)
      throw InvalidArgumentError("Expected dimension ",
                                 n,
                                 " at axis ",
                                 twice[1],
                                 " of the input shaped ",
                                 shape.debug_string(),
                                 " but got dimension ",
                                 m);
    for (std::int64_t i = 0; i < shape.rank(); ++i)
      if (i != twice[0] && i != twice[1]) order.push_back(i);
    Tensor first = transpose(operand.x, {.perm = order});
    Tensor index = range(tern::shape(first)[0]);
    operand = {raw<"GatherNd">(first, stack({index, index}, {.axis = 1})),
               concatenate({*label}, rest)};
  }
  return operand;
}

/// Labels of the dimensions an ellipsis stands for, from the last one back.
Labels ellipsis_labels(int count) {
  Labels labels(static_cast<std::size_t>(count));
  std::iota(labels.rbegin(), labels.rend(), 256);
  return labels;
}

/// `rank` is the operand's, -1 for the result, whose ellipsis has `dims`.
Labels parse_labels(std::string_view text, int rank, int dims) {
  std::string letters;
  std::size_t dots = std::string::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("...") && dots == std::string::npos) {
      dots = letters.size();
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
      letters += text[i];
    } else if (text[i] != ' ') {
      throw InvalidArgumentError("einsum: \"",
                                 text,
                                 "\" holds '",
                                 text[i],
                                 "', which is neither a letter nor part of "
                                 "an ellipsis");
    }
  }
  int named = static_cast<int>(letters.size());
  if (rank >= 0) dims = rank - named;
  bool fits = dots == std::string::npos ? rank < 0 || dims == 0 : dims >= 0;
  if (!fits)
    throw InvalidArgumentError("einsum: \"",
                               text,
                               "\" does not fit an operand "
                               "of rank ",
                               rank);
  Labels labels(letters.begin(), letters.end());
  if (dots != std::string::npos) {
    Labels rest = ellipsis_labels(dims);
    labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(dots),
                  rest.begin(),
                  rest.end());
  }
  return labels;
}

/// Without an arrow: the ellipsis, then the letters that occur once, sorted.
Labels implicit_result(const std::vector<Labels>& operands) {
  Labels all, result;
  for (const Labels& labels : operands) all = concatenate(all, labels);
  std::sort(all.begin(), all.end());
  for (std::size_t i = all.size(); i-- > 0;)
    if (all[i] >= 256 && !contains(result, all[i])) result.push_back(all[i]);
  for (int label : all)
    if (label < 256 && std::count(all.begin(), all.end(), label) == 1)
      result.push_back(label);
  return result;
}

Equation parse_equation(std::string_view text, const Tensors& inputs) {
  std::size_t arrow = text.find("->");
  std::string_view left = text.substr(0, arrow);
  Equation equation;
  int ellipsis_dims = 0;
  for (const Tensor& input : inputs) {
    std::size_t comma = left.find(',');
    bool last = equation.operands.size() + 1 == inputs.size();
    if ((comma == std::string_view::npos) != last)
      throw InvalidArgumentError(
          "einsum: \"", text, "\" does not name ", inputs.size(), " operands");
    Labels labels =
        parse_labels(left.substr(0, comma), known_rank(input, "einsum"), 0);
    ellipsis_dims = std::max(ellipsis_dims,
                             static_cast<int>(std::count_if(
                                 labels.begin(), labels.end(), [](int label) {
                                   return label >= 256;
                                 })));
    equation.operands.push_back(std::move(labels));
    left = last ? "" : left.substr(comma + 1);
  }
  equation.result =
      arrow == std::string_view::npos
          ? implicit_result(equation.operands)
          : parse_labels(text.substr(arrow + 2), -1, ellipsis_dims);
  if (repeated_label(equation.result))
    throw InvalidArgumentError(
        "Output subscripts contain a label appearing more than once: ", text);
  for (int label : equation.result)
    if (std::none_of(
            equation.operands.begin(),
            equation.operands.end(),
            [&](const Labels& labels) { return contains(labels, label); }))
      throw InvalidArgumentError("einsum: \"",
                                 text,
                                 "\" has '",
                                 static_cast<char>(label),
                                 "' in the result but in no operand");
  return equation;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, int axes) {
  int rank_a = known_rank(a, "tensordot");
  int rank_b = known_rank(b, "tensordot");
  if (axes == 1 && rank_a == 2 && rank_b == 2) return matmul(a, b);
  if (axes < 0 || axes > rank_a || axes > rank_b)
    throw InvalidArgumentError("tensordot: cannot contract ",
                               axes,
                               " dimensions of shapes ",
                               a.shape().debug_string(),
                               " and ",
                               b.shape().debug_string());
  Axes last(static_cast<std::size_t>(axes));
  Axes first(static_cast<std::size_t>(axes));
  std::iota(last.begin(), last.end(), rank_a - axes);
  std::iota(first.begin(), first.end(), 0);
  return tensordot(a, b, Ints(last), Ints(first));
}

Tensor tensordot(const Tensor& a,
                 const Tensor& b,
                 const Ints& a_axes,
                 const Ints& b_axes) {
  auto [x, y] = same_dtype(a, b);
  if (a_axes.values().size() != b_axes.values().size())
    throw InvalidArgumentError(
        "tensordot: different numbers of dimensions are contracted: ",
        a_axes.values().size(),
        " of a, ",
        b_axes.values().size(),
        " of b");
  auto resolve = [](const Tensor& operand, Axes axes) {
    int rank = known_rank(operand, "tensordot");
    for (std::int64_t& axis : axes) {
      if (axis < -rank || axis >= rank)
        throw InvalidArgumentError("tensordot: axis ",
                                   axis,
                                   " is outside the rank of shape ",
                                   operand.shape().debug_string());
      if (axis < 0) axis += rank;
      if (std::count(axes.begin(), axes.end(), axis) > 1)
        throw InvalidArgumentError("tensordot: axis ", axis, " is given twice");
    }
    return axes;
  };
  Axes left = resolve(x, a_axes.values());
  Axes right = resolve(y, b_axes.values());

  Labels x_labels(static_cast<std::size_t>(x.shape().rank()));
  Labels y_labels(static_cast<std::size_t>(y.shape().rank()));
  std::iota(x_labels.begin(), x_labels.end(), 0);
  std::iota(y_labels.begin(), y_labels.end(), x.shape().rank());
  Labels kept = concatenate(x_labels, y_labels);
  for (std::size_t i = 0; i < left.size(); ++i) {
    int label = x_labels[static_cast<std::size_t>(left[i])];
    std::erase(kept, label);
    std::erase(kept, y_labels[static_cast<std::size_t>(right[i])]);
    y_labels[static_cast<std::size_t>(right[i])] = label;
  }
  return contract({x, x_labels}, {y, y_labels}, kept).x;
}

Tensor einsum(std::string_view equation, const Tensors& inputs) {
  if (inputs.empty()) throw InvalidArgumentError("einsum: no operands");
  Equation parsed = parse_equation(equation, inputs);
  Labelled result = take_diagonals({inputs[0], parsed.operands[0]});
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Labels needed = parsed.result;
    for (std::size_t j = i + 1; j < inputs.size(); ++j)
      needed = concatenate(needed, parsed.operands[j]);
    auto [x, y] = same_dtype(result.x, inputs[i]);
    result = contract(
        {x, result.labels}, take_diagonals({y, parsed.operands[i]}), needed);
  }
  result = sum_out(result, parsed.result);
  return transpose_to(result, parsed.result);
}

}  // namespace tern
