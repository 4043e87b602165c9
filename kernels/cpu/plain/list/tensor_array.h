#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tern/core/resource.h"

namespace tern {

/// What a TensorArray of TensorFlow 1 holds. Each element is written once
/// and, unless the array is told otherwise, read once. Thread-safe.
class TensorArrayCell : public Resource {
 public:
  struct Options {
    std::string name;
    DType dtype;
    Shape element_shape = Shape::unknown();
    bool dynamic_size = false;
    bool clear_after_read = true;
    bool identical_element_shapes = false;
    bool adds_writes = false;  // an array of gradients
  };

  TensorArrayCell(Options options, std::int64_t size)
      : options_(std::move(options)),
        elements_(static_cast<std::size_t>(size)) {}
  std::string_view kind() const override { return "TensorArray"; }

  DType dtype() const { return options_.dtype; }
  const Shape& element_shape() const { return options_.element_shape; }
  std::int64_t size();

  void write(std::int64_t index, const Tensor& value);
  Tensor read(std::int64_t index);
  /// The array of its gradients under that name, made at first use.
  std::shared_ptr<TensorArrayCell> gradients(const std::string& source);
  /// Forgets the elements; every other use is an error from now on.
  void close();

 private:
  enum class State { kUnset, kSet, kCleared };
  struct Element {
    State state = State::kUnset;
    Tensor value;
    Shape shape = Shape::unknown();  // of a gradient: what it is zero of
  };

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const;
  void check_open() const;
  Element& writable(std::int64_t index);
  void check_value(std::int64_t index, const Tensor& value) const;

  Options options_;
  std::mutex mutex_;
  std::vector<Element> elements_;
  std::map<std::string, std::shared_ptr<TensorArrayCell>> gradients_;
  bool closed_ = false;
};

}  // namespace tern
