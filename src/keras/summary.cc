#include "keras/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "keras/functional/functional.h"
#include "tern/core/error.h"

namespace tern::keras {
namespace {

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

std::string repeat(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

/// "(None, 4)", "[(None, 4), (None, 2)]" for several outputs and for inputs,
/// "multiple" where the calls differ.
std::string output_shape_text(const Layer& layer) {
  std::string text;
  for (const LayerNodePtr& node : layer.impl()->nodes()) {
    std::string shapes;
    for (const Tensor& output : node->outputs.flatten())
      shapes += (shapes.empty() ? "" : ", ") +
                (output.shape().has_rank() ? output.shape().str() : "None");
    if (!node->outputs.is_tensor() || node->inputs.kind() == 'n')
      shapes = "[" + shapes + "]";
    if (!text.empty() && text != shapes) return "multiple";
    text = shapes;
  }
  if (!text.empty()) return text;
  const Shape& shape = layer.impl()->output_shape();
  return shape.has_rank() ? shape.str() : "?";
}

/// "['dense[0][0]', 'a[0][0]']": what the layer's calls in the network read.
std::string connections(const Layer& layer, const Network& network) {
  std::string text;
  for (const LayerNodePtr& node : layer.impl()->nodes()) {
    if (std::find(network.nodes.begin(), network.nodes.end(), node) ==
        network.nodes.end())
      continue;
    for (const Tensor& input : node->keras_inputs()) {
      const KerasTensor& from = *keras_tensor(input);
      // A model's own network counts as its call number 0.
      int index = from.node->index + (has_network(*from.node->layer) ? 1 : 0);
      text += (text.empty() ? "'" : ", '") + from.node->layer->name() + "[" +
              std::to_string(index) + "][" + std::to_string(from.output) + "]'";
    }
  }
  return "[" + text + "]";
}

/// The table of one model.
class Table {
 public:
  Table(const ModelBase& model, SummaryOptions options)
      : options_(std::move(options)) {
    if (auto* functional = dynamic_cast<const FunctionalImpl*>(&model))
      if (!functional->network().is_chain) network_ = &functional->network();
    header_ = {"Layer (type)", "Output Shape", "Param #"};
    std::vector<double> positions = {0.45, 0.85, 1.0};
    length_ = 65;
    if (network_) {
      header_.push_back("Connected to");
      positions = {0.3, 0.6, 0.70, 1.0};
      length_ = 98;
    }
    if (options_.line_length > 0)
      length_ = static_cast<std::size_t>(options_.line_length);
    if (!options_.positions.empty()) positions = options_.positions;
    if (positions.size() != header_.size())
      throw InvalidArgumentError("summary: ",
                                 header_.size(),
                                 " columns need as many positions, got ",
                                 positions.size());
    for (double position : positions)
      ends_.push_back(static_cast<std::size_t>(
          positions.back() <= 1 ? static_cast<double>(length_) * position
                                : position));
    if (options_.show_trainable) {
      length_ += 11;
      ends_.push_back(length_);
      header_.push_back("Trainable");
    }
  }

  void print(const ModelBase& model) const {
    line("Model: \"" + model.name() + "\"");
    line(repeat("_", length_));
    print_row(header_, 0);
    line(repeat("=", length_));
    for (const Layer& layer : model.layers()) print_layer(layer, 0, false);
    line(repeat("=", length_));
    print_count("Total", model.variables(), options_.print_fn);
    print_count("Trainable", model.trainable_variables(), options_.print_fn);
    print_count(
        "Non-trainable", model.non_trainable_variables(), options_.print_fn);
    line(repeat("_", length_));
  }

 private:
  void line(const std::string& text) const { options_.print_fn(text); }

  void print_layer(const Layer& layer, std::size_t level, bool is_last) const {
    std::vector<std::string> fields = {
        layer.name() + " (" + layer.class_name() + ")",
        output_shape_text(layer),
        layer.built() ? std::to_string(layer.count_params()) : "0 (unused)"};
    if (network_) fields.push_back(connections(layer, *network_));
    if (options_.show_trainable)
      fields.push_back(layer.trainable() ? "Y" : "N");
    print_row(fields, level);
    auto* model = dynamic_cast<const ModelBase*>(layer.impl());
    if (options_.expand_nested && model && !model->layers().empty()) {
      line(repeat("|", level + 1) + repeat("¯", length_ - 2 * level - 2) +
           repeat("|", level + 1));
      std::vector<Layer> inner = model->layers();
      for (std::size_t i = 0; i < inner.size(); ++i)
        print_layer(inner[i], level + 1, i + 1 == inner.size());
      line(repeat("|", level) + repeat("¯", length_ - 2 * level) +
           repeat("|", level));
      is_last = true;
    }
    if (!is_last)
      line(repeat("|", level) + repeat(" ", length_ - 2 * level) +
           repeat("|", level));
  }

  /// Bars at both ends stand for the nesting.
  void print_row(const std::vector<std::string>& fields,
                 std::size_t level) const {
    std::vector<std::string_view> left(fields.begin(), fields.end());
    auto is_done = [](std::string_view field) { return field.empty(); };
    while (!std::all_of(left.begin(), left.end(), is_done)) {
      std::string text;
      std::size_t start = 0;
      for (std::size_t column = 0; column < left.size(); ++column) {
        bool last = column + 1 == left.size();
        std::size_t end = ends_[column];
        // Two spaces between columns, one before the first.
        std::size_t taken = (last ? 0 : 3) + (column == 0 ? level : 0);
        std::size_t room = end - start > taken ? end - start - taken : 1;
        std::size_t length = cell_length(left[column], room);
        if (column == 0) text += repeat("|", level) + " ";
        text += left[column].substr(0, length);
        left[column].remove_prefix(length);
        if (!last) text += "  ";
        std::size_t width = end - (last ? level : 0);
        if (text.size() < width) text.append(width - text.size(), ' ');
        start = end;
      }
      line(text + repeat("|", level));
    }
  }

  SummaryOptions options_;
  const Network* network_ = nullptr;  // null where layers follow one another
  std::size_t length_;
  std::vector<std::size_t> ends_;  // of the columns
  std::vector<std::string> header_;
};

}  // namespace

void print_summary(const ModelBase& model, SummaryOptions options) {
  if (!model.built())
    throw FailedPreconditionError(
        "This model has not yet been built. Build the model first by calling "
        "`build()` or by calling the model on a batch of data.");
  Table(model, std::move(options)).print(model);
}

}  // namespace tern::keras
