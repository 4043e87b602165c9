#pragma once

#include <string>
#include <vector>

#include "ops/harness/samples.h"

namespace tern::harness {

/// What a check found wrong: "Relu, sample 2, gradient: …". Empty: nothing.
using Failures = std::vector<std::string>;

/// dtypes with a kernel by type attr, as TensorFlow registers them.
using DTypeClaims = std::map<std::string, std::vector<DType>, std::less<>>;

/// The claims of an op in TensorFlow's table ($TERN_SHARED/reference/ops.tsv);
/// empty where the table or the op is not there.
DTypeClaims tensorflow_claims(std::string_view op);

// Each check takes one op, one of its samples and the sample's number.

/// The rule, asked before running, agrees with what comes out; also when it
/// sees unknown dimensions or ranks; elementwise ops broadcast.
Failures check_shapes(const OpDef& op, const Sample& sample, int number);
/// Traced and run as a graph, the call gives the same bits.
Failures check_traced(const OpDef& op, const Sample& sample, int number);
/// First derivatives against central differences, in float64 and complex128
/// where the op has them; and second ones where the first are differentiable.
Failures check_gradient(const OpDef& op, const Sample& sample, int number);
/// Through a call of a graph, derivatives of both orders have the bits that
/// they have eagerly.
Failures check_traced_gradient(const OpDef& op,
                               const Sample& sample,
                               int number);
/// Every dtype that is claimed and that the signature allows has a kernel that
/// runs, eagerly and traced; every kernel is for dtypes of the signature.
Failures check_dtypes(const OpDef& op,
                      const Sample& sample,
                      int number,
                      const DTypeClaims& claims);
/// An op of Tern's own (`_Tern…`) can be decomposed into public ops, which
/// give what its kernel gives, up to rounding.
Failures check_decomposition(const OpDef& op, const Sample& sample, int number);
/// All kernels that serve the call give the same, up to rounding: those of
/// each instruction set, and alternatives.
Failures check_alternatives(const OpDef& op, const Sample& sample, int number);
/// On a device with memory of its own, the call gives the same bits, eagerly
/// and as a graph: no host code reads the device's memory.
Failures check_fake_device(const OpDef& op, const Sample& sample, int number);
/// Too few inputs, no tensor, and dtypes that do not go together are errors
/// of the caller, eagerly and when traced.
Failures check_bad_inputs(const OpDef& op, const Sample& sample, int number);

/// All of the above for one sample.
Failures check_all(const OpDef& op, const Sample& sample, int number);

/// Ops without a single sample.
std::vector<std::string> ops_without_samples(const OpRegistry& registry,
                                             const Samples& samples);

/// Adds the kernels of all instruction sets that this CPU can run, so that
/// `check_alternatives` sees them. Once, before any other call of an op.
void add_kernels_of_all_isas();

}  // namespace tern::harness
