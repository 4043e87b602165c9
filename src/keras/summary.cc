#include "keras/summary.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "tern/core/error.h"

namespace tern::keras {
namespace {

constexpr std::size_t kLineLength = 65;
/// Where the columns end, as shares of the line.
constexpr std::array<double, 3> kColumnEnds = {0.45, 0.85, 1.0};

using PrintLine = std::function<void(const std::string&)>;

/// How much of `text` goes into a cell: a structure breaks after its first
/// closed part.
std::size_t cell_length(std::string_view text, std::size_t room) {
  std::string_view fits = text.substr(0, room);
  std::size_t length = room;
  for (std::string_view end : {"),", "},", "],", "',"}) {
    std::size_t at = fits.find(end);
    if (at != std::string_view::npos)
      length = std::min(length, at + end.size());
  }
  return std::min(length, text.size());
}

void print_row(const std::array<std::string, 3>& fields,
               const PrintLine& print_line) {
  std::array<std::string_view, 3> left = {fields[0], fields[1], fields[2]};
  while (!left[0].empty() || !left[1].empty() || !left[2].empty()) {
    std::string line;
    std::size_t start = 0;
    for (std::size_t column = 0; column < left.size(); ++column) {
      bool last = column + 1 == left.size();
      auto end = static_cast<std::size_t>(kLineLength * kColumnEnds[column]);
      // Two spaces between columns, one before the first.
      std::size_t room = end - start - (last ? 0 : 3);
      std::size_t length = cell_length(left[column], room);
      if (column == 0) line += ' ';
      line += left[column].substr(0, length);
      left[column].remove_prefix(length);
      if (!last) line += "  ";
      if (line.size() < end) line.append(end - line.size(), ' ');
      start = end;
    }
    print_line(line);
  }
}

/// The memory of weights: "124.00 Byte", "1.52 MB".
std::string readable_size(std::int64_t bytes) {
  constexpr std::array kUnits = {"Byte", "KB", "MB", "GB", "TB", "PB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  char text[48];
  std::snprintf(text, sizeof text, "%.2f %s", size, kUnits[unit]);
  return text;
}

void print_count(std::string_view label,
                 const Variables& variables,
                 const PrintLine& print_line) {
  std::int64_t count = 0, bytes = 0;
  for (const Variable& variable : variables) {
    std::int64_t elements = variable.shape().num_elements();
    count += elements;
    bytes += elements * static_cast<std::int64_t>(variable.dtype().size());
  }
  print_line(std::string(label) + " params: " + std::to_string(count) + " (" +
             readable_size(bytes) + ")");
}

}  // namespace

void print_summary(const ModelBase& model, const PrintLine& print_line) {
  if (!model.built())
    throw FailedPreconditionError(
        "This model has not yet been built. Build the model first by calling "
        "`build()` or by calling the model on a batch of data.");
  print_line("Model: \"" + model.name() + "\"");
  print_line(std::string(kLineLength, '_'));
  print_row({"Layer (type)", "Output Shape", "Param #"}, print_line);
  print_line(std::string(kLineLength, '='));
  for (const Layer& layer : model.layers()) {
    const Shape& shape = layer.impl()->output_shape();
    print_row(
        {layer.name() + " (" + layer.class_name() + ")",
         shape.has_rank() ? shape.str() : "?",
         layer.built() ? std::to_string(layer.count_params()) : "0 (unused)"},
        print_line);
    print_line(std::string(kLineLength, ' '));
  }
  print_line(std::string(kLineLength, '='));
  print_count("Total", model.variables(), print_line);
  print_count("Trainable", model.trainable_variables(), print_line);
  print_count("Non-trainable", model.non_trainable_variables(), print_line);
  print_line(std::string(kLineLength, '_'));
}

}  // namespace tern::keras
