#include "core/text/array_layout.h"

#include <vector>

#include "core/text/array_words.h"

namespace tern {
namespace {

constexpr std::int64_t kThreshold = 1000;  // elements shown without gaps
constexpr std::int64_t kEdgeItems = 3;

/// Which indices of a dimension are shown: all, or some at both ends.
struct Visible {
  std::int64_t size;
  bool gap;
  std::int64_t count() const { return gap ? 2 * kEdgeItems : size; }
  std::int64_t index(std::int64_t i) const {
    return gap && i >= kEdgeItems ? size - 2 * kEdgeItems + i : i;
  }
  bool gap_before(std::int64_t i) const { return gap && i == kEdgeItems; }
};

class ArrayWriter {
 public:
  ArrayWriter(const Tensor& tensor, const ArrayLayout& layout)
      : layout_(layout), summarized_(tensor.num_elements() > kThreshold) {
    for (std::int64_t size : tensor.shape())
      dims_.push_back({size, summarized_ && size > 2 * kEdgeItems});
    std::vector<std::int64_t> shown;
    find_shown(0, 0, shown);
    words_ = array_words(tensor, shown);
  }

  std::string write() {
    std::string indent(static_cast<std::size_t>(layout_.indent) + 1, ' ');
    return block(0, indent, layout_.line_width);
  }

 private:
  /// Flat positions of the elements to print, in order.
  void find_shown(std::size_t axis,
                  std::int64_t offset,
                  std::vector<std::int64_t>& shown) const {
    if (axis == dims_.size()) {
      shown.push_back(offset);
      return;
    }
    const Visible& dim = dims_[axis];
    for (std::int64_t i = 0; i < dim.count(); ++i)
      find_shown(axis + 1, offset * dim.size + dim.index(i), shown);
  }

  std::string block(std::size_t axis,
                    const std::string& indent,
                    std::size_t width) {
    std::string text = axis + 1 == dims_.size() ? row(indent, width)
                                                : blocks(axis, indent, width);
    // The bracket takes the place of the last column of the indent.
    return "[" + text.substr(indent.size()) + "]";
  }

  /// Words of the last dimension, broken into lines.
  std::string row(const std::string& indent, std::size_t width) {
    std::string bare_separator = layout_.separator;
    bare_separator.erase(bare_separator.find_last_not_of(' ') + 1);
    std::size_t limit = width - std::max<std::size_t>(bare_separator.size(), 1);
    std::string text, line = indent;
    auto extend = [&](const std::string& word) {
      // A line that is empty so far is not broken: it would not help.
      if (line.size() + word.size() > limit && line.size() > indent.size()) {
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
        line = indent;
      }
      line += word;
    };
    const Visible& dim = dims_.back();
    for (std::int64_t i = 0; i < dim.count(); ++i) {
      if (i > 0) line += layout_.separator;
      if (dim.gap_before(i)) {
        extend("...");
        line += layout_.separator;
      }
      extend(words_[next_++]);
    }
    return text + line;
  }

  std::string blocks(std::size_t axis,
                     const std::string& indent,
                     std::size_t width) {
    std::string between = layout_.separator;
    between.erase(between.find_last_not_of(' ') + 1);
    between.append(dims_.size() - axis - 1, '\n');
    std::string text;
    const Visible& dim = dims_[axis];
    for (std::int64_t i = 0; i < dim.count(); ++i) {
      if (i > 0) text += between;
      if (dim.gap_before(i)) text += indent + "..." + between;
      text += indent + block(axis + 1, indent + " ", width - 1);
    }
    return text;
  }

  const ArrayLayout& layout_;
  bool summarized_;
  std::vector<Visible> dims_;
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

}  // namespace

std::string array_text(const Tensor& tensor, const ArrayLayout& layout) {
  if (tensor.num_elements() == 0) return "[]";
  return ArrayWriter(tensor, layout).write();
}

}  // namespace tern
