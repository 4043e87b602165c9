#pragma once

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern {

class Nest;

struct VariableOptions {
  bool trainable = true;
  std::string name = {};
  DType dtype = {};
};

class VariableSlice;

/// A mutable tensor: a counted handle to a value that ops read and assign.
/// Copies of a Variable are the same variable. Const access is thread-safe;
/// writes want one writer at a time.
class Variable {
 public:
  /// No variable at all: `defined()` is false.
  Variable() = default;
  /// Takes its shape and, unless given, its dtype from `initial`. In a traced
  /// function the variable is made at once, not as part of the trace. Throws
  /// InvalidArgumentError for a symbolic `initial`.
  explicit Variable(const Tensor& initial, VariableOptions options = {});
  /// The variable behind a resource tensor. Throws InvalidArgumentError when
  /// the handle is symbolic or that of another kind of resource.
  static Variable from_handle(const Tensor& handle);

  bool defined() const { return impl_ != nullptr; }
  /// The value now; shares the elements. Throws FailedPreconditionError when
  /// the variable was destroyed.
  Tensor read() const;
  operator Tensor() const { return read(); }

  const Shape& shape() const;
  DType dtype() const;
  /// TensorFlow's name: "v:0"; "Variable:0" when none was given.
  const std::string& name() const;
  bool trainable() const;
  /// The resource tensor that ops and tapes know this variable by.
  const Tensor& handle() const;

  /// Sets, adds to or subtracts from the whole value. Weak values take the
  /// variable's dtype. Throw InvalidArgumentError for another shape or dtype.
  const Variable& assign(const Tensor& value) const;
  const Variable& assign_add(const Tensor& delta) const;
  const Variable& assign_sub(const Tensor& delta) const;

  /// Part of the variable: reads like `read()[index]`, and can be assigned.
  VariableSlice operator[](const Index& index) const;
  VariableSlice operator[](std::initializer_list<Index> indices) const;

  /// Whether both are the same variable.
  bool same_as(const Variable& other) const;

 private:
  struct Impl;
  const Impl& impl() const;

  std::shared_ptr<const Impl> impl_;
};

using Variables = std::vector<Variable>;

/// A part of a variable: `v[Slice{1, 3}].assign(x)`.
class VariableSlice {
 public:
  VariableSlice(Variable variable, std::vector<Index> indices)
      : variable_(std::move(variable)), indices_(std::move(indices)) {}

  Tensor read() const;
  operator Tensor() const { return read(); }
  /// The value must have the slice's shape exactly. Integers, slices, ellipsis
  /// and newaxis can be assigned to; a mask throws InvalidArgumentError.
  void assign(const Tensor& value) const;
  void assign_add(const Tensor& delta) const;
  void assign_sub(const Tensor& delta) const;

 private:
  Variable variable_;
  std::vector<Index> indices_;
};

/// Python's repr and str, which are the same:
/// `<tf.Variable 'v:0' shape=(2,) dtype=float32, numpy=...>`.
std::string repr(const Variable& variable);
std::ostream& operator<<(std::ostream& stream, const Variable& variable);

}  // namespace tern
