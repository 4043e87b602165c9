#pragma once

#include "ops/harness/samples.h"

namespace tern::harness {

/// A sample's call as a function between tensors of numbers: a list among its
/// inputs or outputs stands as its elements.
class SampleFunction {
 public:
  SampleFunction(const OpDef& op, const Sample& sample, TypeChoice types);

  /// Arguments, made anew each time.
  Tensors arguments() const;
  Tensors operator()(const Tensors& arguments) const;
  /// Arguments that have a derivative: floating or complex numbers, also those
  /// of variables, where the op reads them on its device.
  std::vector<std::size_t> sources() const;

 private:
  const OpDef& op_;
  const Sample& sample_;
  TypeChoice types_;
  /// Where there are lists among them: a symbol of one tells no size.
  Tensors results_;
};

/// Where the numbers of an argument are: behind a handle, those of the
/// variable; undefined where there are none.
Tensor elements_of(const Tensor& argument);

}  // namespace tern::harness
