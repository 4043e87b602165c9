#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ops/attrs.h"

namespace tern {

class InferContext;
class GradContext;
class KernelSet;
class OpDef;

enum class AttrKind {
  kInt,
  kFloat,
  kBool,
  kType,
  kString,
  kShape,
  kTensor,
  kFunc,
};

/// One attr of a signature: "T: {half, float}", "N: int >= 1".
struct AttrDef {
  std::string name;
  AttrKind kind = AttrKind::kInt;
  bool is_list = false;
  AttrValue default_value;  // unset: required, or inferred from the inputs
  std::vector<DType> allowed_types;  // empty: any
  std::vector<std::string> allowed_strings;
  bool has_minimum = false;
  std::int64_t minimum = 0;
  /// The first input that determines this type attr, -1 for none.
  int inferred_from_input = -1;
  bool has_default() const { return default_value.is_set(); }
};

/// One input or output of a signature: "x: T", "values: N * T", "args: Tin".
struct ArgDef {
  std::string name;
  DType type;               // a fixed type
  int type_attr = -1;       // or the type attr's index
  int number_attr = -1;     // repeated that many times
  int type_list_attr = -1;  // or one tensor for each entry of a list(type)
  bool is_ref = false;
  bool host = false;  // lives in host memory whatever the device
  bool is_variadic() const { return number_attr >= 0 || type_list_attr >= 0; }
};

enum class OutputMode {
  kAllocated,    // the executor allocates the inferred shape
  kForwards,     // the kernel passes on an input's elements
  kSetByKernel,  // the shape depends on values; the kernel allocates
};

/// Facts about an op that executors, tapes and passes use.
enum Trait : unsigned {
  kElementwise = 1,  // each output element depends on one element per input
  kCommutative = 2,
  kStateful = 4,       // keeps or touches state: never folded, shared, dropped
  kRandom = 8,         // stateful, but exempt from automatic control edges
  kNoGradient = 16,    // registered by TensorFlow as not differentiable
  kHostOnly = 32,      // its kernel runs on the host for every device
  kKeepsNoInput = 64,  // stateful, but no input outlives the call in it
};

using InferFunction = std::function<void(InferContext&)>;
using GradFunction = std::function<void(GradContext&)>;
/// A `_Tern…` op in public ops: inputs and attrs to outputs.
using DecomposeFunction = std::function<Tensors(const Tensors&, const Attrs&)>;
/// A call in the form whose extra outputs a gradient needs.
struct ForwardVariant {
  Tensors inputs;
  Attrs attrs;
  std::size_t num_outputs = 0;  // those the caller asked for come first
};
/// For ops that call functions: the call to make instead when a tape watches
/// these inputs.
using ForwardVariantFunction = std::function<ForwardVariant(
    const Tensors& inputs, const Attrs&, const std::vector<bool>& watched)>;

/// Everything Tern knows of an op, in one place.
class OpDef {
 public:
  std::string name;
  int id = 0;
  std::vector<ArgDef> inputs;
  std::vector<ArgDef> outputs;
  std::vector<AttrDef> attrs;
  InferFunction infer;
  GradFunction grad;
  DecomposeFunction decompose;
  ForwardVariantFunction forward_variant;
  unsigned traits = 0;
  std::vector<OutputMode> output_modes;  // one an output arg
  /// Input args whose elements the gradient reads; others are kept as shape
  /// and dtype only. Likewise for outputs.
  std::vector<bool> grad_keeps_input;
  std::vector<bool> grad_keeps_output;
  std::shared_ptr<KernelSet> kernels;  // filled by the kernel registry

  bool has(Trait trait) const { return (traits & trait) != 0; }
  bool is_stateful() const { return has(kStateful); }
  /// Throws InternalError for an attr the signature lacks.
  int attr_index(std::string_view attr) const;
  int find_attr(std::string_view attr) const;
  int input_index(std::string_view input) const;
  /// Whether every arg is a single tensor.
  bool fixed_arity = true;
  /// Whether some attr has allowed strings or a minimum.
  bool checks_attrs = false;
  /// The type attrs that select kernels, in order (at most 6).
  std::vector<int> key_attrs;
};

/// Builds an OpDef from TensorFlow's spec strings; see DESIGN of src/ops.
class OpBuilder {
 public:
  explicit OpBuilder(OpDef& def) : def_(def) {}
  /// "features: T", "values: N * T", "args: Targs".
  OpBuilder& input(std::string_view spec);
  OpBuilder& output(std::string_view spec);
  /// "T: {half, float}", "N: int >= 1 = 2", "name: string = ''".
  OpBuilder& attr(std::string_view spec);
  /// Inputs (by name) that live in host memory: shapes, axes, sizes.
  OpBuilder& host(std::initializer_list<std::string_view> inputs);
  OpBuilder& host(std::string_view input) { return host({input}); }
  OpBuilder& host_output(std::string_view output);
  OpBuilder& infer(InferFunction rule);
  OpBuilder& grad(GradFunction rule);
  /// Not differentiable, as TensorFlow registers it: gradients stop silently.
  OpBuilder& no_grad();
  /// The inputs and outputs (by name) whose elements the gradient reads; the
  /// tape frees the others. Without this call it keeps all.
  OpBuilder& grad_reads(std::initializer_list<std::string_view> names);
  OpBuilder& forward_variant(ForwardVariantFunction rule);
  OpBuilder& decompose(DecomposeFunction rule);
  OpBuilder& traits(unsigned traits);
  /// Output `i` is the elements of an input under the inferred shape.
  OpBuilder& forwards(int output = 0);
  /// Output `i` gets its shape from values the kernel sees.
  OpBuilder& set_by_kernel(int output = 0);
  OpBuilder& all_set_by_kernel();

 private:
  friend class OpRegistry;
  void finish();
  OpDef& def_;
};

/// All ops by name.
class OpRegistry {
 public:
  /// The process's registry, filled at first use.
  static OpRegistry& global();

  OpBuilder add(std::string_view name);
  /// Null when there is no such op.
  const OpDef* find(std::string_view name) const;
  /// Throws NotFoundError "Op type not registered ...".
  const OpDef& get(std::string_view name) const;
  /// All ops, by name.
  std::vector<const OpDef*> all() const;
  /// Completes what needs all signatures; called once after registration.
  void finish();

 private:
  std::deque<OpDef> ops_;
  std::unordered_map<std::string, OpDef*> by_name_;
};

/// Defined by the build: calls every register_*_ops(OpRegistry&).
void register_all_ops(OpRegistry& registry);

/// Named type sets of the specs, as TensorFlow defines them.
std::vector<DType> number_types();
std::vector<DType> real_number_types();

/// Numbers and dtypes of a call's flat inputs and outputs.
struct CallSignature {
  /// Resolves the attrs of a call from its inputs and given attrs: numbers,
  /// types, lists. Checks dtypes, allowed values and minima. Throws
  /// InvalidArgumentError in TensorFlow's words.
  static Attrs complete(const OpDef& op,
                        std::span<const Tensor> inputs,
                        const Attrs& given);
  /// Checks allowed values and minima of what was given.
  static void check_given(const OpDef& op, const Attrs& given);
  static int num_inputs(const OpDef& op, const Attrs& complete);
  static std::vector<DType> input_types(const OpDef& op, const Attrs& complete);
  static std::vector<DType> output_types(const OpDef& op,
                                         const Attrs& complete);
};

}  // namespace tern
